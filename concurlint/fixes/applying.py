"""Fixes put into the text of their file: those that do not get in each other's way."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate

from concurlint.finding import Edit, Fix
from concurlint.source import lines_of


def applied(text: str, fixes: Iterable[Fix]) -> tuple[str, tuple[Fix, ...]]:
    """The text with fixes made, and which they are: one that touches what another changes is left for another time.

    An edit that several fixes ask for, such as an import, is made once.
    """
    starts = [0, *accumulate(map(len, lines_of(text)))]
    taken: list[tuple[int, int, Edit]] = []
    used: list[Fix] = []
    for fix in fixes:
        new = [place for place in (_place(edit, starts) for edit in fix.edits) if place not in taken]
        if not any(_meet(one, other) for one in new for other in taken):
            taken += new
            used.append(fix)
    for start, end, edit in sorted(taken, key=lambda each: each[:2], reverse=True):
        text = f"{text[:start]}{edit.text}{text[end:]}"
    return text, tuple(used)


def _place(edit: Edit, starts: list[int]) -> tuple[int, int, Edit]:
    return _offset(edit.line, edit.column, starts), _offset(edit.end_line, edit.end_column, starts), edit


def _offset(line: int, column: int, starts: list[int]) -> int:
    return min(starts[min(line, len(starts)) - 1] + column - 1, starts[-1]) if line <= len(starts) else starts[-1]


def _meet(one: tuple[int, int, Edit], other: tuple[int, int, Edit]) -> bool:
    """Whether two stretches share anything, or two texts are to be put into one place: nobody knows in which order."""
    if one[0] == other[0]:
        return True
    first, second = sorted((one, other), key=lambda each: each[:2])
    return second[0] < first[1]
