"""How far the clock of the stacks is from the clock of the states, found from what both saw."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from concurlint.runtime.samples import Nanoseconds

_Times = Sequence[tuple[Nanoseconds, Nanoseconds]]
_Leaves = Sequence[tuple[Nanoseconds, int]]

_STEP = 500_000
_WINDOW = 2_000_000
"""Nanoseconds: the steps in which the offset is sought, and the blur of one look."""
_ENOUGH = 4000
"""Samples looked at: more would cost time and change nothing."""
_DOUBT = 0.001
"""Of the samples, for each millisecond: by so much more must a farther offset fit than a nearer one."""
_GAIN = 0.01
"""Of the samples: a smaller gain is chance, and the clocks stay as they are."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One thread: by one clock its times in each kind of state, by the other when which leaf line was seen."""

    kinds: Sequence[_Times]
    leaves: _Leaves


def find_offset(pairs: Sequence[Pair], least: Nanoseconds, most: Nanoseconds) -> Nanoseconds:
    """What to add to the stacks' times so that each line is in one kind of state all of its time, if possible.

    Between `least` and `most`: a program that does the same every 20 ms fits as well 20 ms off. 0 where the threads
    give no hint: always in the same state or on the same line.
    """
    few = [([_Sum(times) for times in pair.kinds], leaves) for pair, leaves in _few(pairs)]
    samples = sum(len(leaves) for _, leaves in few)
    if not samples:
        return 0

    def score(offset: Nanoseconds) -> float:
        return _purity(few, offset) / (2 * _WINDOW * samples) - _DOUBT * abs(offset) / 1e6

    scores = {at: score(at) for at in (0, *range(least, most + 1, _STEP))}
    best = max(scores, key=lambda at: scores[at])
    return best if scores[best] - scores[0] >= _GAIN else 0


class _Sum:
    """The time covered by stretches, up to any moment."""

    def __init__(self, times: _Times) -> None:
        self._starts = [start for start, _ in times]
        self._lengths = [end - start for start, end in times]
        self._before = list(accumulate(self._lengths, initial=0))

    def between(self, start: Nanoseconds, end: Nanoseconds) -> Nanoseconds:
        return self._until(end) - self._until(start)

    def _until(self, moment: Nanoseconds) -> Nanoseconds:
        at = bisect_right(self._starts, moment) - 1
        return self._before[at] + min(self._lengths[at], moment - self._starts[at]) if at >= 0 else 0


def _few(pairs: Sequence[Pair]) -> list[tuple[Pair, _Leaves]]:
    """The threads that change state and line, with a bounded number of samples from the middle of each."""
    lively = [pair for pair in pairs if sum(map(bool, pair.kinds)) > 1 and len({leaf for _, leaf in pair.leaves}) > 1]
    most = max(50, _ENOUGH // max(1, len(lively)))
    few = []
    for pair in lively[: _ENOUGH // 50]:
        skip = max(0, len(pair.leaves) - most) // 2
        few.append((pair, pair.leaves[skip : skip + most]))
    return few


def _purity(few: Sequence[tuple[Sequence[_Sum], _Leaves]], offset: Nanoseconds) -> float:
    """Time that would be told rightly by line alone: highest when every line is of one kind."""
    spent: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for kinds, leaves in few:
        for at, leaf in leaves:
            here = spent[leaf]
            for kind, times in enumerate(kinds):
                here[kind] += times.between(at + offset - _WINDOW, at + offset + _WINDOW)
    return sum(sum(ns**2 for ns in of.values()) / max(1, sum(of.values())) for of in spent.values())
