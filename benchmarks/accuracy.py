"""Profiles every workload live and compares what is measured with what is true of it by arithmetic.

    python benchmarks/accuracy.py --write                        all workloads on 3.11, 3.12 and 3.13 where installed
    python benchmarks/accuracy.py --python 3.12 convoy lock      some of it

The truths stand in `fixtures/workloads/`. Off by at most 3 points is right for holding the GIL and waiting for it,
5 for the rest. On a machine with other work the shares are not what arithmetic says: the run-queue column tells.
py-spy alone, Austin and Scalene measure a few of the workloads too, each in a run of its own, where they start.
"""

import argparse
import ast
import os
import platform
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from concurlint.runtime.profile import Profile
from concurlint.runtime.samples import State
from concurlint.runtime.saved import load
from others import Other, others

WORKLOADS = Path(__file__).parent.parent / "fixtures" / "workloads"
TABLE = Path(__file__).with_name("accuracy.md")
VERSIONS = ("3.11", "3.12", "3.13")
CLOSE = {State.HOLDS_GIL: 3.0, State.GIL_WAIT: 3.0}
NEAR = 5.0
BUSY = 3.0
"""Points of the threads' time in the run queue from which on others use the machine; workloads that say so apart."""
COMPARED = {
    "computing_two": "worker-1",
    "hashing": "hasher-1",
    "convoy": "sleeper",
    "lock": "comer-1",
    "gil_held_blocked": "MainThread",
}

Truth = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Row:
    """One workload on one Python: the state furthest from the truth, in points, and how busy the machine was.

    `cpu` is by how much CPU and run-queue time stray from the kernel's count, in points of the threads' time.
    """

    workload: str
    version: str
    thread: str
    state: State
    true: float
    measured: float
    queue: float
    cpu: float
    samples: int

    @property
    def off(self) -> float:
        """Measured less true, in points."""
        return 100 * (self.measured - self.true)

    @property
    def is_right(self) -> bool:
        """Within 3 points for the GIL, 5 for the rest."""
        return abs(self.off) <= CLOSE.get(self.state, NEAR)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, and keep it if asked to; returns 1 if something is not near its truth."""
    options = parse(arguments)
    names = options.workloads or sorted(path.stem for path in WORKLOADS.glob("*.py"))
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for version, python in pythons(options.python or VERSIONS).items():
            for name in names:
                if true := truth(WORKLOADS / f"{name}.py"):
                    found = best(name, version, python, true, Path(folder), options)
                    rows.append(found)
                    print(line(found), file=sys.stderr)
        compared = [] if options.alone else list(compare(names, options.seconds, Path(folder)))
    text = report(rows, compared, options.seconds)
    print(text, end="")
    if options.write:
        TABLE.write_text(text, encoding="utf-8")
    return int(not all(row.is_right for row in rows))


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(description="compare measured shares with true ones")
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD")
    parser.add_argument("--python", action="append", metavar="3.X", help="instead of 3.11, 3.12 and 3.13")
    parser.add_argument("--seconds", type=float, default=6.0, help="length of a run")
    parser.add_argument("--turns", type=int, default=2, help="runs while the machine is found busy, at the most")
    parser.add_argument("--alone", action="store_true", help="no other tools")
    parser.add_argument("--write", action="store_true", help=f"write {TABLE.name} too")
    return parser.parse_args(arguments)


def pythons(versions: Iterable[str]) -> dict[str, str]:
    """Version → interpreter, of those that are installed: our own, on the path, or pyenv's."""
    found = {}
    for version in versions:
        own = sys.executable if platform.python_version().startswith(f"{version}.") else None
        pyenv = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))
        if path := own or next(map(str, pyenv), None):
            found[version] = path
    return found


