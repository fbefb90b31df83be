"""Times programs with a fixed amount of work alone and under `concurlint profile`, taking turns in one run.

    python benchmarks/overhead.py --write

Each program times its own work, so that starting and reporting do not count; the median of the turns is taken.
The recorders' own CPU time is shown too: on a machine with no core to spare it comes out of the program's.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from concurlint.runtime.saved import load

TABLE = Path(__file__).with_name("overhead.md")
GOAL = 5.0
"""Percent that profiling may cost the program."""

_WORK = """
def work(rounds):
    total = 0
    for _ in range(rounds):
        for number in range(1000):
            total += number * number
    return total
"""
PROGRAMS = {
    "computing, one thread": f"{_WORK}\ndef main():\n    work(30_000)\n",
    "computing, two threads": f"""{_WORK}
import threading
def main():
    threads = [threading.Thread(target=work, args=(15_000,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
""",
    "hashing, two threads without the GIL": """
import hashlib, threading
data = bytes(1 << 22)
def work():
    for _ in range(1000):
        hashlib.sha256(data).digest()
def main():
    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
""",
    "small reads and writes": """
import os
def main():
    reads, writes = os.pipe()
    for _ in range(2_000_000):
        os.write(writes, b"x")
        os.read(reads, 1)
""",
    "asyncio, many short waits": """
import asyncio
async def one():
    for _ in range(2_000):
        await asyncio.sleep(0.001)
async def all_of_them():
    await asyncio.gather(*(one() for _ in range(20)))
def main():
    asyncio.run(all_of_them())
""",
}
_TIMED = """
if __name__ == "__main__":
    import sys, time
    start = time.perf_counter()
    main()
    with open(sys.argv[1], "w") as out:
        out.write(str(time.perf_counter() - start))
"""


@dataclass(frozen=True)
class Row:
    """One program: its own seconds alone and profiled (each turn), and the recorders' share of a core, in percent."""

    name: str
    alone: tuple[float, ...]
    profiled: tuple[float, ...]
    recorders: float

    @property
    def percent(self) -> float:
        """What profiling cost, by the medians."""
        return 100 * (statistics.median(self.profiled) / statistics.median(self.alone) - 1)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, and keep it if asked to; returns 1 if a program pays more than the goal."""
    parser = argparse.ArgumentParser(description="what profiling costs the program")
    parser.add_argument("--turns", type=int, default=7, help="runs of each kind")
    parser.add_argument("--write", action="store_true", help=f"write {TABLE.name} too")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        rows = list(measured(Path(folder), options.turns))
    text = report(rows, options.turns)
    print(text, end="")
    if options.write:
        TABLE.write_text(text, encoding="utf-8")
    return int(any(row.percent > GOAL for row in rows))


def measured(folder: Path, turns: int) -> Iterator[Row]:
    """Each program's row."""
    for name, text in PROGRAMS.items():
        script = folder / "program.py"
        script.write_text(text + _TIMED, encoding="utf-8")
        alone, profiled, shares = [], [], []
        for _ in range(turns):
            alone.append(seconds([sys.executable, str(script)], folder))
            saved = folder / "run.json"
            command = [sys.executable, "-m", "concurlint", "profile", "--save", str(saved), "--output", os.devnull]
            profiled.append(seconds([*command, str(script)], folder))
            run = load(saved).run
            shares.append(100 * run.sampler_seconds / run.seconds)
        yield Row(name, tuple(alone), tuple(profiled), statistics.median(shares))


def seconds(command: Sequence[str], folder: Path) -> float:
    """The time a program says its work took."""
    out = folder / "seconds.txt"
    out.unlink(missing_ok=True)
    subprocess.run([*command, str(out)], check=False, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    return float(out.read_text(encoding="utf-8"))


def report(rows: Sequence[Row], turns: int) -> str:
    """The page."""
    body = [
        f"| {row.name} | {statistics.median(row.alone):.2f} | {statistics.median(row.profiled):.2f} "
        f"| {row.percent:+.1f} | {min(row.alone):.2f} to {max(row.alone):.2f} | {row.recorders:.1f} |"
        for row in rows
    ]
    worst = max(row.percent for row in rows)
    return "\n".join(
        [
            "# Overhead",
            "",
            "What `concurlint profile` at its default rate costs the program: its own seconds, alone and profiled,",
            f"median of {turns} turns each, by turns. The goal is under {GOAL:g} %; the worst is {worst:.1f} %.",
            f"CPython {platform.python_version()}, {os.cpu_count()} cores ({platform.machine()}).",
            "",
            "| program | alone s | profiled s | cost % | spread alone | sampler's CPU, % of a core |",
            "| --- | ---: | ---: | ---: | ---: | ---: |",
            *body,
            "",
            "Renew with `python benchmarks/overhead.py --write`.",
            "",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
