"""Event loops that wait for one answer at a time: how many are out at once, and which line awaits them in turn."""

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.runtime.profile import ThreadTimes
from concurlint.runtime.samples import State
from concurlint.verdicts.case import Case
from concurlint.verdicts.measured import CPU, Key, Part, Place, key, length, outside, parts, places
from concurlint.verdicts.patterns import awaits_in_turn, holds_while_awaiting
from concurlint.verdicts.verdict import Seconds
from concurlint.verdicts.waiting import is_on_loop

_AT_ONCE = 1.5
"""Answers waited for at once, on average, up to which they come one by one."""
_MOSTLY = 0.5
_LOOKS = 10


@dataclass(frozen=True, slots=True)
class Idle:
    """A thread's event loop while it had nothing to do; `asking` is the part in which it waited for any answer.

    `at_once` is how many it waited for then, on average.
    """

    thread: ThreadTimes
    seconds: Seconds
    asking: float
    at_once: float


@dataclass(frozen=True, slots=True)
class InTurn:
    """A loop that waits for one thing after another; `place` awaits them, `alone` is when nothing was computed.

    `by` is what lets one through at a time, if anything does: nothing where the awaits do it themselves.
    """

    idle: Idle
    place: Place
    alone: Seconds
    by: str


def idle_loops(case: Case) -> Iterator[Idle]:
    """Each thread with an event loop that idled, the most idle first."""
    threads = [thread for thread in case.profile.threads if thread.states.get(State.LOOP_IDLE, 0.0) > 0]
    for thread in sorted(threads, key=lambda one: -one.states[State.LOOP_IDLE]):
        looks = sum(thread.asked.values())
        asking = sum(of for number, of in thread.asked.items() if number)
        answers = sum(number * of for number, of in thread.asked.items())
        yield Idle(
            thread,
            thread.states[State.LOOP_IDLE],
            asking / looks if looks >= _LOOKS else 0.0,
            answers / asking if asking else 0.0,
        )


def in_turn(case: Case) -> InTurn | None:
    """The loop whose coroutine awaits one thing after another, as the sources and the waits have it."""
    for idle in idle_loops(case):
        if idle.asking >= _MOSTLY and idle.at_once >= _AT_ONCE:
            continue
        only = {key(idle.thread)}
        idled = parts(case.profile, {State.LOOP_IDLE}, only)
        alone = length(outside(idled, _busy(case, only)))
        found = _awaiting(case, idle.thread)
        if found is None and idle.asking >= _MOSTLY:
            found = _written(case, idle.thread)
        if found is None or not case.matters(alone):
            continue
        place, by = found
        return InTurn(idle, place, alone, by)
    return None


def _busy(case: Case, only: set[Key]) -> list[Part]:
    others = {key(thread) for thread in case.profile.threads} - only
    return parts(case.profile, CPU, {one for one in others if case.crew.works(one)})


def _awaiting(case: Case, thread: ThreadTimes) -> tuple[Place, str] | None:
    """The line that awaits in turn, of those that the loop's coroutines were seen at; what they queue up for."""
    stacks = case.stacks({key(thread)}, is_on_loop)
    for place in places(stacks, frozenset(State), case.awaiting):
        if awaits_in_turn(case.written(place.path), place.line):
            return place, ""
    for place in places(stacks, frozenset(State), case.own):
        held = holds_while_awaiting(case.written(place.path), place.line)
        if held:
            return place, held
    return None


def _written(case: Case, thread: ThreadTimes) -> tuple[Place, str] | None:
    """The same, of all that the files have which ran: a coroutine that only waits is seldom seen at its line."""
    only = frozenset({key(thread)})
    files = {case.absolute(stack.frames[0].path): stack.frames[0].path for stack in case.stacks() if stack.frames}
    for path in sorted(case.texts, key=lambda path: (case.shown(path) != case.script, path)):
        written = case.texts[path]
        for node in written.awaits:
            shown, line = files.get(path, case.shown(path)), node.lineno
            place = Place(shown, line, written.function_at(line), 0.0, only)
            if awaits_in_turn(written, line):
                return place, ""
            held = holds_while_awaiting(written, line)
            if held:
                return place, held
    return None
