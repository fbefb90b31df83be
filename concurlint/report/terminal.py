"""Findings for people at a terminal: code frames, the chain as further frames, one help line, a summary."""

import io
import os
import re
from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console, Group, RenderableType
from rich.text import Text

from concurlint.finding import Finding, Level, Span, Step
from concurlint.report.found import Found
from concurlint.report.frame import Frame, signs_for, split_lines
from concurlint.report.statistics import Totals, by_rule
from concurlint.report.text import place
from concurlint.report.visible import visible

STYLES = {Level.ERROR: "red", Level.WARNING: "yellow", Level.ADVICE: "cyan"}
_CALM = "green"
_CHAIN = "blue"
_CODE = re.compile(r"`[^`]+`")
_INDENT = "  "


def render(found: Found, console: Console) -> str:
    """The findings, as wide and as colourful as `console` is."""
    report = _Report(console, found.texts)
    blocks: list[RenderableType] = []
    for finding, note in zip(found.findings, found.notes or [""] * len(found.findings), strict=True):
        blocks += [*report.finding(finding, note), ""]
    return _drawn(console, blocks)


def render_plain(found: Found) -> str:
    """The same without colours, for a pipe or a file; as wide as the environment says, else 100 columns."""
    width = int(os.environ.get("COLUMNS", "")) if os.environ.get("COLUMNS", "").isdecimal() else 100
    return render(found, Console(file=io.StringIO(), width=max(width, 40), color_system=None))


def render_statistics(found: Found, console: Console) -> str:
    """How many findings each rule made."""
    rows = by_rule(found.findings)
    width = max((len(str(row.count)) for row in rows), default=0)
    drawn = [Text.assemble((f"{row.count:>{width}} ", "bold"), row.code, (f" {row.name}", "dim")) for row in rows]
    return _drawn(console, drawn)


def render_summary(counts: Totals, console: Console) -> str:
    """How many findings there are of each level, on one line."""
    parts = [Text(text, f"bold {STYLES[level] if level else _CALM}") for level, text in counts.parts()]
    return _drawn(console, [Text.assemble(Text(", ").join(parts), f" {counts.where()}")])


def _drawn(console: Console, blocks: Sequence[RenderableType]) -> str:
    with console.capture() as capture:
        console.print(Group(*blocks), highlight=False, markup=False, emoji=False)
    return capture.get() if blocks else ""


class _Report:
    """Draws one finding after the other; each file is cut into lines once."""

    def __init__(self, console: Console, texts: Mapping[str, str]) -> None:
        self._console = console
        self._texts = texts
        self._lines: dict[str, list[str]] = {}
        self._signs = signs_for(console.encoding)

    def finding(self, finding: Finding, note: str) -> Iterator[Text]:
        style = STYLES[finding.level]
        yield from self._hang(Text(), _header(finding, style), 0)
        yield from self._hang(Text(), prose(finding.message, "bold"), 0)
        yield from self._frame(finding.span, f"bold {style}", _INDENT, around=1, most=6)
        for number, step in enumerate(finding.trace, start=1):
            yield from self._step(number, step)
        if note:
            label = Text(f"{_INDENT}measured: ", "bold magenta")
            yield from self._hang(label, Text(visible(note)), len(label))
        if finding.help:
            label = Text(f"{_INDENT}help: ", f"bold {_CALM}")
            yield from self._hang(label, prose(finding.help), len(label))

    def _step(self, number: int, step: Step) -> Iterator[Text]:
        label = Text(f"{_INDENT}{number}. ", f"bold {_CHAIN}")
        says = Text.assemble(prose(step.message), "  ", (place(step.span), "dim"))
        yield from self._hang(label, says, len(label))
        yield from self._frame(step.span, _CHAIN, " " * len(label), around=0, most=1)

    def _frame(self, span: Span, style: str, indent: str, *, around: int, most: int) -> Iterator[Text]:
        if span.path not in self._lines:
            text = self._texts.get(span.path)
            self._lines[span.path] = [] if text is None else split_lines(text)
        frame = Frame(self._console.width, self._signs, indent)
        yield from frame.render(self._lines[span.path], span, style, around=around, most=most)

    def _hang(self, label: Text, body: Text, indent: int) -> Iterator[Text]:
        """`body` wrapped to the console's width, `label` before its first row, spaces before the others."""
        for row in body.wrap(self._console, max(self._console.width - indent, 20)):
            row.rstrip()
            yield Text.assemble(label, row)
            label = Text(" " * indent)


def _header(finding: Finding, style: str) -> Text:
    path, line, column = place(finding.span).rsplit(":", 2)
    return Text.assemble(
        (path, "bold"),
        (f":{line}:{column} ", "dim"),
        (finding.code, f"bold {style}"),
        f" {finding.name} ",
        (finding.level.value, style),
    )


def prose(message: str, style: str = "") -> Text:
    """A message with the code in it set apart."""
    text = Text(visible(message), style)
    text.highlight_regex(_CODE, "cyan")
    return text
