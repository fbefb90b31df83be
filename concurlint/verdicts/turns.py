"""Who takes turns: at the GIL, threads that all compute or only want it for a moment; at the cores, all programs."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from concurlint.runtime.profile import Profile, ThreadTimes
from concurlint.runtime.samples import State
from concurlint.verdicts.case import Case
from concurlint.verdicts.measured import (
    CPU,
    RUNNABLE,
    Key,
    key,
    length,
    outside,
    parts,
    processes,
    side_by_side,
    spent,
    total,
)
from concurlint.verdicts.verdict import Seconds

TURN = frozenset({State.HOLDS_GIL, State.GIL_WAIT})
FROM_WAITS = frozenset({State.SLEEP, State.NETWORK, State.LOOP_IDLE, State.DISK, State.PIPE, State.CHILD})

_PEER = 0.1
"""Of the part of its life that the one with most holds the GIL: who has less is not there to compute."""
_CROWDED = 0.1
"""Of their time: threads that meet by chance at the GIL wait less than this for it."""
AT_ONCE = 1.25
"""Threads that want to compute at once, on average: with fewer it is one after another."""
_STEADY = 0.1
_MOMENT = 0.0015
"""Seconds: less than a third of CPython's switch interval, unless that was set."""
_WAKES = 10
"""Waits after which a mean wait says something."""


@dataclass(frozen=True, slots=True)
class Group:
    """Threads of one process that compute in Python and wait for each other's GIL."""

    pid: int
    threads: tuple[ThreadTimes, ...]

    @property
    def keys(self) -> frozenset[Key]:
        """Its threads."""
        return frozenset(key(thread) for thread in self.threads)

    @property
    def held(self) -> Seconds:
        """The GIL, held by any of them."""
        return total(self.threads, {State.HOLDS_GIL})

    @property
    def waited(self) -> Seconds:
        """All their waits for the GIL."""
        return total(self.threads, {State.GIL_WAIT})

    @property
    def wanted(self) -> Seconds:
        """Computing, and all that they would have computed instead of waiting."""
        return total(self.threads, RUNNABLE | {State.GIL_WAIT})


@dataclass(frozen=True, slots=True)
class Convoy:
    """A thread that wakes up often and waits each time for the GIL that `computing` ones hold."""

    thread: ThreadTimes
    wakes: int
    computing: Group

    @property
    def waited(self) -> Seconds:
        """Its waits for the GIL."""
        return spent(self.thread, {State.GIL_WAIT})


def computing(profile: Profile, threads: list[ThreadTimes]) -> list[ThreadTimes]:
    """The threads that compete for the GIL to compute, while there are others: imports come before."""
    found = [(_held(profile, thread, threads), thread) for thread in threads]
    most = max((part for part, _ in found), default=0.0)
    return [thread for part, thread in found if most > 0 and part >= _PEER * most]


def _competing(case: Case, threads: list[ThreadTimes]) -> list[ThreadTimes]:
    """The threads that compete to compute; beside one that never waits for the world, who gives the GIL up to wait
    again before its switch interval is over does not compete, but pays for each wake-up."""
    found = computing(case.profile, threads)
    competing = [thread for thread in found if not _gives_way(thread)]
    return competing if any(_is_steady(thread) for thread in competing) else found


def _is_steady(thread: ThreadTimes) -> bool:
    """Whether it computes, or wants to, nearly all of its life."""
    return spent(thread, FROM_WAITS | {State.LOCK, State.QUEUE}) <= _STEADY * thread.seconds


def _gives_way(thread: ThreadTimes) -> bool:
    """Whether it is on a core, or waits to be, for moments only: who computes is there, or waits, for 5 ms a time."""
    wants = spent(thread, RUNNABLE | {State.GIL_WAIT})
    return spent(thread, FROM_WAITS) > 0 and thread.turns >= _WAKES and wants <= _MOMENT * thread.turns


def _held(profile: Profile, thread: ThreadTimes, threads: list[ThreadTimes]) -> float:
    """The part that it holds the GIL of the time that it lives beside others."""
    others = [other for other in threads if other is not thread]
    first = max(thread.first, min((other.first for other in others), default=0.0))
    last = min(thread.last, max((other.last for other in others), default=thread.last))
    if last <= first:
        first, last = thread.first, thread.last
    held = parts(profile, {State.HOLDS_GIL}, {key(thread)}) or [(first, first + spent(thread, {State.HOLDS_GIL}))]
    together = sum(max(0.0, min(end, last) - max(start, first)) for start, end in held)
    return together / (last - first) if last > first else 0.0


def gil_bound(case: Case) -> Group | None:
    """The largest group of two or more threads whose computing the GIL puts in line."""
    found = []
    for pid, threads in _working(case):
        group = Group(pid, tuple(_competing(case, threads)))
        at_once = side_by_side(parts(case.profile, RUNNABLE | TURN, group.keys))
        if at_once < AT_ONCE or len(group.threads) < 2:
            continue
        if case.matters(group.waited) and group.waited >= _CROWDED * group.wanted:
            found.append(group)
    return max(found, key=lambda group: group.waited, default=None)


def convoys(case: Case) -> Iterator[Convoy]:
    """Threads that compute next to nothing and pay for the GIL after each wake-up, the worst first."""
    found = []
    for pid, threads in _working(case):
        group = Group(pid, tuple(_competing(case, threads)))
        for thread in threads:
            convoy = Convoy(thread, _wakes(case, thread), group)
            if thread in group.threads or convoy.wakes < _WAKES:
                continue
            low = case.share("", convoy.waited, thread.seconds).low
            if low >= _CROWDED and case.matters(convoy.waited):
                found.append(convoy)
    yield from sorted(found, key=lambda convoy: -convoy.waited)


def _working(case: Case) -> Iterator[tuple[int, list[ThreadTimes]]]:
    """Each process with the threads that run the user's work: a pool's own take the GIL for moments only."""
    for pid, threads in processes(case.profile):
        yield pid, [thread for thread in threads if key(thread) not in case.crew.machinery | case.crew.native]


def _wakes(case: Case, thread: ThreadTimes) -> int:
    """How often it went from a wait for something else to one for the GIL.

    What it waits for may be over before the next look. So the kernel counts: whoever wakes up gets on a core once
    for that and once with the GIL; and each time the GIL goes to it and back.
    """
    handed = round(case.profile.run.switches * case.seconds) // 2
    return max(_wakes_seen(case, thread), min(thread.turns // 2, handed))


def _wakes_seen(case: Case, thread: ThreadTimes) -> int:
    row = next((row for row in case.profile.timeline if (row.pid, row.tid) == key(thread)), None)
    states = [state for _, _, state in row.stretches] if row is not None else []
    return sum(before in FROM_WAITS and after is State.GIL_WAIT for before, after in pairwise(states))


def crowded_out(profile: Profile) -> Seconds:
    """Time in which threads were ready to run and none of the program's was on a core: others had them all.

    Threads that wait for a core while one of their own runs may wait for that one, as those do that ask for the GIL.
    """
    return length(outside(parts(profile, {State.RUN_QUEUE}), parts(profile, CPU)))
