"""The same work done today's way and the way a verdict suggests: `predicted_work.py NAME now|then`."""

import hashlib
import multiprocessing
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

STEPS = 16_000_000
"""About a second of a bytecode loop."""
FORK = multiprocessing.get_context("fork") if sys.platform == "linux" else multiprocessing.get_context()
DATA = bytes(4 * 1024 * 1024)
WORDS = "a rose is a rose is a rose " * 2000


def spin(steps: int) -> int:
    """Arithmetic, so many steps of it."""
    total = 0
    for number in range(steps):
        total += number * number
    return total


def count(times: int) -> int:
    """Words counted in a dict, so many times."""
    words: dict[str, int] = {}
    for _ in range(times):
        for word in WORDS.split():
            words[word] = words.get(word, 0) + 1
    return len(words)


def digest(times: int) -> str:
    """A large buffer hashed, so many times."""
    found = hashlib.sha256()
    for _ in range(times):
        found.update(DATA)
    return found.hexdigest()


def measured(numbers: list[float]) -> int:
    """Of no consequence: what matters is that the list has to be pickled."""
    return len(numbers)


def in_threads(pieces: list[int]) -> None:
    """A thread for each piece."""
    threads = [threading.Thread(target=spin, args=(piece,)) for piece in pieces]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def in_processes(pieces: list[int]) -> None:
    """A process for each piece."""
    processes = [FORK.Process(target=spin, args=(piece,)) for piece in pieces]
    for process in processes:
        process.start()
    for process in processes:
        process.join()


def one_by_one(work: Callable[[int], object], pieces: list[int]) -> None:
    """All in this thread."""
    for piece in pieces:
        work(piece)


def in_pool(work: Callable[[int], object], pieces: list[int], *, threads: bool = False) -> None:
    """As many workers as cores."""
    with ThreadPoolExecutor(2) if threads else ProcessPoolExecutor(2, FORK) as pool:
        list(pool.map(work, pieces))


def sleeps(count: int, *, together: bool) -> None:
    """Commands that wait."""

    def run(_: int) -> None:
        subprocess.run(["sleep", "0.25"], check=True)

    if together:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(run, range(count)))
    else:
        for number in range(count):
            run(number)


def lists(*, pooled: bool) -> None:
    """Large lists of which only the length is asked."""
    numbers = [number * 1.5 for number in range(400_000)]
    if pooled:
        with ProcessPoolExecutor(2, FORK) as pool:
            for _ in range(40):
                pool.submit(measured, numbers).result()
    else:
        for _ in range(40):
            measured(numbers)


def arrays(*, numpy: bool) -> None:
    """A distance between two rows of numbers, many times."""
    size, times = 20_000, 2000
    left, right = [i * 0.5 for i in range(size)], [i * 0.25 for i in range(size)]
    if numpy:
        import numpy as np

        one, other = np.array(left), np.array(right)
        for _ in range(times):
            ((one - other) ** 2).sum()
        return
    for _ in range(times):
        total = 0.0
        for i in range(size):
            total += (left[i] - right[i]) ** 2


CASES: dict[str, tuple[str, Callable[[], None], Callable[[], None]]] = {
    "two-threads": ("CCL901", lambda: in_threads([4 * STEPS // 2] * 2), lambda: in_processes([4 * STEPS // 2] * 2)),
    "four-threads": ("CCL901", lambda: in_threads([STEPS] * 4), lambda: in_processes([STEPS] * 4)),
    "uneven-threads": (
        "CCL901",
        lambda: in_threads([STEPS, STEPS, STEPS * 3]),
        lambda: in_processes([STEPS, STEPS, STEPS * 3]),
    ),
    "one-thread": ("CCL903", lambda: one_by_one(spin, [STEPS // 2] * 8), lambda: in_pool(spin, [STEPS // 2] * 8)),
    "words": ("CCL903", lambda: one_by_one(count, [120] * 16), lambda: in_pool(count, [120] * 16)),
    "hashes": (
        "CCL903",
        lambda: one_by_one(digest, [120] * 8),
        lambda: in_pool(digest, [120] * 8, threads=True),
    ),
    "uneven-pool": (
        "CCL910",
        lambda: in_pool(spin, [STEPS // 4] * 2 + [STEPS * 4]),
        lambda: in_pool(spin, [STEPS // 2] * 9),
    ),
    "pickled-lists": ("CCL910", lambda: lists(pooled=True), lambda: lists(pooled=False)),
    "commands": ("CCL905", lambda: sleeps(10, together=False), lambda: sleeps(10, together=True)),
    "arrays": ("CCL904", lambda: arrays(numpy=False), lambda: arrays(numpy=True)),
}


if __name__ == "__main__":
    _, now, then = CASES[sys.argv[1]]
    now() if sys.argv[2] == "now" else then()
