"""A run cut where any thread changes its state: what the threads that work did at each moment, all together."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from concurlint.runtime.profile import Profile
from concurlint.runtime.samples import State
from concurlint.verdicts.measured import OUTSIDE, RUNNABLE, Key
from concurlint.verdicts.verdict import Seconds


class Kind(StrEnum):
    """What the run got on with at one moment: the first of these that any thread did."""

    COMPUTING = "computing"
    OUTSIDE = "waiting for the world"
    LOOP = "event loop idle"
    SLEEP = "sleep"
    INSIDE = "waiting for each other"
    NOTHING = "nothing to do"


_WANTS = RUNNABLE | {State.GIL_WAIT, State.HELD_BLOCKED}
_ORDER = (
    (Kind.COMPUTING, _WANTS),
    (Kind.OUTSIDE, OUTSIDE),
    (Kind.LOOP, frozenset({State.LOOP_IDLE})),
    (Kind.SLEEP, frozenset({State.SLEEP})),
    (Kind.INSIDE, frozenset({State.LOCK, State.QUEUE, State.UNKNOWN})),
)


@dataclass(frozen=True, slots=True)
class Slice:
    """A stretch of the run in which no thread changed its state; how many threads were in each."""

    start: Seconds
    end: Seconds
    threads: Counter[State]

    @property
    def seconds(self) -> Seconds:
        """How long it is."""
        return self.end - self.start

    @property
    def kind(self) -> Kind:
        """What the run got on with."""
        return next((kind for kind, states in _ORDER if any(self.threads[state] for state in states)), Kind.NOTHING)

    def count(self, states: frozenset[State]) -> int:
        """Threads in any of the states."""
        return sum(self.threads[state] for state in states)


def slices(profile: Profile, is_asked: Callable[[Key], bool] = lambda _: True) -> Iterator[Slice]:
    """The whole run in order of time, by the threads that are asked about."""
    changes: list[tuple[Seconds, int, State]] = []
    for row in profile.timeline:
        if is_asked((row.pid, row.tid)):
            for start, end, state in row.stretches:
                changes += [(start, 1, state), (end, -1, state)]
    changes.sort(key=lambda change: change[0])
    threads: Counter[State] = Counter()
    now = 0.0
    for at, by, state in changes:
        if at > now:
            yield Slice(now, at, threads.copy())
            now = at
        threads[state] += by
    if profile.run.seconds > now:
        yield Slice(now, profile.run.seconds, Counter())
