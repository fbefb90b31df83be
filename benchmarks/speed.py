"""Times `concurlint check` in the ways people run it, beside bandit, flake8 and ruff on one tree of real code.

    python benchmarks/speed.py --write

The peers are installed into an environment of their own (flake8 would otherwise load concurlint's plugin).
All cases take turns, and the median of each counts, so that a busy moment of the machine falls on all alike.
"""

import argparse
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import concurlint
from wheels import CACHE, unpack

PACKAGES = {"django": "5.2.1", "celery": "5.5.2", "distributed": "2025.5.1", "scrapy": "2.13.0"}
PEERS = ("bandit", "flake8", "ruff")
LEAF = "scrapy/spidermiddlewares/depth.py"
HUB = "django/conf/__init__.py"
"""Imported by more files of the tree than any other."""
TABLE = Path(__file__).with_name("speed.md")
Seconds = float


@dataclass(frozen=True)
class Case:
    """One thing to time: what is done to the tree before, and the command."""

    name: str
    command: tuple[str, ...]
    before: Callable[[int], None] = lambda _: None


@dataclass(frozen=True)
class Aim:
    """A case that is to take at most `target` times what another takes, in the same run."""

    name: str
    beside: str
    target: float


RUFF, BANDIT, FLAKE8, NOTHING = "`ruff check`", "`bandit -r`", "`flake8`", "`python -c pass`"
COLD, ONE, TWO = "cold, whole tree", "one worker, without a cache", "two workers, without a cache"
CALL = "sorted(open(value).read())"
START = ("--version", "--help", "explain CCL301", "rules")
AIMS = (
    Aim("nothing changed, whole tree", RUFF, 1.0),
    Aim("one file asked, a leaf that changed", RUFF, 3.0),
    Aim("one file asked, the one most imported, that changed", RUFF, 3.0),
    Aim("whole tree, one file changed", RUFF, 6.0),
    Aim("one file asked, a leaf that changed by a call", RUFF, 3.0),
    Aim("whole tree, one file changed by a call", RUFF, 6.0),
    Aim("whole tree, ten files changed", COLD, 0.2),
    Aim(COLD, BANDIT, 0.6),
    Aim(COLD, FLAKE8, 0.85),
    Aim("cold, one file asked, a leaf", COLD, 0.2),
    Aim(TWO, ONE, 1 / 1.8),
    *(Aim(f"`concurlint {words}`", NOTHING, 5.0) for words in START),
)


@dataclass(frozen=True)
class Turn:
    """What one run cost; `peak` is the largest process, in MiB."""

    wall: Seconds
    cpu: Seconds
    peak: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the table, and keep it if asked to."""
    options = parse(arguments)
    tree = work_copy(options.cache)
    cases = [case for case in all_cases(tree, peers(options.cache)) if re.search(options.only, case.name)]
    text = report(cases, turns(cases, tree, options.runs), tree, options)
    print(text, end="")
    if options.write:
        TABLE.write_text(text, encoding="utf-8")


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(description="time concurlint against bandit, flake8 and ruff")
    parser.add_argument("--runs", type=int, default=5, help="turns of each case; the median counts")
    parser.add_argument("--only", default="", metavar="REGEX", help="the cases that are called so")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where downloads and the peers stay")
    parser.add_argument("--note", default="", help="what to say on the page about the run")
    parser.add_argument("--write", action="store_true", help=f"write {TABLE.name} too")
    return parser.parse_args(arguments)


def real_tree(cache: Path) -> Path:
    """The folder with the four packages, unpacked side by side as in site-packages."""
    tree = cache / "tree"
    for name, version in PACKAGES.items():
        if not any(tree.glob(f"{name}-{version}.dist-info")):
            unpack(name, version, tree, cache)
    return tree


def work_copy(cache: Path) -> Path:
    """The same as a project of its own, in which files may be changed."""
    tree = cache / "speed"
    shutil.rmtree(tree, ignore_errors=True)
    shutil.copytree(real_tree(cache), tree, ignore=shutil.ignore_patterns(".concurlint_cache"))
    (tree / "pyproject.toml").write_text("[tool.concurlint]\n", encoding="utf-8")
    return tree


def peers(cache: Path) -> Path:
    """The folder of the peers' commands, installed if they are not there yet."""
    home = cache / "peers"
    scripts = home / "bin"
    if not (scripts / "ruff").exists():
        venv.create(home, with_pip=True)
        subprocess.run([str(scripts / "python"), "-m", "pip", "install", "--quiet", *PEERS], check=True)
    return scripts


