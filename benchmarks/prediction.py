"""Predictions beside what happened: `python benchmarks/prediction.py --write`, on an otherwise idle machine.

Each piece of work is measured as it is done today, judged, and then really done the way the verdict suggests. The
table is `benchmarks/prediction.md`; with names, only their rows are made anew.
"""

import argparse
import os
import platform
import resource
import time
from dataclasses import dataclass
from pathlib import Path

from concurlint.judge import judge
from concurlint.runtime.launch import start_script
from concurlint.runtime.profile import Profile
from predicted_work import CASES
from record import ROOT, measure

WORK = Path(__file__).with_name("predicted_work.py")
TABLE = Path(__file__).with_name("prediction.md")
WITHIN = 0.15
QUIET = 0.05
"""Of the machine: when other programs used more, a turn is made again; if none was quieter, the row says so."""
TURNS = 3
TRIES = 6


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


def really(name: str) -> float:
    """The seconds that the other way takes, from the script's start to its end."""
    with start_script(str(WORK), [name, "then"]) as program:
        begin = time.monotonic()
        program.go()
        if program.wait(60):
            raise RuntimeError(f"{name} failed")
        return time.monotonic() - begin


def turn(name: str) -> Row:
    """One piece of work measured, judged and at once done otherwise."""
    code = CASES[name][0]
    begin, before = time.monotonic(), busy() - ours()
    profile = measure(WORK, name, "now")
    then = really(name)
    others = max(0.0, busy() - ours() - before) / (time.monotonic() - begin) / (os.cpu_count() or 1)
    verdict = _verdict(profile, code)
    if verdict is None:
        return Row(name, code, "", profile.run.seconds, 0, 0, 0, then, others)
    return Row(name, code, *verdict, then, others)


def row(name: str) -> Row:
    """The turn with the median deviation, of those that other programs left alone."""
    turns: list[Row] = []
    while len(turns) < TRIES and sum(one.others <= QUIET for one in turns) < TURNS:
        turns.append(turn(name))
    quiet = [one for one in turns if one.others <= QUIET] or turns
    return sorted(quiet, key=lambda one: one.off)[len(quiet) // 2]


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
        "Each piece of work of `benchmarks/predicted_work.py` is measured as it is done now, judged, and at once done",
        f"the other way. Of {TURNS} such turns in which others used at most {QUIET:.0%} of the machine, the one with",
        f"the median deviation is told. Right is within {WITHIN:.0%} of what was measured; else it is a miss. Seconds.",
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