def truth(script: Path) -> Truth:
    """The script's TRUTH: thread → state → share of its time; empty where arithmetic says nothing."""
    for statement in ast.parse(script.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "TRUTH":
            stated: Truth = ast.literal_eval(statement.value)
            return stated
    return {}


def best(name: str, version: str, python: str, true: Truth, folder: Path, options: argparse.Namespace) -> Row:
    """The run in which the machine was least busy with other things."""
    rows = []
    for _ in range(options.turns):
        rows.append(compared_with(name, version, true, profiled(name, python, options.seconds, folder)))
        if rows[-1].queue <= BUSY:
            break
    return min(rows, key=lambda row: row.queue)


def profiled(name: str, python: str, seconds: float, folder: Path) -> Profile:
    """The workload's profile, by the command line."""
    saved = folder / "run.json"
    command = [sys.executable, "-m", "concurlint", "profile", "--python", python, "--save", str(saved)]
    command += ["--output", os.devnull, str(WORKLOADS / f"{name}.py"), str(seconds)]
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    return load(saved)


def compared_with(name: str, version: str, true: Truth, profile: Profile) -> Row:
    """The stated share that is furthest from what was measured."""
    spent = shares_by_thread(name, profile)
    rows = []
    total = sum(thread.seconds for thread in profile.threads)
    ready = profile.seconds_in(State.HOLDS_GIL, State.COMPUTES, State.RUN_QUEUE)
    counted = sum(thread.cpu_seconds + thread.queue_seconds for thread in profile.threads)
    queued = sum(thread.queue_seconds for thread in profile.threads)
    for thread_name, states in true.items():
        of: dict[State, float] = defaultdict(float)
        for known, times in spent.items():
            if fnmatch(known, thread_name) or ("*" in thread_name and known not in true):
                for state, seconds in times.items():
                    of[state] += seconds
        # The sum over all threads of a name with a star is a share of the run. Their names are py-spy's to know,
        # which misses the shortest-lived: those are all threads that nothing else is stated of.
        whole = profile.run.seconds if "*" in thread_name else sum(of.values()) - _lost(of, states)
        for text, share in states.items():
            measured = of[State(text)] / whole if whole else 0.0
            rows.append(
                Row(
                    workload=name,
                    version=version,
                    thread=thread_name,
                    state=State(text),
                    true=share,
                    measured=measured,
                    queue=100 * queued / total if total else 0.0,
                    cpu=100 * (ready - counted) / total if total else 0.0,
                    samples=round(whole / profile.run.interval) if profile.run.interval else 0,
                )
            )
    return max(rows, key=lambda row: abs(row.off) / CLOSE.get(row.state, NEAR))


def _lost(of: Mapping[State, float], states: Mapping[str, float]) -> float:
    """Seconds in the run queue, which others on the machine are to blame for unless the workload is about that."""
    return 0.0 if State.RUN_QUEUE in map(State, states) else of.get(State.RUN_QUEUE, 0.0)


def shares_by_thread(name: str, profile: Profile) -> dict[str, dict[State, float]]:
    """Thread → state → seconds; of the main thread only what came from the script's `main`, not its imports."""
    script = str(WORKLOADS / f"{name}.py")
    spent: dict[str, dict[State, float]] = defaultdict(lambda: defaultdict(float))
    root = profile.threads[0].pid if profile.threads else 0
    names = {(thread.pid, thread.tid): thread.name for thread in profile.threads if thread.pid == root}
    for stack in profile.stacks:
        if names.get((stack.pid, stack.tid)) == "MainThread":
            if any(frame.path == script and frame.function == "main" for frame in stack.frames):
                for state, seconds in stack.states.items():
                    spent["MainThread"][state] += seconds
    for thread in profile.threads:
        if thread.name != "MainThread" or (thread.pid == root and not spent["MainThread"]):
            for state, seconds in thread.states.items():
                spent[thread.name][state] += seconds
    return spent


def compare(names: Iterable[str], seconds: float, folder: Path) -> Iterator[tuple[str, str, Mapping[str, str]]]:
    """Workload, thread, and what each tool that starts here says of it."""
    for name, thread in COMPARED.items():
        if name in names:
            own = profiled(name, sys.executable, seconds, folder)
            states: dict[State, float] = defaultdict(float)
            for found in own.threads:
                if found.name == thread:
                    for state, spent in found.states.items():
                        states[state] += spent
            whole = sum(states.values()) or 1.0
            running = (states[State.HOLDS_GIL] + states[State.COMPUTES]) / whole
            said = {
                "true": told(truth(WORKLOADS / f"{name}.py")[thread]),
                "concurlint": f"runs {running:.0%}, waits for the GIL {states[State.GIL_WAIT] / whole:.0%}, "
                f"for a lock {states[State.LOCK] / whole:.0%}, GIL held while blocked "
                f"{states[State.HELD_BLOCKED] / whole:.0%}",
            }
            tool: Other
            for tool in others():
                said[tool.name] = tool.says(WORKLOADS / f"{name}.py", thread, seconds, folder)
            yield name, thread, said


def told(states: Mapping[str, float]) -> str:
    """Shares in words."""
    return ", ".join(f"{state} {share:.0%}" for state, share in states.items())


def line(row: Row) -> str:
    """One row for a terminal."""
    verdict = "ok" if row.is_right else "OFF"
    return (
        f"{row.version} {row.workload:20} {row.thread:12} {row.state:12} true {row.true:6.1%} measured "
        f"{row.measured:6.1%} {row.off:+5.1f} {verdict}  (run queue {row.queue:.1f} %, CPU {row.cpu:+.1f})"
    )


def report(rows: Sequence[Row], compared: Sequence[tuple[str, str, Mapping[str, str]]], seconds: float) -> str:
    """The page."""
    right = sum(row.is_right for row in rows)
    tools = list(dict.fromkeys(tool for _, _, said in compared for tool in said))
    body = [
        f"| {row.workload} | {row.version} | {row.thread} | {row.state} | {row.true:.1%} | {row.measured:.1%} "
        f"| {row.off:+.1f}{'' if row.is_right else ' **off**'} | {row.queue:.1f} | {row.cpu:+.1f} | {row.samples} |"
        for row in rows
    ]
    beside = [
        "## Beside other tools",
        "",
        "What each says of one thread, in a run of its own.",
        "",
        f"| workload | thread | {' | '.join(tools)} |",
        f"| --- | --- |{' --- |' * len(tools)}",
        *(f"| {name} | {thread} | {' | '.join(said.get(t, '–') for t in tools)} |" for name, thread, said in compared),
        "",
    ]
    return "\n".join(
        [
            "# Accuracy",
            "",
            f"{right} of {len(rows)} runs of {seconds:g} s are near their truth in every state that has one:",
            "3 points for holding the GIL and waiting for it, 5 for the rest. Each row shows the state furthest off.",
            "Shares are of the time that a thread did not wait for a CPU, and of the main thread from `main` on.",
            f"{os.cpu_count()} cores ({platform.machine()}), {platform.system()}. *Run queue*: how much of its time "
            "the average thread waited for a CPU, by the kernel's count;",
            "*CPU*: by how much our CPU and run-queue time stray from that count.",
            "",
            "| workload | Python | thread | state | true | measured | points off | run queue % | CPU | samples |",
            "| --- | --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
            *body,
            "",
            *(beside if compared else []),
            "Renew with `python benchmarks/accuracy.py --write`.",
            "",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