def all_cases(tree: Path, scripts: Path) -> list[Case]:
    """The peers at their defaults without a cache or settings, and every way to run concurlint.

    A cold run fills the cache that those after it find, and begins with the tree as it was. The first edits are such
    that they cannot matter to other files; those of the cases called "by a call" may, and all is analysed again that
    can reach the file or be reached from it: here scrapy, or django and celery.
    """
    bandit, flake8, ruff = (str(scripts / peer) for peer in PEERS)
    own = (sys.executable, "-P", "-m", "concurlint")
    check = (*own, "check", "--exit-zero", "-q")
    files = sorted(str(path.relative_to(tree)) for path in tree.rglob("*.py"))

    before = {name: (tree / name).read_bytes() for name in files}

    def forget(_: int) -> None:
        shutil.rmtree(tree / ".concurlint_cache", ignore_errors=True)
        for name, data in before.items():
            (tree / name).write_bytes(data)

    def edit(*names: str, body: str = "value.edited + 1") -> Callable[[int], None]:
        def edited(turn: int) -> None:
            for name in names:
                with (tree / name).open("a", encoding="utf-8") as file:
                    file.write(f"\n\ndef edited_{time.time_ns()}_{turn}(value):\n    return {body}\n")

        return edited

    return [
        Case(RUFF, (ruff, "check", "--isolated", "--no-cache", "--exit-zero", ".")),
        Case(COLD, (*check, "."), forget),
        Case("nothing changed, whole tree", (*check, ".")),
        Case("one file asked, a leaf that changed", (*check, LEAF), edit(LEAF)),
        Case("one file asked, the one most imported, that changed", (*check, HUB), edit(HUB)),
        Case("whole tree, one file changed", (*check, "."), edit(HUB)),
        Case("whole tree, ten files changed", (*check, "."), edit(*files[::140])),
        Case("one file asked, a leaf that changed by a call", (*check, LEAF), edit(LEAF, body=CALL)),
        Case("whole tree, one file changed by a call", (*check, "."), edit(HUB, body=CALL)),
        *(Case(f"`concurlint {words}`", (*own, *words.split())) for words in START),
        Case(NOTHING, (sys.executable, "-c", "pass")),
        Case(BANDIT, (bandit, "-r", "-q", "--exit-zero", ".")),
        Case(FLAKE8, (flake8, "--isolated", "--exit-zero", ".")),
        Case("cold, one file asked, a leaf", (*check, LEAF), forget),
        Case("whole tree, 300 files changed", (*check, "."), edit(*files[1::4][:300])),
        Case(ONE, (*check, "--no-cache", "-j1", ".")),
        Case(TWO, (*check, "--no-cache", "-j2", ".")),
    ]


def turns(cases: Sequence[Case], tree: Path, runs: int) -> list[list[Turn]]:
    """All turns of each case."""
    found: list[list[Turn]] = [[] for _ in cases]
    for number in range(runs):
        for case, own in zip(cases, found, strict=True):
            case.before(number)
            own.append(take_turn(case, tree))
            print(f"{number + 1}/{runs} {case.name}: {own[-1].wall:.2f} s, CPU {own[-1].cpu:.2f} s", file=sys.stderr)
    return found


def take_turn(case: Case, tree: Path) -> Turn:
    """Run it once; raises SystemExit when it fails, because a failed run has no time worth telling."""
    start = time.perf_counter()
    process = subprocess.Popen(case.command, cwd=tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(case.command)}: exit {process.returncode}")
    return Turn(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def report(cases: Sequence[Case], found: Sequence[Sequence[Turn]], tree: Path, options: argparse.Namespace) -> str:
    """The page: what was measured, where, and each case's figures with its ratio to what it is compared with."""
    median = {case.name: _median(own) for case, own in zip(cases, found, strict=True)}
    files = list(tree.rglob("*.py"))
    lines = sum(path.read_bytes().count(b"\n") for path in files)
    packages = ", ".join(f"{name} {release}" for name, release in PACKAGES.items())
    machine = f"{os.cpu_count()} cores ({platform.machine()}), {platform.system()}"
    python = f"{platform.python_implementation()} {platform.python_version()}"
    turns_taken = f"Median of {options.runs} turns" if options.runs > 1 else "One turn"
    return "\n".join(
        [
            "# Speed",
            "",
            f"The wheels of {packages}: {len(files)} files, {lines} lines; concurlint {concurlint.__version__}.",
            f"{turns_taken}, all cases taking turns; {python}, {machine}.",
            "CPU is that of all processes, peak that of the largest.",
            *([options.note] if options.note else []),
            "",
            "| case | wall s | CPU s | peak MiB |",
            "| --- | ---: | ---: | ---: |",
            *(f"| {name} | {own.wall:.2f} | {own.cpu:.2f} | {own.peak:.0f} |" for name, own in median.items()),
            "",
            "| case | beside | wall ÷ wall | CPU ÷ CPU | target |",
            "| --- | --- | ---: | ---: | ---: |",
            *(_row(aim, median) for aim in AIMS if {aim.name, aim.beside} <= median.keys()),
            "",
            "Renew with `python benchmarks/speed.py --write`.",
            "",
        ]
    )


def _median(own: Sequence[Turn]) -> Turn:
    wall, cpu, peak = (
        statistics.median(values) for values in zip(*((t.wall, t.cpu, t.peak) for t in own), strict=True)
    )
    return Turn(wall, cpu, peak)


def _row(aim: Aim, median: dict[str, Turn]) -> str:
    own, other = median[aim.name], median[aim.beside]
    ratios = f"{own.wall / other.wall:.2f} | {own.cpu / other.cpu:.2f}"
    return f"| {aim.name} | {aim.beside} | {ratios} | ≤ {aim.target:.2f} |"


if __name__ == "__main__":
    main()
