"""A change of the program's text, line by line: what goes and what comes, with line numbers."""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from concurlint.report.frame import split_lines
from concurlint.verdicts.change import Change, Rewritten

AROUND = 1
"""Lines shown before and after those that change."""


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line; `old` and `new` are its numbers before and after. `after_gap`: some before it are not shown."""

    sign: Literal["-", "+", " "]
    old: int | None
    new: int | None
    text: str
    after_gap: bool = False


def unified(change: Change | None) -> str:
    """As `diff -u` has it, for people and for `patch`; nothing without a change."""
    return "".join("".join(_unified(file)) for file in change.files) if change is not None else ""


def _unified(file: Rewritten) -> Iterator[str]:
    before, after = (text.splitlines(keepends=True) for text in (file.before, file.after))
    for line in difflib.unified_diff(before, after, file.path, file.path, n=AROUND):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def diff_lines(file: Rewritten) -> Iterator[DiffLine]:
    """The lines that change and those around them, in order."""
    before, after = (split_lines(text.removesuffix("\n")) for text in (file.before, file.after))
    groups = difflib.SequenceMatcher(None, before, after, autojunk=False).get_grouped_opcodes(AROUND)
    for number, group in enumerate(groups):
        gap = number > 0
        for line in (line for code in group for line in _of(code, before, after)):
            yield DiffLine(line.sign, line.old, line.new, line.text, gap)
            gap = False


def _of(code: tuple[str, int, int, int, int], before: Sequence[str], after: Sequence[str]) -> Iterator[DiffLine]:
    tag, first, last, first_new, last_new = code
    if tag == "equal":
        for offset in range(last - first):
            yield DiffLine(" ", first + offset + 1, first_new + offset + 1, before[first + offset])
        return
    for number in range(first, last):
        yield DiffLine("-", number + 1, None, before[number])
    for number in range(first_new, last_new):
        yield DiffLine("+", None, number + 1, after[number])
