"""Who hands the GIL to whom, read off the timeline."""

import itertools
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.report.profiled.palette import HOLDING
from concurlint.runtime.profile import Profile, Seconds

_LOOKS = 2.5
"""A GIL taken within so many samples after it was let go is a hand-over; later, it lay free in between."""


@dataclass(frozen=True, slots=True)
class Handover:
    """The GIL goes from one row of the timeline to another: when it was let go, and when taken."""

    let_go: Seconds
    taken: Seconds
    giver: int
    taker: int


def handovers(profile: Profile) -> tuple[Handover, ...]:
    """Those that the timeline shows, in order of time; each process has its own GIL."""
    held: dict[int, list[tuple[Seconds, Seconds, int]]] = defaultdict(list)
    for number, row in enumerate(profile.timeline):
        held[row.pid] += [(start, end, number) for start, end, state in row.stretches if state in HOLDING]
    near = _LOOKS * profile.run.interval
    found = [one for of in held.values() for one in _between(sorted(of), near)]
    return tuple(sorted(found, key=lambda one: (one.taken, one.giver, one.taker)))


def _between(held: list[tuple[Seconds, Seconds, int]], near: Seconds) -> Iterator[Handover]:
    for (_, end, giver), (start, _, taker) in itertools.pairwise(held):
        if giver != taker and start - end <= near:
            yield Handover(end, start, giver, taker)
