"""Times `concurlint check` in the ways people run it, beside bandit, flake8 and ruff on one tree of real code.

    python benchmarks/speed.py --write

The peers are installed into an environment of their own (flake8 would otherwise load concurlint's plugin).
All cases take turns, and the median of each counts, so that a busy moment of the machine falls on all alike.
"""

import argparse
import os
import platform
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
    """One thing to time: what is done to the tree before, the command, and what it is to be compared with.

    `target` is the ratio to `beside` that is wanted at most; `exits` are the statuses that are no failure.
    """

    name: str
    command: tuple[str, ...]
    before: Callable[[int], None] = lambda _: None
    beside: str = ""
    target: float | None = None
    exits: tuple[int, ...] = (0,)


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
    cases = [case for case in all_cases(tree, peers(options.cache)) if options.only in case.name]
    text = report(cases, turns(cases, tree, options.runs), tree, options)
    print(text, end="")
    if options.write:
        TABLE.write_text(text, encoding="utf-8")


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(description="time concurlint against bandit, flake8 and ruff")
    parser.add_argument("--runs", type=int, default=5, help="turns of each case; the median counts")
    parser.add_argument("--only", default="", metavar="TEXT", help="the cases with this in their names")
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
    """The peers at their defaults without a cache or settings, then every way to run concurlint.

    The first cold run fills the cache that those after it find.
    """
    bandit, flake8, ruff = (str(scripts / peer) for peer in PEERS)
    own = (sys.executable, "-P", "-m", "concurlint")
    check = (*own, "check", "--exit-zero", "-q")
    files = sorted(str(path.relative_to(tree)) for path in tree.rglob("*.py"))
    plain = (sys.executable, "-c", "pass")

    def forget(_: int) -> None:
        shutil.rmtree(tree / ".concurlint_cache", ignore_errors=True)

    def edit(*names: str) -> Callable[[int], None]:
        def edited(turn: int) -> None:
            for name in names:
                with (tree / name).open("a", encoding="utf-8") as file:
                    file.write(f"\n\ndef edited_{time.time_ns()}_{turn}(value):\n    return value.edited + {turn}\n")

        return edited

    ruffs, bandits, flakes = "`ruff check`", "`bandit -r`", "`flake8`"
    return [
        Case(ruffs, (ruff, "check", "--isolated", "--no-cache", "--exit-zero", ".")),
        Case(bandits, (bandit, "-r", "-q", "--exit-zero", ".")),
        Case("`flake8 -j1`", (flake8, "--isolated", "--exit-zero", "-j1", ".")),
        Case(flakes, (flake8, "--isolated", "--exit-zero", ".")),
        Case("cold, whole tree, against bandit", (*check, "."), forget, bandits, 0.6),
        Case("nothing changed, whole tree", (*check, "."), beside=ruffs, target=1.0),
        Case("one file asked, a leaf that changed", (*check, LEAF), edit(LEAF), ruffs, 3.0),
        Case("one file asked, the one most imported, that changed", (*check, HUB), edit(HUB), ruffs, 3.0),
        Case("whole tree, one file changed", (*check, "."), edit(LEAF), ruffs, 6.0),
        Case(
            "whole tree, ten files changed", (*check, "."), edit(*files[::140]), "cold, whole tree, against bandit", 0.2
        ),
        Case(
            "whole tree, 300 files changed", (*check, "."), edit(*files[1::5][:300]), "cold, whole tree, against bandit"
        ),
        Case("cold, whole tree, against flake8", (*check, "."), forget, flakes, 0.85),
        Case("cold, one file asked, a leaf", (*check, LEAF), forget, "cold, whole tree, against bandit", 0.2),
        Case("one worker, without a cache", (*check, "--no-cache", "-j1", ".")),
        Case(
            "two workers, without a cache",
            (*check, "--no-cache", "-j2", "."),
            beside="one worker, without a cache",
            target=1 / 1.8,
        ),
        Case("`python -c pass`", plain),
        *(
            Case(f"`concurlint {' '.join(words)}`", (*own, *words), beside="`python -c pass`", target=5.0)
            for words in (("--version",), ("--help",), ("explain", "CCL301"), ("rules",))
        ),
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
    if process.returncode not in case.exits:
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
            "Ratios are to what is named beside them, in the same run. Peak is that of the largest process.",
            *([options.note] if options.note else []),
            "",
            "| case | wall s | CPU s | peak MiB | beside | wall ÷ | CPU ÷ | target |",
            "| --- | ---: | ---: | ---: | --- | ---: | ---: | ---: |",
            *(_row(case, median) for case in cases),
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


def _row(case: Case, median: dict[str, Turn]) -> str:
    own, other = median[case.name], median.get(case.beside)
    ratios = f"{own.wall / other.wall:.2f} | {own.cpu / other.cpu:.2f}" if other is not None else " | "
    target = f"≤ {case.target:.2f}" if case.target is not None else ""
    return f"| {case.name} | {own.wall:.2f} | {own.cpu:.2f} | {own.peak:.0f} | {case.beside} | {ratios} | {target} |"


if __name__ == "__main__":
    main()
