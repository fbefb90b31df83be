"""Predictions beside what happened: `python benchmarks/prediction.py --write`, on an otherwise idle machine.

Each piece of work is measured as it is done today, judged, and then really done the way the verdict suggests. The
table is `benchmarks/prediction.md`; with names or `--half`, only their rows are made anew.
"""

import argparse
import os
import platform
import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import predicted_held
import predicted_work
from concurlint.judge import judge
from concurlint.runtime.launch import start_script
from concurlint.runtime.profile import Profile
from record import ROOT, measure

HALVES = {"tuned": predicted_work, "held": predicted_held}
"""Work that the verdicts were made with, and work that is only measured."""
CASES = {name: (half, case[0]) for half, work in HALVES.items() for name, case in work.CASES.items()}
TABLE = Path(__file__).with_name("prediction.md")
RIGHT, NEAR = 0.15, 0.20
"""How far a prediction may be off to be called so, as a part of what happened."""
QUIET = 0.05
"""Of the machine: when other programs used more, a turn is made again; if none was quieter, the row says so."""
TURNS = 3
TRIES = 6


@dataclass(frozen=True)
class Row:
    """One prediction, in seconds, and what part of the machine others used meanwhile."""

    name: str
    half: str
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
        called = "" if abs(self.off) <= RIGHT else "near: " if abs(self.off) <= NEAR else "miss: "
        said = f"{called}{self.off:+.0%}, {inside} the bounds"
        return said if self.others <= QUIET else f"{said} (others used {self.others:.0%} of the machine)"

    @property
    def line(self) -> str:
        """Of the table."""
        bounds = f"{self.low:.2f} to {self.high:.2f}"
        figures = f"{self.now:.2f} | {self.predicted:.2f} | {bounds} | {self.then:.2f}"
        return f"| {self.name} | {self.half} | {self.code} | {self.tool} | {figures} | {self.outcome} |"


def busy() -> float:
    """CPU seconds that the machine has spent on anything since it started."""
    user, nice, system, _, _, irq, soft = map(int, Path("/proc/stat").read_text().split()[1:8])
    return (user + nice + system + irq + soft) / os.sysconf("SC_CLK_TCK")


def ours() -> float:
    """CPU seconds of this process and of all that it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def script(name: str) -> Path:
    """What does the work."""
    return Path(__file__).with_name(f"{HALVES[CASES[name][0]].__name__}.py")


def really(name: str) -> float:
    """The seconds that the other way takes, from the script's start to its end."""
    with start_script(str(script(name)), [name, "then"]) as program:
        begin = time.monotonic()
        program.go()
        if program.wait(60):
            raise RuntimeError(f"{name} failed")
        return time.monotonic() - begin


def turn(name: str) -> Row:
    """One piece of work measured, judged and at once done otherwise."""
    half, code = CASES[name]
    begin, before = time.monotonic(), busy() - ours()
    profile = measure(script(name), name, "now")
    then = really(name)
    others = max(0.0, busy() - ours() - before) / (time.monotonic() - begin) / (os.cpu_count() or 1)
    verdict = _verdict(profile, code)
    if verdict is None:
        return Row(name, half, code, "", profile.run.seconds, 0, 0, 0, then, others)
    return Row(name, half, code, *verdict, then, others)


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


def counts(half: str, lines: Sequence[str]) -> str:
    """How many rows of this half came near, of all: one without the verdict did not."""
    outcomes = [line.split(" | ")[-1] for line in lines if line.split(" | ")[1] == half]
    right = sum(not outcome.startswith(("near", "miss")) for outcome in outcomes)
    near = sum(outcome.startswith("near") for outcome in outcomes)
    inside = sum(", inside the bounds" in outcome for outcome in outcomes)
    return f"| {half} | {len(HALVES[half].CASES)} | {len(outcomes)} | {right} | {right + near} | {inside} |"


def table(lines: dict[str, str]) -> str:
    """The page."""
    rows = [lines[name] for name in CASES if name in lines]
    head = [
        "# Predictions beside what happened",
        "",
        "Renew with `python benchmarks/prediction.py --write`.",
        f"{platform.system()}, Python {platform.python_version()}, {os.cpu_count()} cores.",
        "Each piece of work is measured as it is done now, judged, and at once done the other way. The verdicts were",
        "made with the pieces of `benchmarks/predicted_work.py` (tuned); those of `benchmarks/predicted_held.py`",
        f"(held) were written down before any of them was judged. Of {TURNS} such turns in which others used at most",
        f"{QUIET:.0%} of the machine, the one with the median deviation is told. Right is within {RIGHT:.0%} of what",
        f"was measured, near within {NEAR:.0%}; else it is a miss.",
        "",
        f"| half | pieces | measured | within {RIGHT:.0%} | within {NEAR:.0%} | inside the bounds |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
        *(counts(half, rows) for half in HALVES),
        "",
        "| work | half | verdict | other way | now (s) | predicted (s) | bounds (s) | measured (s) | outcome |",
        "| --- | --- | --- | --- | ---: | ---: | --- | ---: | --- |",
    ]
    return "\n".join([*head, *rows]) + "\n"


def kept(page: str) -> dict[str, str]:
    """The rows of a page, by name."""
    return {line.split()[1]: line for line in page.splitlines() if line.startswith("| ") and line.split()[1] in CASES}


def main() -> None:
    """Measure all, or those named, and with `--write` renew their rows."""
    parser = argparse.ArgumentParser(description="predictions beside what happened")
    parser.add_argument("names", metavar="NAME", nargs="*", help=f"of {', '.join(CASES)}")
    parser.add_argument("--half", choices=HALVES, help="only the pieces of this half")
    parser.add_argument("--write", action="store_true", help="write prediction.md too, row by row")
    options = parser.parse_args()
    if unknown := [name for name in options.names if name not in CASES]:
        parser.error(f"no piece of work is called {unknown[0]}")
    lines = kept(TABLE.read_text(encoding="utf-8")) if TABLE.exists() else {}
    for name in options.names or CASES:
        if options.half not in (None, CASES[name][0]):
            continue
        lines[name] = row(name).line
        print(lines[name], flush=True)
        if options.write:
            TABLE.write_text(table(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
