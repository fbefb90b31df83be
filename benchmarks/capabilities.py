"""What concurlint and other tools can see: the same code with a fault and without, the same thread in two states.

    python benchmarks/capabilities.py --write

A linter sees a fault if it says something of the faulty code that it does not say of the good one, with all its rules
on. A profiler tells two states apart if a figure that it gives of a thread
(of the program, where it has no threads) differs by 25 points between two workloads of `fixtures/workloads/`.
"""

import argparse
import os
import platform
import re
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from accuracy import WORKLOADS, profiled
from checkers import Checker, checkers
from concurlint import __version__
from concurlint.runtime.samples import State
from others import others, versions

FAULTS = Path(__file__).with_name("faults.toml")
TABLE = Path(__file__).with_name("capabilities.md")
README = Path(__file__).resolve().parent.parent / "README.md"
APART = 25.0
"""Points between two figures that are not the same."""
# What is told apart, and the threads of two workloads that differ in it.
STATES = (
    ("computing with the GIL from computing without it", "computing_one:worker-1", "hashing:hasher-1"),
    ("waiting for the GIL from sleeping", "convoy:sleeper", "lock:keeper"),
    ("waiting for a lock from sleeping", "lock:comer-1", "lock:keeper"),
    ("waiting for the network from sleeping", "network:MainThread", "queue_wait:MainThread"),
    ("waiting for a CPU from computing", "oversubscribed:MainThread", "computing_one:worker-1"),
    (
        "a call that blocks with the GIL held from one that computes",
        "gil_held_blocked:caller",
        "computing_one:worker-1",
    ),
)
_ABOUT_CORES = ("oversubscribed",)
_PROFILERS = ("py-spy", "Scalene")
_TABLE = re.compile(r"(?:^\|.*\n)+", re.MULTILINE)
_FIGURE = re.compile(r"(\d+) ?%")
Figures = Mapping[str, float]


@dataclass(frozen=True)
class Row:
    """A fault or a pair of states, and what each tool says of it; "" where it sees nothing."""

    says: str
    cells: Mapping[str, str]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the page, and keep it if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=4.0, help="length of each profiled run (default: %(default)s)")
    parser.add_argument("--write", action="store_true", help=f"keep the page as {TABLE.name}")
    options = parser.parse_args(arguments)
    linters = list(checkers())
    text = report(linters, list(faults(linters)), list(states(options.seconds)))
    print(text, end="")
    if options.write:
        TABLE.write_text(text, encoding="utf-8")
        README.write_text(with_tables(README.read_text(encoding="utf-8"), text), encoding="utf-8")


def with_tables(readme: str, page: str) -> str:
    """The README with the tables of the page between its marks."""
    for name, found in zip(("faults", "states"), _TABLE.findall(page), strict=True):
        begins, ends = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
        before, _, rest = readme.partition(begins)
        readme = f"{before}{begins}{found}{ends}{rest.partition(ends)[2]}"
    return readme


def faults(linters: Sequence[Checker]) -> Iterator[Row]:
    """Which codes each linter gives to a fault."""
    document = tomllib.loads(FAULTS.read_text(encoding="utf-8"))
    style = set(document["style"])
    with tempfile.TemporaryDirectory() as folder:
        for number, fault in enumerate(document["fault"]):
            for kind in ("bad", "good"):
                write(Path(folder, f"{kind}{number}"), fault[kind])
        said = {linter.name: linter.of(Path(folder)) for linter in linters}
    for number, fault in enumerate(document["fault"]):
        cells = {}
        for name, of in said.items():
            cells[name] = ", ".join(sorted({*(of[f"bad{number}"] - of[f"good{number}"])} - style))
        yield Row(fault["says"], cells)


def write(folder: Path, files: Mapping[str, str]) -> None:
    """A project that is these files."""
    folder.mkdir()
    Path(folder, "pyproject.toml").touch()
    for name, text in files.items():
        Path(folder, name).write_text(text.lstrip("\n"), encoding="utf-8")


