"""Predictions beside what happened: `python benchmarks/prediction.py --write`, on an otherwise idle machine.

Each piece of work is measured as it is done today, judged, and then really done the way the verdict suggests. The
table is `benchmarks/prediction.md`; with names, only their rows are made anew.
"""

import argparse
import os
import platform
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from concurlint.judge import judge
from concurlint.runtime.launch import start_script
from concurlint.runtime.profile import Profile
from predicted_work import CASES
from record import ROOT, measure

WORK = Path(__file__).with_name("predicted_work.py")
TABLE = Path(__file__).with_name("prediction.md")
WITHIN = 0.15
QUIET = 0.05
"""Of the machine: when other programs used more, a run is made again; if none was quieter, the row says so."""
RUNS = 2
TRIES = 5

Done = TypeVar("Done")


@dataclass(frozen=True)
class Row:
    """One prediction, in seconds, and what part of the machine others used meanwhile."""

    name: str
    code: str
    tool: str
    now: float
    low: float
    predicted: float
    high: float
    then: float
    others: float

    @property
    def off(self) -> float:
        """How far the prediction is from what happened, as a part of it."""
        return (self.predicted - self.then) / self.then

    @property
    def outcome(self) -> str:
        """In words."""
        if not self.tool:
            return "miss: no such verdict"
        inside = "inside" if self.low <= self.then <= self.high else "outside"
        said = f"{'' if abs(self.off) <= WITHIN else 'miss: '}{self.off:+.0%}, {inside} the bounds"
        return said if self.others <= QUIET else f"{said} (others used {self.others:.0%} of the machine)"

    @property
    def line(self) -> str:
        """Of the table."""
        bounds = f"{self.low:.2f} to {self.high:.2f}"
        figures = f"{self.now:.2f} | {self.predicted:.2f} | {bounds} | {self.then:.2f}"
        return f"| {self.name} | {self.code} | {self.tool} | {figures} | {self.outcome} |"


def busy() -> float:
    """CPU seconds that the machine has spent on anything since it started."""
    user, nice, system, _, _, irq, soft = map(int, Path("/proc/stat").read_text().split()[1:8])
    return (user + nice + system + irq + soft) / os.sysconf("SC_CLK_TCK")


def ours() -> float:
    """CPU seconds of this process and of all that it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def quietest(do: Callable[[], Done], best: Callable[[Done], float]) -> tuple[Done, float]:
    """The best of a few quiet runs (if none was, the quietest), and the part of the machine that others used."""
    found: list[tuple[float, Done]] = []
    while len(found) < TRIES and sum(others <= QUIET for others, _ in found) < RUNS:
        begin, before = time.monotonic(), busy() - ours()
        done = do()
        used = max(0.0, busy() - ours() - before) / (time.monotonic() - begin) / (os.cpu_count() or 1)
        found.append((used, done))
    quiet = [pair for pair in found if pair[0] <= QUIET] or [min(found, key=lambda pair: pair[0])]
    others, chosen = min(quiet, key=lambda pair: best(pair[1]))
    return chosen, others


def really(name: str) -> float:
    """The seconds that the other way takes, from the script's start to its end."""
    with start_script(str(WORK), [name, "then"]) as program:
        begin = time.monotonic()
        program.go()
        if program.wait(60):
            raise RuntimeError(f"{name} failed")
        return time.monotonic() - begin


def row(name: str) -> Row:
    """One piece of work measured, judged and done otherwise."""
    code = CASES[name][0]
    profile, before = quietest(lambda: measure(WORK, name, "now"), lambda one: one.run.seconds)
    then, after = quietest(lambda: really(name), lambda seconds: seconds)
    others = max(before, after)
    verdict = _verdict(profile, code)
    if verdict is None:
        return Row(name, code, "", profile.run.seconds, 0, 0, 0, then, others)
    return Row(name, code, *verdict, then, others)


def _verdict(profile: Profile, code: str) -> tuple[str, float, float, float, float] | None:
    found = [v for v in judge(profile, root=ROOT) if v.finding.code == code and v.predictions]
    if not found:
        return None
    first = found[0].predictions[0]
    return first.tool.value, first.now, first.low, first.seconds, first.high


def table(lines: dict[str, str]) -> str:
    """The page."""
    head = [
        "# Predictions beside what happened",
        "",
        "Renew with `python benchmarks/prediction.py --write`.",
        f"{platform.system()}, Python {platform.python_version()}, {os.cpu_count()} cores.",
        f"Each piece of work of `benchmarks/predicted_work.py` is measured {RUNS} times as it is done now, and judged;",
        f"then it is done the other way, as often. The fastest run is told in which others used at most {QUIET:.0%}",
        f"of the machine. A prediction is right within {WITHIN:.0%} of what was measured, and else a miss. Seconds.",
        "",
        "| work | verdict | other way | now | predicted | bounds | measured | outcome |",
        "| --- | --- | --- | ---: | ---: | --- | ---: | --- |",
    ]
    return "\n".join([*head, *(lines[name] for name in CASES if name in lines)]) + "\n"


def main() -> None:
    """Measure all, or those named, and with `--write` renew their rows."""
    parser = argparse.ArgumentParser(description="predictions beside what happened")
    parser.add_argument("names", metavar="NAME", nargs="*", help=f"of {', '.join(CASES)}")
    parser.add_argument("--write", action="store_true", help="write prediction.md too, row by row")
    options = parser.parse_args()
    if unknown := [name for name in options.names if name not in CASES]:
        parser.error(f"no piece of work is called {unknown[0]}")
    kept = TABLE.read_text(encoding="utf-8").splitlines() if TABLE.exists() else []
    lines = {line.split()[1]: line for line in kept if line.startswith("| ") and line.split()[1] in CASES}
    for name in options.names or list(CASES):
        lines[name] = row(name).line
        print(lines[name], flush=True)
        if options.write:
            TABLE.write_text(table(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
