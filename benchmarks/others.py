"""What py-spy alone, Austin and Scalene say of a thread: each is started its own way and put into the same words."""

import json
import re
import subprocess
import sys
import venv
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from wheels import CACHE

# Newer Austins want a newer C library than many machines have.
PEERS = ("py-spy", "scalene", "austin-dist<4")
_THREAD = re.compile(r"thread \((?:0x)?[0-9A-Fa-f]+\): (?P<name>.+)$")


@dataclass(frozen=True)
class Other:
    """Another profiler: `says` puts its answer on one thread of a script into words."""

    name: str
    says: Callable[[Path, str, float, Path], str]


def others() -> Iterator[Other]:
    """Those that can be had and started here."""
    for name, command, says in (
        ("py-spy", "py-spy", _pyspy),
        ("Austin", "austin", _austin),
        ("Scalene", "scalene", _scalene),
    ):
        if (_peers() / command).exists() and _starts(command):
            yield Other(name, says)


def versions() -> dict[str, str]:
    """Each of them with its version."""
    (packages,) = _peers().parent.glob("lib/python*/site-packages")
    known = {"py-spy": "py_spy", "Austin": "austin_dist", "Scalene": "scalene"}
    found = {name: next(packages.glob(f"{package}-*.dist-info"), None) for name, package in known.items()}
    return {name: f"{name} {info.name.split('-')[1].removesuffix('.dist')}" for name, info in found.items() if info}


@cache
def _peers() -> Path:
    """The folder of their commands; installed in an environment of their own the first time."""
    home = CACHE / "profilers"
    if not (home / "bin").exists():
        venv.create(home, with_pip=True)
        for peer in PEERS:
            subprocess.run([str(home / "bin" / "pip"), "install", "-q", peer], check=False)
    return home / "bin"


@cache
def _starts(command: str) -> bool:
    done = subprocess.run([str(_peers() / command), "--version"], capture_output=True, check=False)
    return done.returncode == 0


def _pyspy(script: Path, thread: str, seconds: float, folder: Path) -> str:
    """Shares of the samples of one thread: active by its own lights, and with the GIL."""
    counts = {}
    for kind in ("--idle", "", "--gil"):
        raw = folder / "pyspy.txt"
        raw.unlink(missing_ok=True)
        command = [str(_peers() / "py-spy"), "record", "--threads", "--nonblocking", "-f", "raw", "-o", str(raw)]
        command += [kind] if kind else []
        done = subprocess.run(
            [*command, "--", sys.executable, str(script), str(seconds)], capture_output=True, check=False
        )
        if done.returncode or not raw.exists():
            return "fails"
        counts[kind] = _samples(raw.read_text(encoding="utf-8"), thread)
    whole = counts["--idle"] or 1
    return f"active {min(1.0, counts[''] / whole):.0%}, GIL {min(1.0, counts['--gil'] / whole):.0%}"


def _samples(raw: str, thread: str) -> int:
    total = 0
    for row in raw.splitlines():
        stack, _, count = row.rpartition(" ")
        name = _THREAD.match(stack.split(";")[0])
        if name is not None and name["name"].strip('"') == thread:
            total += int(count)
    return total


def _austin(script: Path, _: str, seconds: float, folder: Path) -> str:
    """Share of a thread's wall time that is not idle; threads have no names, so the likeliest by line."""
    times = {}
    for kind in ("wall", "cpu"):
        out = folder / "austin.txt"
        out.unlink(missing_ok=True)
        command = [
            str(_peers() / "austin"),
            "-t",
            "5s",
            "-i",
            "5ms",
            "-o",
            str(out),
            *(["-s"] if kind == "cpu" else []),
        ]
        subprocess.run([*command, sys.executable, str(script), str(seconds)], capture_output=True, check=False)
        if not out.exists():
            return "fails"
        spent: Counter[str] = Counter()
        for row in out.read_text(encoding="utf-8", errors="replace").splitlines():
            stack, _, metric = row.rpartition(" ")
            if not row.startswith("#") and metric.isdigit():
                spent[";".join(stack.split(";")[:2])] += int(metric)
        times[kind] = sorted(spent.values(), reverse=True)
    if not times["wall"]:
        return "no samples"
    return "CPU by thread: " + ", ".join(f"{cpu / max(times['wall']):.0%}" for cpu in times["cpu"][:3])


def _scalene(script: Path, _: str, seconds: float, folder: Path) -> str:
    """The whole program's time as Python, native and system; Scalene has no threads."""
    out = folder / "scalene.json"
    out.unlink(missing_ok=True)
    command = [str(_peers() / "scalene"), "run", "--cpu-only", "-o", str(out), str(script), "---", str(seconds)]
    subprocess.run(command, capture_output=True, check=False, cwd=folder)
    if not out.exists():
        return "fails"
    shares: Counter[str] = Counter()
    found = json.loads(out.read_text(encoding="utf-8"))
    if not found.get("files"):
        return "no samples"
    for file in found["files"].values():
        for row in file["lines"]:
            shares["Python"] += row["n_cpu_percent_python"]
            shares["native"] += row["n_cpu_percent_c"]
            shares["system"] += row["n_sys_percent"]
    return "program: " + ", ".join(f"{name} {share:.0f} %" for name, share in shares.items())
