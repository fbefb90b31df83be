"""Held-back work on files: searched, parsed, compressed here and by commands, brought into a database."""

import csv
import gzip
import json
import multiprocessing
import os
import queue
import random
import re
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

FORK = multiprocessing.get_context("fork") if sys.platform == "linux" else multiprocessing.get_context()
CORES = os.cpu_count() or 1


@contextmanager
def folder() -> Iterator[Path]:
    """One that is gone afterwards."""
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)


# Threads that search logs with a regular expression.

LINE = re.compile(r'^(\d+\.\d+\.\d+\.\d+) - (\S+) \[([^\]]+)\] "(\w+) ([^"]*)" (\d{3}) (\d+)$')


def write_logs(where: Path, files: int, repeats: int) -> list[Path]:
    """Logs as a web server writes them."""
    made = random.Random(7)
    lines = [
        f"10.0.{made.randrange(8)}.{made.randrange(40)} - user{made.randrange(90)} [29/Nov/2026:10:{n % 60:02d}:00] "
        f'"GET /item/{made.randrange(9999)}" {made.choice((200, 200, 304, 404, 500, 503))} {made.randrange(90_000)}\n'
        for n in range(1000)
    ]
    paths = [where / f"access-{number}.log" for number in range(files)]
    for path in paths:
        path.write_text("".join(lines) * repeats, encoding="utf-8")
    return paths


def failures(path: Path) -> Counter[str]:
    """How often who was answered with an error of the server."""
    found: Counter[str] = Counter()
    with path.open(encoding="utf-8") as log:
        for line in log:
            match = LINE.match(line)
            if match and match[6].startswith("5"):
                found[match[1]] += 1
    return found


def logs_in_threads(files: int = 8, repeats: int = 170) -> Counter[str]:
    """Four threads, for they are said to be fast."""
    with folder() as where, ThreadPoolExecutor(max_workers=4) as pool:
        return sum(pool.map(failures, write_logs(where, files, repeats)), Counter())


def logs_in_processes(files: int = 8, repeats: int = 170) -> Counter[str]:
    """A process for each core."""
    with folder() as where, ProcessPoolExecutor(CORES, FORK) as pool:
        return sum(pool.map(failures, write_logs(where, files, repeats)), Counter())


# Threads that take files from a queue and parse JSON lines.


def write_orders(where: Path, files: int, repeats: int) -> list[Path]:
    """A line of JSON for each order."""
    made = random.Random(11)
    lines = [
        json.dumps(
            {
                "order": number,
                "customer": {"name": f"customer {made.randrange(500)}", "tags": ["new", "mail", "è"]},
                "items": [{"sku": made.randrange(10_000), "price": made.randrange(9999)} for _ in range(6)],
            }
        )
        for number in range(500)
    ]
    paths = [where / f"orders-{number}.jsonl" for number in range(files)]
    for path in paths:
        path.write_text("\n".join(lines * repeats), encoding="utf-8")
    return paths


def turnover(path: Path) -> int:
    """The sum of all that was ordered."""
    with path.open(encoding="utf-8") as orders:
        return sum(item["price"] for line in orders for item in json.loads(line)["items"])


def orders_by_threads(files: int = 24, repeats: int = 32, threads: int = 3) -> int:
    """Workers, a queue, and a lock around the total."""
    todo: queue.Queue[Path | None] = queue.Queue()
    lock = threading.Lock()
    total = 0

    def work() -> None:
        nonlocal total
        while (path := todo.get()) is not None:
            found = turnover(path)
            with lock:
                total += found

    with folder() as where:
        workers = [threading.Thread(target=work) for _ in range(threads)]
        for path in [*write_orders(where, files, repeats), *[None] * threads]:
            todo.put(path)
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    return total


def orders_by_processes(files: int = 24, repeats: int = 32) -> int:
    """The same files, taken by a process for each core."""
    with folder() as where, FORK.Pool(CORES) as pool:
        return sum(pool.imap_unordered(turnover, write_orders(where, files, repeats)))


# Files compressed.


def write_exports(where: Path, files: int, size: int) -> list[Path]:
    """Text that compresses as text does."""
    made = random.Random(3)
    text = " ".join(f"{made.randrange(5000)}:{made.choice(('left', 'right', 'ahead'))}" for _ in range(size // 9))
    paths = [where / f"export-{number}.txt" for number in range(files)]
    for number, path in enumerate(paths):
        path.write_text(f"{number:02d}{text}", encoding="utf-8")
    return paths


def pack(path: Path) -> int:
    """The file's size, once compressed beside it."""
    packed = gzip.compress(path.read_bytes(), 9, mtime=0)
    path.with_suffix(".gz").write_bytes(packed)
    return len(packed)


def packed_one_by_one(files: int = 12, size: int = 1_000_000) -> list[int]:
    """A loop over files."""
    with folder() as where:
        return [pack(path) for path in write_exports(where, files, size)]


def packed_in_threads(files: int = 12, size: int = 1_000_000) -> list[int]:
    """The GIL is given up while zlib works."""
    with folder() as where, ThreadPoolExecutor(CORES) as pool:
        return list(pool.map(pack, write_exports(where, files, size)))


# The same by commands.


def gzipped(path: Path) -> int:
    """By the program."""
    target = path.with_suffix(".txt.gz")
    with target.open("wb") as file:
        subprocess.run(["gzip", "-9", "-n", "-c", str(path)], stdout=file, check=True)
    return target.stat().st_size


def commands_one_by_one(files: int = 12, size: int = 1_000_000) -> list[int]:
    """Each is waited for before the next."""
    sizes = []
    with folder() as where:
        for path in write_exports(where, files, size):
            sizes.append(gzipped(path))
    return sizes


def commands_together(files: int = 12, size: int = 1_000_000) -> list[int]:
    """As many as cores."""
    with folder() as where, ThreadPoolExecutor(CORES) as pool:
        return list(pool.map(gzipped, write_exports(where, files, size)))


# Rows brought into a database.


def write_texts(path: Path, rows: int) -> None:
    """A table of texts."""
    made = random.Random(5)
    words = [f"{made.choice('bdfgk')}{made.choice('aeiou')}{made.choice('lmnrst')}{n % 70}" for n in range(400)]
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows((number, " ".join(made.choices(words, k=2500))) for number in range(rows))


def rows_stored(rows: int = 600, *, each: bool) -> list[tuple[Any, ...]]:
    """Words of each row counted, and the row inserted; the commit after each, or after all."""
    with folder() as where:
        write_texts(where / "texts.csv", rows)
        with closing(sqlite3.connect(where / "words.db")) as database, (where / "texts.csv").open(newline="") as texts:
            database.execute("CREATE TABLE words (id INTEGER PRIMARY KEY, word TEXT, times INTEGER)")
            for number, text in csv.reader(texts):
                counts = Counter(word.strip(".,").lower() for word in text.split())
                word, times = counts.most_common(1)[0]
                database.execute("INSERT INTO words VALUES (?, ?, ?)", (int(number), word, times))
                if each:
                    database.commit()
            database.commit()
            return database.execute("SELECT * FROM words ORDER BY id").fetchall()
