"""Threads that sleep and look again: who does, at what, and how long nothing else went on meanwhile."""

from collections.abc import Iterable
from dataclasses import dataclass

from concurlint.runtime.samples import State
from concurlint.verdicts.case import Case
from concurlint.verdicts.loops import idle_loops
from concurlint.verdicts.measured import Key, Part, Place, key, length, parts, union, within
from concurlint.verdicts.patterns import looks_again
from concurlint.verdicts.slices import Kind, Slice
from concurlint.verdicts.verdict import Seconds
from concurlint.verdicts.waiting import is_on_loop

_SLEEP = frozenset({State.SLEEP})
_WAITING = frozenset({State.QUEUE, State.LOCK})
_MOSTLY = 0.5


@dataclass(frozen=True, slots=True)
class Polled:
    """A loop that looks at `asked` and sleeps at `place`; `lost` is how long nothing else went on while it slept."""

    place: Place
    asked: str
    lost: Seconds
    waiting: float


def polled(case: Case) -> Polled | None:
    """The sleep that others wait for, if that matters."""
    return _in_thread(case) or _on_loop(case)


def _in_thread(case: Case) -> Polled | None:
    asleep = [one for one in case.slices if one.kind is Kind.SLEEP]
    quiet = union((one.start, one.end) for one in asleep)
    waiting = _waited(asleep)
    for place in case.places(_SLEEP):
        asked, is_question = looks_again(case.written(place.path), place.line)
        if not asked:
            continue
        lost = length(union(within(parts(case.profile, _SLEEP, place.threads), quiet)))
        lost *= _share_of(case, place)
        # A flag that nobody waits for, but the one who looks, is how it is told to stop.
        if case.matters(lost) and (is_question or waiting >= _MOSTLY):
            return Polled(place, asked, lost, waiting)
    return None


def _share_of(case: Case, place: Place) -> float:
    """The part of these threads' sleep that is this line's."""
    whole = sum(thread.states.get(State.SLEEP, 0.0) for thread in case.profile.threads if key(thread) in place.threads)
    return min(1.0, place.seconds / whole) if whole > 0 else 0.0


def _waited(asleep: Iterable[Slice]) -> float:
    """The part of the time in which somebody waits for another thread."""
    whole = some = 0.0
    for one in asleep:
        whole += one.seconds
        some += one.seconds if one.count(_WAITING) else 0.0
    return some / whole if whole > 0 else 0.0


def _on_loop(case: Case) -> Polled | None:
    """A coroutine that awaits a sleep and looks again, on a loop that has nothing else to wait for."""
    for idle in idle_loops(case):
        only = {key(idle.thread)}
        lost = length(_idled(case, only))
        if idle.asking >= _MOSTLY or not case.matters(lost):
            continue
        stacks = case.stacks(only, is_on_loop)
        for frame in dict.fromkeys(frame for stack in stacks for frame in stack.frames if case.is_own(frame.path)):
            asked, is_question = looks_again(case.written(frame.path), frame.line)
            if asked and is_question:
                return Polled(Place(frame.path, frame.line, frame.function, lost, frozenset(only)), asked, lost, 0.0)
    return None


def _idled(case: Case, only: set[Key]) -> list[Part]:
    quiet = union((one.start, one.end) for one in case.slices if one.kind is Kind.LOOP)
    return within(parts(case.profile, {State.LOOP_IDLE}, only), quiet)
