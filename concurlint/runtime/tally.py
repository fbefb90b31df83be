"""One thread's stack samples counted by state, and its time in each state dealt out by that count."""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from concurlint.runtime.samples import Frame, Nanoseconds, StackStretch, State, Stretch, ThreadStacks
from concurlint.runtime.waits import BLOCKED, can_be


@dataclass(frozen=True, slots=True)
class Sample:
    """A moment at which a stack was seen; if not `sure`, the moment may be out by half an interval."""

    at: Nanoseconds
    frames: tuple[Frame, ...]
    sure: bool


_Seen = tuple[tuple[Frame, ...], State]

_STRAYS = 0.25
"""A state so much rarer on a line than elsewhere may have come there by the clocks' error."""
_RATHER = 2.0
"""So many times as likely to bring its line about must another state within the error be, to be taken instead."""
_ONE_LOOK: Nanoseconds = 2_000_000
"""py-spy reads all threads of a process within less, one after the other."""
_UNSURE = 0.05
"""What a sample at an unsure moment counts in telling where a state is at home."""
_JITTER: Nanoseconds = 3_000_000
"""py-spy's times are that of the end of a look, and a look is not an instant."""


def looks_of(threads: Sequence[ThreadStacks]) -> list[Nanoseconds]:
    """When py-spy is known to have looked at a process: whenever the stack of one of its threads changed."""
    looks: list[Nanoseconds] = []
    for at in sorted({stretch.start for thread in threads for stretch in thread.stretches}):
        if not looks or at - looks[-1] > _ONE_LOOK:
            looks.append(at)
    return looks


def samples_of(stretches: Sequence[StackStretch], looks: Sequence[Nanoseconds], every: Nanoseconds) -> list[Sample]:
    """The samples behind the stretches: one at each start and each look, and where these are rare, some between.

    A stretch lasts until a look shows another stack, so its end, about one interval, is not known to be its own.
    """
    samples = []
    for stretch in stretches:
        known = looks[bisect_right(looks, stretch.start + _ONE_LOOK) : bisect_left(looks, stretch.end - _ONE_LOOK)]
        for at, until in pairwise((stretch.start, *known, stretch.end)):
            samples.append(Sample(at, stretch.frames, sure=True))
            between = range(at + every, until - every + 1, every)
            samples.extend(Sample(moment, stretch.frames, sure=False) for moment in between)
    return samples


