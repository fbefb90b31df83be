"""Two runs side by side, for people and for machines."""

import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from concurlint.finding import Finding
from concurlint.report.json import plain_finding
from concurlint.report.profiled import wording
from concurlint.report.profiled.palette import LOOKS, ORDER
from concurlint.report.text import place
from concurlint.report.visible import visible
from concurlint.runtime.comparing import Amount, Change, Comparison
from concurlint.verdicts.verdict import Verdict

VERSION = 1
CAUTION = "one run each: the intervals tell how well each was seen, not how much runs differ by themselves"
MOST_FUNCTIONS = 20
_WIDTH = 400  # wide enough that nothing is folded
_SAME = "no sure change"


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdicts that only the first run has, those of both, and those that only the second has."""

    gone: tuple[Finding, ...]
    still: tuple[Finding, ...]
    new: tuple[Finding, ...]

    @classmethod
    def of(cls, before: Sequence[Verdict], after: Sequence[Verdict]) -> "Judged":
        """Verdicts are the same where code and file are: lines move, and figures change."""
        one = {_same(verdict): verdict.finding for verdict in before}
        other = {_same(verdict): verdict.finding for verdict in after}
        return cls(
            gone=tuple(finding for key, finding in one.items() if key not in other),
            still=tuple(finding for key, finding in other.items() if key in one),
            new=tuple(finding for key, finding in other.items() if key not in one),
        )

    def labelled(self) -> Iterator[tuple[str, str, Finding]]:
        """Each with what has become of it, and the colour for that."""
        for label, style, findings in (
            ("gone", "green", self.gone),
            ("new", "red", self.new),
            ("still", "yellow", self.still),
        ):
            yield from ((label, style, finding) for finding in findings)


def render(comparison: Comparison, judged: Judged, console: Console) -> str:
    """The whole comparison, as wide and as colourful as `console` is."""
    with console.capture() as capture:
        console.print(Group(*_blocks(comparison, judged)), highlight=False, markup=False, emoji=False)
    return capture.get()


def render_plain(comparison: Comparison, judged: Judged) -> str:
    """The same without colours, the same on every machine."""
    drawn = render(comparison, judged, Console(file=io.StringIO(), width=_WIDTH, color_system=None))
    return "".join(f"{line.rstrip()}\n" for line in drawn.splitlines())


def render_json(comparison: Comparison, judged: Judged) -> str:
    """One JSON document with a line end after it."""
    document = {
        "version": VERSION,
        "before": list(comparison.before.command),
        "after": list(comparison.after.command),
        "seconds": _plain(comparison.wall),
        "states": {state.value: _plain(change) for state, change in comparison.states.items()},
        "functions": [{"path": row.path, "name": row.name, **_plain(row.change)} for row in comparison.functions],
        "verdicts": {
            "gone": [plain_finding(finding) for finding in judged.gone],
            "still": [plain_finding(finding) for finding in judged.still],
            "new": [plain_finding(finding) for finding in judged.new],
        },
        "notes": list(comparison.notes),
    }
    return json.dumps(document, indent=2) + "\n"


def speed(comparison: Comparison) -> str:
    """How the wall time has changed, in words."""
    times = comparison.speed_up
    if 0.98 <= times <= 1.02:
        return "as fast as before"
    return f"{wording.times(times)} as fast" if times > 1 else f"{wording.times(1 / times)} as slow"


def difference(change: Change) -> str:
    """How much more or less, with its interval; where that holds nothing at all, so much is said."""
    by = change.by
    if not change.is_sure:
        return _SAME
    return f"{_signed(by.value)} ({_between(_signed(by.low), _signed(by.high))})"


def amount(of: Amount) -> str:
    """Seconds with their interval."""
    if of.low == of.high or of.value == 0:
        return wording.seconds(of.value)
    return f"{wording.seconds(of.value)} ({_between(wording.seconds(of.low), wording.seconds(of.high))})"


def _blocks(comparison: Comparison, judged: Judged) -> Iterator[RenderableType]:
    yield Text.assemble(
        (wording.command(comparison.after), "bold"),
        f": {wording.seconds(comparison.before.seconds)} → {wording.seconds(comparison.after.seconds)}, ",
        (speed(comparison), "bold"),
    )
    yield Text(CAUTION, "dim")
    for note in comparison.notes:
        yield Text(f"note: {visible(note)}", "yellow")
    yield Text()
    yield Text("Threads' time", "bold")
    yield _table([(LOOKS[state].label, comparison.states[state]) for state in ORDER if state in comparison.states])
    yield Text()
    yield Text("Functions", "bold")
    rows = [(f"{visible(row.path)}: {visible(row.name)}", row.change) for row in comparison.functions]
    yield _table(rows[:MOST_FUNCTIONS]) if rows else Text("  none was seen long enough")
    yield Text()
    yield Text("Verdicts", "bold")
    told = list(judged.labelled())
    for label, style, finding in told:
        where = f"{place(finding.span)}: {finding.code}"
        yield Text.assemble("  ", (f"{label:<6}", style), f"{where} {visible(finding.message)}")
    if not told:
        yield Text("  none in either run")


def _table(rows: Sequence[tuple[str, Change]]) -> Padding:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=True, header_style="dim")
    table.add_column(overflow="fold")
    for heading in ("before", "after", "change"):
        table.add_column(heading, no_wrap=True)
    for name, change in rows:
        style = ("green" if change.by.value < 0 else "red") if change.is_sure else "dim"
        table.add_row(name, amount(change.before), amount(change.after), Text(difference(change), style))
    return Padding(table, (0, 0, 0, 2))


def _between(low: str, high: str) -> str:
    """The unit once where it is the same: `1.2 to 3.4 s`."""
    number, _, unit = low.rpartition(" ")
    return f"{number} to {high}" if number and " " not in number and high.endswith(f" {unit}") else f"{low} to {high}"


def _signed(seconds: float) -> str:
    sign = "−" if seconds < 0 else "+"
    return f"{sign}{wording.seconds(abs(seconds))}"


def _plain(change: Change) -> dict[str, object]:
    return {
        "before": _numbers(change.before),
        "after": _numbers(change.after),
        "change": _numbers(change.by),
        "sure": change.is_sure,
    }


def _numbers(of: Amount) -> dict[str, float]:
    return {"value": round(of.value, 6), "low": round(of.low, 6), "high": round(of.high, 6)}


def _same(verdict: Verdict) -> tuple[str, str]:
    return (verdict.finding.code, verdict.finding.span.path)
