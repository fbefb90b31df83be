"""Predictions beside what happened: `python benchmarks/prediction.py`, on an otherwise idle machine.

Each piece of work is measured as it is done today, judged, and then really done the way the verdict suggests. The
table is `benchmarks/prediction.md`.
"""

import os
import platform
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from concurlint.judge import judge
from concurlint.runtime.launch import start_script
from predicted_work import CASES
from record import ROOT, disturbed, measure

WORK = Path(__file__).with_name("predicted_work.py")
TABLE = Path(__file__).with_name("prediction.md")
WITHIN = 0.15
RUNS = 3


@dataclass(frozen=True)
class Row:
    """One prediction, in seconds; no verdict, no prediction."""

    name: str
    code: str
    tool: str
    now: float
    low: float
    predicted: float
    high: float
    then: float

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
        return f"{'' if abs(self.off) <= WITHIN else 'miss: '}{self.off:+.0%}, {inside} the bounds"


def really(name: str) -> float:
    """The seconds that the other way takes, from the script's start to its end: the fastest of a few runs."""
    found = []
    for _ in range(RUNS):
        with start_script(str(WORK), [name, "then"]) as program:
            begin = time.monotonic()
            program.go()
            if program.wait(60):
                raise RuntimeError(f"{name} failed")
            found.append(time.monotonic() - begin)
    return min(found)


def row(name: str) -> Row:
    """One piece of work measured, judged and done otherwise."""
    code = CASES[name][0]
    profile = min((measure(WORK, name, "now") for _ in range(RUNS)), key=disturbed)
    verdict = next((v for v in judge(profile, root=ROOT) if v.finding.code == code and v.predictions), None)
    then = really(name)
    if verdict is None:
        return Row(name, code, "", profile.run.seconds, 0, 0, 0, then)
    first = verdict.predictions[0]
    return Row(name, code, first.tool.value, first.now, first.low, first.seconds, first.high, then)


def table(rows: list[Row]) -> str:
    """The page."""
    lines = [
        "# Predictions beside what happened",
        "",
        "Renewed by `python benchmarks/prediction.py`.",
        f"{platform.system()}, Python {platform.python_version()}, {os.cpu_count()} cores.",
        f"Each piece of work of `benchmarks/predicted_work.py` is measured {RUNS} times as it is done now, and the",
        "least disturbed run judged; the other way is run as often, and the fastest told. A prediction is right within",
        f"{WITHIN:.0%} of it, and else a miss.",
        "Seconds.",
        "",
        "| work | verdict | other way | now | predicted | bounds | measured | outcome |",
        "| --- | --- | --- | ---: | ---: | --- | ---: | --- |",
    ]
    lines += [
        f"| {r.name} | {r.code} | {r.tool} | {r.now:.2f} | {r.predicted:.2f} | {r.low:.2f} to {r.high:.2f} "
        f"| {r.then:.2f} | {r.outcome} |"
        for r in rows
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure all, or those named, and write the page if it was all."""
    names = sys.argv[1:] or list(CASES)
    page = table([row(name) for name in names])
    print(page)
    if not sys.argv[1:]:
        TABLE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
