"""How far the clock of the stacks is from the clock of the states, found from what both saw."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from concurlint.runtime.samples import Nanoseconds

_Times = Sequence[tuple[Nanoseconds, Nanoseconds]]
_Leaves = Sequence[tuple[Nanoseconds, int, float]]
"""When a leaf line (a number) was seen, and how sure that moment is, up to 1."""

_STEP = 500_000
_WINDOW = 2_000_000
_BLUR = 1_500_000
"""Nanoseconds: the steps in which the offset is sought, how long a look may be, and how far a fit must hold."""
_ENOUGH = 4000
"""Samples looked at: more would cost time and change nothing."""
_DOUBT = 0.001
"""Of the samples, for each millisecond: by so much more must a farther offset fit than a nearer one."""
_GAIN = 0.01
"""Of the samples: a smaller gain is chance, and the clocks stay as they are."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One thread: by one clock its times in each kind of state, by the other its leaf lines.

    `possible` are the kinds, by their places, that a line can belong to.
    """

    kinds: Sequence[_Times]
    leaves: _Leaves
    possible: Mapping[int, frozenset[int]] = field(default_factory=dict)


def find_offset(pairs: Sequence[Pair], doubt: Nanoseconds) -> Nanoseconds:
    """What to add to the stacks' times so that each line is in one kind of state all of its time, if possible.

    Not more than `doubt` either way: a program that does the same every 20 ms fits as well 20 ms off, and not
    badly 10 ms off. 0 where the threads give no hint: always in the same state or on the same line.
    """
    few = [(pair, [_Sum(times) for times in pair.kinds], leaves) for pair, leaves in _few(pairs)]
    samples = sum(len(leaves) for _, _, leaves in few)
    if not samples:
        return 0

    def score(offset: Nanoseconds) -> float:
        fits = (_fit(pair, kinds, leaves, offset) * len(leaves) for pair, kinds, leaves in few)
        return sum(fits) / samples - _DOUBT * abs(offset) / 1e6

    doubt = -(-doubt // _STEP) * _STEP
    steps = range(-doubt - _BLUR, doubt + _BLUR + 1, _STEP)
    sharp = {at: score(at) for at in steps}
    # What fits at one moment and not a millisecond beside it is chance.
    near = range(-_BLUR, _BLUR + 1, _STEP)
    scores = {at: sum(sharp[at + by] for by in near) for at in steps if abs(at) <= doubt}
    best = max(scores, key=lambda at: scores[at])
    return best if (scores[best] - scores[0]) / len(near) >= _GAIN else 0


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


def _few(pairs: Sequence[Pair]) -> list[tuple[Pair, _Leaves]]:
    """The threads that change state and line, with a bounded number of samples from the middle of each."""
    lively = [
        pair for pair in pairs if sum(map(bool, pair.kinds)) > 1 and len({leaf for _, leaf, _ in pair.leaves}) > 1
    ]
    most = max(50, _ENOUGH // max(1, len(lively)))
    few = []
    for pair in lively[: _ENOUGH // 50]:
        skip = max(0, len(pair.leaves) - most) // 2
        few.append((pair, pair.leaves[skip : skip + most]))
    return few


def _fit(pair: Pair, kinds: Sequence[_Sum], leaves: _Leaves, offset: Nanoseconds) -> float:
    """How well one thread's lines and states go together: 1 at best.

    A line belongs to the kind of state it is in most of its time, of those that are possible there. What
    counts is how much of the lines' time is in the kind they belong to, and that the lines of a kind have that kind's
    share of the time: a program that computes 4 ms and waits 16 looks orderly too with the two exchanged.
    """
    spent: dict[int, list[float]] = defaultdict(lambda: [0.0] * len(kinds))
    seen: dict[int, int] = defaultdict(int)
    for at, leaf, sure in leaves:
        here = spent[leaf]
        seen[leaf] += 1
        for kind, times in enumerate(kinds):
            here[kind] += sure * times.between(at + offset - _WINDOW, at + offset + _WINDOW)
    every = range(len(kinds))
    belongs = {leaf: max(pair.possible.get(leaf) or every, key=of.__getitem__) for leaf, of in spent.items()}
    total = max(1.0, sum(sum(of) for of in spent.values()))
    right = sum(of[belongs[leaf]] for leaf, of in spent.items()) / total
    by_lines = [sum(seen[leaf] for leaf in seen if belongs[leaf] == kind) for kind in range(len(kinds))]
    return right - _mismatch([times.total for times in kinds], by_lines)


def _mismatch(one: Sequence[int], other: Sequence[int]) -> float:
    """The share that would have to be moved to make the shares of one those of the other."""
    return sum(abs(a / sum(one) - b / sum(other)) for a, b in zip(one, other, strict=True)) / 2