class Tally:
    """How often each stack was seen in each state.

    Both recorders look at single moments, not the same ones, so a sample beside a change of state may be filed
    under the wrong one. It is filed under another state seen within the error, if the line can only be in that
    one, or is far likelier to be: what counts is how often the state is there, compared with how often at all.
    """

    def __init__(
        self, stretches: Sequence[Stretch], samples: Sequence[Sample], look: Nanoseconds, every: Nanoseconds
    ) -> None:
        self._stretches = stretches
        self._starts = [stretch.start for stretch in stretches]
        self._samples = samples
        self._every = every
        self._slack = max(look, _JITTER)
        self._counts: Counter[_Seen] = Counter()
        self._lifts: dict[Frame, dict[State, float]] = {}
        self._homes: dict[State, tuple[Frame, ...]] = {}
        self._count()

    def dealt_out(self) -> Mapping[_Seen, tuple[Nanoseconds, int]]:
        """Stack and state → nanoseconds and samples. Time before the first and after the last sample has no stack."""
        first = self._samples[0].at - self._every if self._samples else 0
        last = self._samples[-1].at + self._every if self._samples else 0
        sums: dict[_Seen, tuple[Nanoseconds, int]] = {}
        for state, (inside, outside) in _split(self._stretches, first, last).items():
            counts = [(seen, count) for seen, count in self._counts.items() if seen[1] is state]
            samples = sum(count for _, count in counts)
            if not samples:
                inside, outside = 0, inside + outside
            for seen, count in counts:
                sums[seen] = (inside * count // samples, count)
            if outside:
                before = sums.get(((), state), (0, 0))
                sums[(), state] = (before[0] + outside, before[1])
        return sums

    def home(self, state: State, frames: tuple[Frame, ...]) -> tuple[Frame, ...]:
        """The frames, or the stack most often seen in that state if these hardly ever are, or are none."""
        if frames and (kind_of(state) is None or self._lift(state, frames) >= _STRAYS):
            return frames
        return self._homes.get(state, frames)

    def _count(self) -> None:
        found = [(sample, state) for sample in self._samples if (state := self._state_at(sample.at))]
        near = [self._states_near(sample) for sample, _ in found]
        frames = [sample.frames for sample, _ in found]
        weights = [1.0 if sample.sure else _UNSURE for sample, _ in found]
        states = [state for _, state in found]
        for _ in range(4):
            self._lifts = _lifts(frames, states, weights)
            states = [self._righted(*one) for one in zip(states, frames, near, strict=True)]
        self._lifts = _lifts(frames, states, weights)
        self._counts = Counter(zip(frames, states, strict=True))
        for (at, state), _ in self._counts.most_common():
            if at:
                self._homes.setdefault(state, at)

    def _righted(self, state: State, frames: tuple[Frame, ...], near: frozenset[State]) -> State:
        if kind_of(state) is None or len(near) == 1:
            return state
        if frames and not can_be(state, frames[-1]):
            fitting = [other for other in near if kind_of(other) and can_be(other, frames[-1])]
            return max(fitting, key=lambda other: (self._lift(other, frames), other), default=state)
        best = max(near, key=lambda other: (self._lift(other, frames), other))
        return best if self._lift(best, frames) > _RATHER * self._lift(state, frames) else state

    def _lift(self, state: State, frames: tuple[Frame, ...]) -> float:
        kind = kind_of(state)
        return self._lifts.get(frames[-1], {}).get(kind, 0.0) if frames and kind else 0.0

    def _state_at(self, moment: Nanoseconds) -> State | None:
        at = bisect_right(self._starts, moment) - 1
        return self._stretches[at].state if at >= 0 and moment < self._stretches[at].end else None

    def _states_near(self, sample: Sample) -> frozenset[State]:
        slack = self._slack if sample.sure else self._every
        first = max(0, bisect_right(self._starts, sample.at - slack) - 1)
        last = bisect_right(self._starts, sample.at + slack)
        return frozenset(stretch.state for stretch in self._stretches[first:last])


def _split(
    stretches: Sequence[Stretch], first: Nanoseconds, last: Nanoseconds
) -> dict[State, tuple[Nanoseconds, Nanoseconds]]:
    """State → nanoseconds between first and last, and outside of that."""
    sums: dict[State, tuple[Nanoseconds, Nanoseconds]] = {}
    for stretch in stretches:
        within = max(0, min(stretch.end, last) - max(stretch.start, first))
        inside, outside = sums.get(stretch.state, (0, 0))
        sums[stretch.state] = (inside + within, outside + stretch.end - stretch.start - within)
    return sums


def _lifts(
    frames: Sequence[tuple[Frame, ...]], states: Sequence[State], weights: Sequence[float]
) -> dict[Frame, dict[State, float]]:
    """Leaf line → kind of state → how many times as often as on all lines it is found on that line."""
    sums: dict[Frame, dict[State, float]] = defaultdict(lambda: defaultdict(float))
    everywhere: dict[State, float] = defaultdict(float)
    for at, state, weight in zip(frames, states, weights, strict=True):
        kind = kind_of(state)
        if at and kind:
            sums[at[-1]][kind] += weight
            everywhere[kind] += weight
    total = sum(everywhere.values())
    return {
        leaf: {kind: of[kind] / sum(of.values()) * total / everywhere[kind] for kind in of} for leaf, of in sums.items()
    }


def kind_of(state: State) -> State | None:
    """The state as a line is known by it, all of running as one; None for what comes on any line."""
    if state in (State.HOLDS_GIL, State.COMPUTES):
        return State.HOLDS_GIL
    return state if state in BLOCKED or state is State.HELD_BLOCKED else None
