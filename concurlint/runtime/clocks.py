"""How far the clock of the stacks is from the clock of the states, found from what both saw."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from concurlint.runtime.samples import Nanoseconds

_Times = Sequence[tuple[Nanoseconds, Nanoseconds]]

_REACH = 60_000_000
_COARSE = 2_000_000
_FINE = 250_000
_ENOUGH = 4000
"""Stretches looked at: more would cost time and change nothing."""
_GAIN = 0.002
"""Of the time compared: less is chance, and the clocks stay as they are."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One thread: blocked and running by one clock, its leaf lines (a number for each) by the other."""

    blocked: _Times
    running: _Times
    leaves: Sequence[tuple[Nanoseconds, Nanoseconds, int]]


def find_offset(pairs: Sequence[Pair]) -> Nanoseconds:
    """What to add to the stacks' times so that each line is blocked all of its time or none, if possible.

    0 where the threads give no hint: nothing blocked, or always in the same place.
    """
    sums = [(_Sum(pair.blocked), _Sum(pair.running), leaves) for pair, leaves in _few(pairs)]
    compared = sum(blocked.total + running.total for blocked, running, _ in sums)
    if not compared:
        return 0
    scores = {at: _purity(sums, at) for at in range(-_REACH, _REACH + 1, _COARSE)}
    best = max(scores, key=lambda at: scores[at])
    scores |= {at: _purity(sums, at) for at in range(best - _COARSE, best + _COARSE + 1, _FINE)}
    top = max(scores.values())
    if top - scores[0] < _GAIN * compared:
        return 0
    plateau = [at for at, score in scores.items() if score >= top - _GAIN / 10 * compared]
    near = max(scores, key=lambda at: scores[at])
    beside = [at for at in plateau if abs(at - near) <= 4 * _COARSE]
    return (min(beside) + max(beside)) // 2


class _Sum:
    """The time covered by stretches, up to any moment."""

    def __init__(self, times: _Times) -> None:
        self._starts = [start for start, _ in times]
        self._lengths = [end - start for start, end in times]
        self._before = list(accumulate(self._lengths, initial=0))
        self.total = self._before[-1]

    def between(self, start: Nanoseconds, end: Nanoseconds) -> Nanoseconds:
        return self._until(end) - self._until(start)

    def _until(self, moment: Nanoseconds) -> Nanoseconds:
        at = bisect_right(self._starts, moment) - 1
        return self._before[at] + min(self._lengths[at], moment - self._starts[at]) if at >= 0 else 0


def _few(pairs: Sequence[Pair]) -> list[tuple[Pair, Sequence[tuple[Nanoseconds, Nanoseconds, int]]]]:
    """The threads whose stack changes, with a bounded number of stretches from the middle of each."""
    lively = [pair for pair in pairs if len(pair.leaves) > 2 and pair.blocked and pair.running]
    most = max(50, _ENOUGH // max(1, len(lively)))
    few = []
    for pair in lively[: _ENOUGH // 50]:
        skip = max(0, len(pair.leaves) - most) // 2
        few.append((pair, pair.leaves[skip : skip + most]))
    return few


def _purity(sums: Sequence[tuple[_Sum, _Sum, Sequence[tuple[int, int, int]]]], offset: Nanoseconds) -> float:
    """Time that would be told rightly by line alone: highest when every line is of one kind."""
    blocked: dict[int, int] = defaultdict(int)
    running: dict[int, int] = defaultdict(int)
    for idle, busy, leaves in sums:
        for start, end, leaf in leaves:
            blocked[leaf] += idle.between(start + offset, end + offset)
            running[leaf] += busy.between(start + offset, end + offset)
    both = ((blocked[leaf], running[leaf]) for leaf in blocked)
    return sum((still**2 + moving**2) / max(1, still + moving) for still, moving in both)