def states(seconds: float) -> Iterator[Row]:
    """Whether each profiler tells the two states of a pair apart."""
    known: dict[tuple[str, str], Figures] = {}
    for says, *threads in STATES:
        cells = {}
        for name in ("concurlint", *(other.name for other in others() if other.name in _PROFILERS)):
            for thread in threads:
                if (name, thread) not in known:
                    known[name, thread] = figures(name, thread, seconds)
                    print(f"{name} {thread}: {known[name, thread]}", file=sys.stderr)
            cells[name] = compared(*(known[name, thread] for thread in threads))
        yield Row(says, cells)


def figures(tool: str, where: str, seconds: float) -> Figures:
    """What a profiler says of a thread, in percent by its own words."""
    workload, _, thread = where.partition(":")
    with tempfile.TemporaryDirectory() as folder:
        if tool == "concurlint":
            of = profiled(workload, sys.executable, seconds, Path(folder)).threads
            spent = {state.value: time for each in of if each.name == thread for state, time in each.states.items()}
            if workload not in _ABOUT_CORES:  # whoever else uses the machine is to blame
                spent.pop(State.RUN_QUEUE.value, None)
            whole = sum(spent.values()) or 1.0
            return {state: 100 * time / whole for state, time in spent.items()}
        other = next(each for each in others() if each.name == tool)
        words = other.says(WORKLOADS / f"{workload}.py", thread, seconds, Path(folder))
        names = (name.strip(" ,:") or str(number) for number, name in enumerate(_FIGURE.split(words)[::2]))
        return dict(zip(names, map(float, _FIGURE.findall(words)), strict=False))


def compared(one: Figures, two: Figures) -> str:
    """The figure that differs most, if it differs enough."""
    if not one or not two:  # it was not seen at all
        return ""
    names = sorted({*one, *two}, key=lambda name: -abs(one.get(name, 0.0) - two.get(name, 0.0)))
    if not names or abs(one.get(names[0], 0.0) - two.get(names[0], 0.0)) < APART:
        return ""
    return f"{names[0]}: {one.get(names[0], 0.0):.0f} % and {two.get(names[0], 0.0):.0f} %"


def report(linters: Sequence[Checker], found: Sequence[Row], told: Sequence[Row]) -> str:
    """The page."""
    columns = {one.name: f"{one.name} {one.version}" for one in linters}
    profilers = {"concurlint": f"concurlint {__version__}", **versions()}
    lines = [
        "# What tools can see",
        "",
        "## Faults",
        "",
        "Each fault stands in `faults.toml`, in a small project and in the same one without it. The codes are those",
        "that a tool gives to the first only; a dash says that it gives none. All rules of all tools are on, also",
        f"those of concurlint that `--advice` asks for. CPython {platform.python_version()}.",
        "",
        *table("fault", columns, found),
        "",
        "## States of a thread",
        "",
        "Two workloads of `fixtures/workloads/` that differ in what a thread does: what a tool says of the thread",
        f"(Scalene: of the program) in each, where that differs by {APART:.0f} points at least; else a dash.",
        "`profiling.sampling` comes with Python 3.15, which this machine does not have.",
        f"{os.cpu_count()} cores, {platform.system()}.",
        "",
        *table("told apart", {name: profilers.get(name, name) for name in told[0].cells}, told),
        "",
        "Renew with `python benchmarks/capabilities.py --write`.",
        "",
    ]
    return "\n".join(lines)


def table(first: str, columns: Mapping[str, str], rows: Sequence[Row]) -> Iterator[str]:
    """The rows under their columns, each with the version of its tool."""
    yield f"| {first} | {' | '.join(columns.values())} |"
    yield f"| --- |{' --- |' * len(columns)}"
    for row in rows:
        yield f"| {row.says} | {' | '.join(row.cells[name] or '–' for name in columns)} |"


if __name__ == "__main__":
    main()
