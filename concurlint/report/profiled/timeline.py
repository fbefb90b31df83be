"""The timeline as a page draws it: one path for each thread and state, and the same as numbers to point at."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from concurlint.report.profiled.handover import handovers
from concurlint.report.profiled.palette import LOOKS, ORDER, Kind
from concurlint.runtime.profile import Profile, Row, Seconds
from concurlint.runtime.samples import State

TICKS = 100_000
"""Ticks a second: a tick, 10 µs, is far below what sampling can see."""

HEIGHTS: Mapping[Kind, float] = {
    Kind.RUNS: 1.0,
    Kind.READY: 0.75,
    Kind.THREADS: 0.54,
    Kind.OUTSIDE: 0.37,
    Kind.IDLE: 0.16,
}
"""How tall a stretch is in its row: busy time is seen as such without any colour."""

_NUMBERS = {state: number for number, state in enumerate(ORDER)}


@dataclass(frozen=True, slots=True)
class Drawn:
    """One row: (state, path data) from its first to its last tick."""

    first: int
    last: int
    paths: tuple[tuple[State, str], ...]


def drawn_rows(profile: Profile) -> list[Drawn]:
    """Every row of the timeline; x counts ticks, y runs from 0, the top of the row, to 1."""
    return [_drawn(row) for row in profile.timeline]


def numbers(profile: Profile) -> list[list[int]]:
    """Each row as one flat list, three numbers a stretch: ticks since the one before, ticks it lasts, its state."""
    return [list(_flat(row)) for row in profile.timeline]


def handover_numbers(profile: Profile) -> list[int]:
    """Three numbers for each hand-over of the GIL: tick, the row that gives, the row that takes."""
    return [number for one in handovers(profile) for number in (_tick(one.taken), one.giver, one.taker)]


def ticks_of(profile: Profile) -> int:
    """The last tick of the run."""
    ends = [row.stretches[-1][1] for row in profile.timeline if row.stretches]
    return max(1, _tick(max([profile.run.seconds, *ends])))


def _drawn(row: Row) -> Drawn:
    paths: dict[State, list[str]] = {}
    for start, end, state in row.stretches:
        height = HEIGHTS[LOOKS[state].kind]
        first, last = _tick(start), _tick(end)
        paths.setdefault(state, []).append(f"M{first} 1v{-height:g}H{last}V1z")
    ordered = tuple((state, "".join(paths[state])) for state in ORDER if state in paths)
    if not row.stretches:
        return Drawn(0, 0, ())
    return Drawn(_tick(row.stretches[0][0]), _tick(row.stretches[-1][1]), ordered)


def _flat(row: Row) -> Iterator[int]:
    before = 0
    for start, end, state in row.stretches:
        first, last = _tick(start), _tick(end)
        yield from (first - before, last - first, _NUMBERS[state])
        before = last


def _tick(seconds: Seconds) -> int:
    return round(seconds * TICKS)


def segments(states: Mapping[State, Seconds], whole: Seconds) -> Sequence[tuple[State, float, float]]:
    """The parts of a bar: (state, where it starts, how wide), in per cent of `whole`."""
    found: list[tuple[State, float, float]] = []
    at = 0.0
    for state in ORDER:
        width = 100 * states.get(state, 0.0) / whole if whole > 0 else 0.0
        if width > 0:
            found.append((state, round(at, 3), round(width, 3)))
            at += width
    return found
