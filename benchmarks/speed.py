"""Times `concurlint check` against bandit, flake8 and ruff on one tree of real code, in one run.

    python benchmarks/speed.py --write

The peers are installed into an environment of their own (flake8 would otherwise load concurlint's plugin).
Tools take turns, and each one's best turn counts, so that a busy moment of the machine falls on all alike.
"""

import argparse
import os
import platform
import subprocess
import sys
import time
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import concurlint
from wheels import CACHE, unpack

PACKAGES = {"django": "5.2.1", "celery": "5.5.2", "distributed": "2025.5.1", "scrapy": "2.13.0"}
PEERS = ("bandit", "flake8", "ruff")
TABLE = Path(__file__).with_name("speed.md")
Seconds = float


@dataclass(frozen=True)
class Tool:
    """One way to check the tree: the command as shown and as run."""

    shown: str
    version: str
    command: tuple[str, ...]


@dataclass(frozen=True)
class Turn:
    """What one run of a tool cost; `peak` is the largest process, in MiB."""

    wall: Seconds
    cpu: Seconds
    peak: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the table, and keep it if asked to."""
    options = parse(arguments)
    tree: Path = options.tree or real_tree(options.cache)
    tools = all_tools(peers(options.cache), tree)
    best = best_turns(tools, tree, options.runs)
    text = report(tools, best, tree, options.runs)
    print(text, end="")
    if options.write:
        TABLE.write_text(text, encoding="utf-8")


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(description="time concurlint against bandit, flake8 and ruff")
    parser.add_argument("--runs", type=int, default=3, help="turns of each tool; the best counts")
    parser.add_argument("--tree", type=Path, help="check this folder, not the downloaded packages")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where downloads and the peers stay")
    parser.add_argument("--write", action="store_true", help=f"write {TABLE.name} too")
    return parser.parse_args(arguments)


def real_tree(cache: Path) -> Path:
    """The folder with the four packages, unpacked side by side as in site-packages."""
    tree = cache / "tree"
    for name, version in PACKAGES.items():
        if not any(tree.glob(f"{name}-{version}.dist-info")):
            unpack(name, version, tree, cache)
    return tree


def peers(cache: Path) -> Path:
    """The folder of the peers' commands, installed if they are not there yet."""
    home = cache / "peers"
    scripts = home / "bin"
    if not (scripts / "ruff").exists():
        venv.create(home, with_pip=True)
        subprocess.run([str(scripts / "python"), "-m", "pip", "install", "--quiet", *PEERS], check=True)
    return scripts


def all_tools(scripts: Path, tree: Path) -> list[Tool]:
    """Concurlint first, then its peers, each at its defaults, without a cache or a project's settings."""
    bandit, flake8, ruff = (str(scripts / peer) for peer in PEERS)
    where = str(tree)
    own = (sys.executable, "-P", "-m", "concurlint", "check", "--exit-zero", where)
    versions = {peer: version(scripts / peer) for peer in PEERS}
    return [
        Tool("concurlint check", concurlint.__version__, own),
        Tool("bandit -r", versions["bandit"], (bandit, "-r", "-q", "--exit-zero", where)),
        Tool("flake8 -j1", versions["flake8"], (flake8, "--isolated", "--exit-zero", "-j1", where)),
        Tool("flake8", versions["flake8"], (flake8, "--isolated", "--exit-zero", where)),
        Tool("ruff check", versions["ruff"], (ruff, "check", "--isolated", "--no-cache", "--exit-zero", where)),
    ]


def version(command: Path) -> str:
    """What `command --version` says first that looks like a version."""
    done = subprocess.run([str(command), "--version"], check=True, capture_output=True, text=True)
    return next(word for word in done.stdout.split() if word[0].isdigit())


def best_turns(tools: Sequence[Tool], tree: Path, runs: int) -> list[Turn]:
    """The quickest turn of each tool, by wall time."""
    turns: list[list[Turn]] = [[] for _ in tools]
    for number in range(runs):
        for tool, own in zip(tools, turns, strict=True):
            own.append(take_turn(tool, tree))
            print(f"{number + 1}/{runs} {tool.shown}: {own[-1].wall:.2f} s", file=sys.stderr)
    return [min(own, key=lambda turn: turn.wall) for own in turns]


def take_turn(tool: Tool, tree: Path) -> Turn:
    """Run `tool` once; raises SystemExit when it fails, because a failed run has no time worth telling."""
    start = time.perf_counter()
    process = subprocess.Popen(tool.command, cwd=tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(tool.command)}: exit {process.returncode}")
    return Turn(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def report(tools: Sequence[Tool], best: Sequence[Turn], tree: Path, runs: int) -> str:
    """The page: what was measured, where, and each tool's figures with concurlint's ratio to it."""
    files = list(tree.rglob("*.py"))
    lines = sum(path.read_bytes().count(b"\n") for path in files)
    packages = ", ".join(f"{name} {release}" for name, release in PACKAGES.items())
    machine = f"{os.cpu_count()} cores ({platform.machine()}), {platform.system()}"
    python = f"{platform.python_implementation()} {platform.python_version()}"
    rows = [
        f"| `{tool.shown}` | {tool.version} | {turn.wall:.2f} | {turn.cpu:.2f} | {turn.peak:.0f} "
        f"| {best[0].wall / turn.wall:.2f} |"
        for tool, turn in zip(tools, best, strict=True)
    ]
    return "\n".join(
        [
            "# Speed",
            "",
            f"The wheels of {packages}: {len(files)} files, {lines} lines.",
            f"Best of {runs} turns, tools taking turns; {python}, {machine}.",
            "A ratio above 1 says that concurlint took longer. Peak is that of the largest process.",
            "",
            "| tool | version | wall s | CPU s | peak MiB | concurlint ÷ tool, wall |",
            "| --- | --- | ---: | ---: | ---: | ---: |",
            *rows,
            "",
            "Renew with `python benchmarks/speed.py --write`.",
            "",
        ]
    )


if __name__ == "__main__":
    main()
