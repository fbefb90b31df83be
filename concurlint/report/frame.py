"""A code frame: the lines of a span with their numbers, the span underlined."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

from concurlint.finding import Span
from concurlint.report.visible import visible

_LINE_END = re.compile(r"\r\n|\r|\n")
_TAB_STOP = 4
# Of a line that is too wide, at least so much is shown before the span.
_LEAD = 12
_NARROWEST = 16
_QUIET = "dim"


@dataclass(frozen=True, slots=True)
class Signs:
    """What a frame is drawn with; every sign is one cell wide."""

    bar: str
    spanned: str
    mark: str
    cut: str


DRAWN = Signs(bar="│", spanned="┃", mark="━", cut="…")
ASCII = Signs(bar="|", spanned="|", mark="^", cut="~")


def signs_for(encoding: str) -> Signs:
    """Signs that a stream of this encoding can show."""
    return DRAWN if encoding.lower().startswith("utf") else ASCII


def split_lines(text: str) -> list[str]:
    """The lines of a source file as Python counts them: a form feed or a line separator ends none."""
    return _LINE_END.split(text)


@dataclass(frozen=True, slots=True)
class Frame:
    """How frames of one report look: `width` in cells, `indent` before the line numbers."""

    width: int
    signs: Signs
    indent: str = "  "

    def render(self, lines: Sequence[str], span: Span, style: str, *, around: int = 0, most: int = 6) -> Iterator[Text]:
        """Rows that show `span`, at most `most` of its lines, and `around` lines before and after it.

        Nothing if the span lies outside of `lines`.
        """
        if not 1 <= span.line <= len(lines):
            return
        last = min(max(span.end_line, span.line), len(lines))
        if last > span.line and span.end_column <= 1:
            last -= 1  # it ends before the first character of that line
        shown = min(last, span.line + most - 1)
        digits = len(str(min(last + around, len(lines))))
        for number in range(max(1, span.line - around), span.line):
            yield from self._beside(lines[number - 1], number, digits)
        yield from self._first(lines[span.line - 1], span, digits, style)
        for number in range(span.line + 1, shown + 1):
            code = self._fit(lines[number - 1], digits)
            yield self._row(str(number), digits, code, self.signs.spanned, style)
        if shown < last:
            yield self._row("", digits, Text(f"to line {last}", _QUIET), self.signs.spanned, style)
            return
        for number in range(last + 1, min(last + around, len(lines)) + 1):
            yield from self._beside(lines[number - 1], number, digits)

    def _beside(self, line: str, number: int, digits: int) -> Iterator[Text]:
        """A line next to the span; one without text tells nothing."""
        if line.strip():
            code = self._fit(line, digits)
            code.stylize(_QUIET)
            yield self._row(str(number), digits, code)

    def _first(self, line: str, span: Span, digits: int, style: str) -> Iterator[Text]:
        """The line in which the span starts, and its underline."""
        start = min(span.column - 1, len(line))
        end = span.end_column - 1 if span.end_line == span.line else len(line.rstrip())
        end = min(max(end, start + 1), max(len(line), start + 1))
        pieces = _pieces(line)
        first, last = _window(pieces, start, end, self._room(digits))
        left = self.signs.cut if first else ""
        right = self.signs.cut if last < len(pieces) else ""
        before, spanned = "".join(pieces[first:start]), "".join(pieces[start : min(end, last)])
        after = "".join(pieces[min(end, last) : last])
        code = Text.assemble((left, _QUIET), before, (spanned, "bold"), after, (right, _QUIET))
        yield self._row(str(span.line), digits, code)
        marks = self.signs.mark * max(cell_len(spanned), 1)
        yield self._row("", digits, Text.assemble(" " * cell_len(left + before), (marks, style)))

    def _fit(self, line: str, digits: int) -> Text:
        pieces = _pieces(line)
        _, last = _window(pieces, 0, 0, self._room(digits))
        cut = self.signs.cut if last < len(pieces) else ""
        return Text.assemble("".join(pieces[:last]), (cut, _QUIET))

    def _room(self, digits: int) -> int:
        return max(self.width - len(self.indent) - digits - 3, _NARROWEST)

    def _row(self, number: str, digits: int, code: Text, bar: str = "", style: str = _QUIET) -> Text:
        gutter = (f"{self.indent}{number:>{digits}} ", _QUIET)
        row = Text.assemble(gutter, (bar or self.signs.bar, style if bar else _QUIET), " ", code)
        row.rstrip()
        row.no_wrap = True
        row.overflow = "ignore"
        return row


def _pieces(line: str) -> list[str]:
    """What is shown for each character of the line: tabs are spread, unseen characters get a sign."""
    pieces: list[str] = []
    cell = 0
    for char in line:
        piece = " " * (_TAB_STOP - cell % _TAB_STOP) if char == "\t" else visible(char)
        cell += cell_len(piece)
        pieces.append(piece)
    return pieces


def _window(pieces: Sequence[str], start: int, end: int, room: int) -> tuple[int, int]:
    """The part of a line that fits into `room` cells: the span's start is in it, its end if there is room."""
    widths = [cell_len(piece) for piece in pieces]
    if sum(widths) <= room:
        return 0, len(pieces)
    room -= 1  # for the sign at the end
    first, used = 0, sum(widths[:end])
    if used > room and start > _LEAD:
        room -= 1  # and the one at the start
    while used > room and first < start - _LEAD:
        used -= widths[first]
        first += 1
    last, used = first, 0
    while last < len(pieces) and used + widths[last] <= room:
        used += widths[last]
        last += 1
    return first, last
