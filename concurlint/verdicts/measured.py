"""What a profile says of threads and lines: shares with their doubt, waits side by side, the lines that matter."""

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from concurlint.runtime.profile import Profile, StackTime, ThreadTimes, interval
from concurlint.runtime.samples import Frame, State
from concurlint.verdicts.verdict import Figure, Seconds

Key = tuple[int, int]
"""A thread: process id and thread id."""
Part = tuple[Seconds, Seconds]
"""A stretch of the run, from its start."""

CPU = frozenset({State.HOLDS_GIL, State.COMPUTES})
RUNNABLE = CPU | {State.RUN_QUEUE}
"""On a core, or only kept from one by a full machine."""
OUTSIDE = frozenset({State.NETWORK, State.DISK, State.PIPE, State.CHILD})
"""Waits for something outside that would end as soon if several went on at once."""


@dataclass(frozen=True, slots=True)
class Place:
    """One line of the user's, with the seconds that were asked for and the threads that spent them."""

    path: str
    line: int
    function: str
    seconds: Seconds
    threads: frozenset[Key]

    @property
    def name(self) -> str:
        """The function as it is called: of a generator or comprehension, the one that it stands in."""
        inner = ".<locals>.<"
        whole = self.function.partition(inner)[0] if inner in self.function else self.function
        return whole.replace(".<locals>", "")


def key(thread: ThreadTimes | StackTime) -> Key:
    """Which thread it is, or belongs to."""
    return (thread.pid, thread.tid)


def spent(thread: ThreadTimes, states: Collection[State]) -> Seconds:
    """The thread's seconds in any of the states."""
    return sum((seconds for state, seconds in thread.states.items() if state in states), 0.0)


def total(threads: Iterable[ThreadTimes], states: Collection[State]) -> Seconds:
    """All these threads' seconds in any of the states."""
    return sum((spent(thread, states) for thread in threads), 0.0)


def share(profile: Profile, label: str, seconds: Seconds, of: Seconds) -> Figure:
    """The part that `seconds` are of the `of` seconds looked at, with its 95 % interval."""
    value = min(1.0, seconds / of) if of > 0 else 0.0
    low, high = interval(value, profile.samples_of(of))
    return Figure(label, value, min(low, value), max(high, value), "share")


def ratio(profile: Profile, label: str, seconds: Seconds, of: Seconds, most: int) -> Figure:
    """How many times `of` the seconds are, where `most` threads could have spent them at once."""
    part = share(profile, label, seconds, of * max(1, most))
    value = part.value * max(1, most)
    return Figure(label, value, part.low * max(1, most), part.high * max(1, most), "times")


def exactly(label: str, value: float, unit: str = "count") -> Figure:
    """A figure that was counted or read from the kernel, not sampled."""
    return Figure(label, value, value, value, "seconds" if unit == "seconds" else "count")


def parts(profile: Profile, states: Collection[State], of: Collection[Key] | None = None) -> list[Part]:
    """When the threads (all without `of`) were in any of the states; neighbours of one thread are one part."""
    found: list[Part] = []
    for row in profile.timeline:
        if of is None or (row.pid, row.tid) in of:
            found += _merged((start, end) for start, end, state in row.stretches if state in states)
    return found


def length(found: Iterable[Part]) -> Seconds:
    """The seconds of all parts together, overlapping or not."""
    return sum((end - start for start, end in found), 0.0)


def union(found: Iterable[Part]) -> list[Part]:
    """The parts laid on top of each other."""
    return _merged(sorted(found))


def outside(found: Iterable[Part], other: Iterable[Part]) -> list[Part]:
    """What of `found` no part of `other` covers."""
    left: list[Part] = []
    cover = union(other)
    at = 0
    for start, end in union(found):
        while at < len(cover) and cover[at][1] <= start:
            at += 1
        here = at
        while start < end:
            if here == len(cover) or cover[here][0] >= end:
                left.append((start, end))
                break
            if cover[here][0] > start:
                left.append((start, cover[here][0]))
            start = cover[here][1]
            here += 1
    return left


def within(found: Iterable[Part], window: Iterable[Part]) -> list[Part]:
    """What of the parts lies in the window, which is in order and does not overlap itself."""
    cover = list(window)
    left: list[Part] = []
    for start, end in found:
        at = max(0, bisect_right(cover, (start, math.inf)) - 1)
        while at < len(cover) and cover[at][0] < end:
            first, last = cover[at]
            if last > start:
                left.append((max(start, first), min(end, last)))
            at += 1
    return left


def clipped(profile: Profile, window: Sequence[Part]) -> Profile:
    """The run as if it had only lasted as long as the window: each thread has what it spent inside of it."""
    threads, rows = [], []
    by_thread = {(row.pid, row.tid): row for row in profile.timeline}
    for thread in profile.threads:
        row = by_thread.get(key(thread))
        if row is None:
            continue
        inside = {}
        for state, seconds in thread.states.items():
            drawn = [(start, end) for start, end, of in row.stretches if of is state]
            # The picture is thinned, the sums are not.
            part = length(within(drawn, window)) / length(drawn) if drawn else 0.0
            inside[state] = seconds * part
        threads.append(replace(thread, states={state: of for state, of in inside.items() if of > 0}))
        cut = (
            (max(start, first), min(end, last), state)
            for start, end, state in row.stretches
            for first, last in within([(start, end)], window)
        )
        rows.append(replace(row, stretches=tuple(cut)))
    run = replace(profile.run, seconds=length(window))
    return replace(profile, run=run, threads=tuple(threads), timeline=tuple(rows))


def side_by_side(found: Sequence[Part]) -> float:
    """How many of the parts go on at once, on average over the time that any does."""
    whole = length(union(found))
    return length(found) / whole if whole > 0 else 0.0


def _merged(found: Iterable[Part]) -> list[Part]:
    merged: list[Part] = []
    for start, end in found:
        if merged and start <= merged[-1][1] + 1e-4:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def places(
    stacks: Iterable[StackTime],
    states: Collection[State],
    find: Callable[[Sequence[Frame]], Frame | None],
) -> list[Place]:
    """The frames that `find` picks from each stack, those with most seconds in the states first."""
    functions: dict[tuple[str, int], dict[str, Seconds]] = defaultdict(lambda: defaultdict(float))
    threads: dict[tuple[str, int], set[Key]] = defaultdict(set)
    for stack in stacks:
        here = sum((of for state, of in stack.states.items() if state in states), 0.0)
        frame = find(stack.frames) if here > 0 else None
        if frame is not None:
            functions[frame.path, frame.line][frame.function] += here
            threads[frame.path, frame.line].add(key(stack))
    found = [
        Place(path, line, max(named, key=lambda name: named[name]), sum(named.values()), frozenset(threads[path, line]))
        for (path, line), named in functions.items()
    ]
    return sorted(found, key=lambda place: (-place.seconds, place.path, place.line))


def processes(profile: Profile) -> Iterator[tuple[int, list[ThreadTimes]]]:
    """Each process with its threads, the program itself first."""
    found: dict[int, list[ThreadTimes]] = {}
    for thread in profile.threads:
        found.setdefault(thread.pid, []).append(thread)
    yield from found.items()
