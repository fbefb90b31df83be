"""Stalls of an event loop: stretches in which a callback of it blocks, or computes for long."""

from dataclasses import dataclass

from concurlint.runtime.profile import ThreadTimes
from concurlint.runtime.samples import State
from concurlint.verdicts.case import Case
from concurlint.verdicts.measured import CPU, RUNNABLE, Part, Place, key, length, parts
from concurlint.verdicts.verdict import Seconds
from concurlint.verdicts.waiting import is_in_coroutine, is_on_loop

BLOCKED = frozenset(
    {
        State.SLEEP,
        State.NETWORK,
        State.DISK,
        State.PIPE,
        State.CHILD,
        State.LOCK,
        State.QUEUE,
        State.HELD_BLOCKED,
    }
)
"""What a coroutine never has to do to its loop, however short."""

SLOW = 0.1
"""Seconds of computing at a stretch: what asyncio's own debug mode calls slow (`slow_callback_duration`)."""
_MACHINERY = 0.02
"""Of the CPU time: the loop's own share when it runs many small callbacks, each of which is short."""


@dataclass(frozen=True, slots=True)
class Count:
    """How often the loop stood still, how long each time on average, and the longest that was seen.

    `is_near`: stalls that follow each other at once are seen as one, so most of their number is the kernel's, of how
    often the thread was put on a core between two looks at it in such a wait.
    """

    stalls: int
    each: Seconds
    longest: Seconds
    is_near: bool


def counted(thread: ThreadTimes, found: list[Part], states: frozenset[State]) -> Count:
    """The stalls behind the stretches."""
    whole = length(found)
    longest = max((end - start for start, end in found), default=0.0)
    waited = sum(of for state, of in thread.states.items() if state not in RUNNABLE)
    woken = round(thread.woken * whole / waited) if waited > 0 and states is not CPU else 0
    if woken < len(found):
        return Count(len(found), whole / max(1, len(found)), longest, False)
    stalls = len(found) + woken
    return Count(stalls, whole / stalls, min(longest, whole / stalls), True)


def called(case: Case, place: Place | None) -> str:
    """The call on the line that waits, by its dotted name; nothing where the sources do not know it."""
    call = case.known.waiting_call(case.frame(place)) if place is not None and case.known is not None else None
    return call.name if call is not None else ""


def blocked(case: Case, thread: ThreadTimes) -> list[Part]:
    """When a callback waited for something and the loop with it; nothing where that does not matter."""
    stacks = case.stacks({key(thread)}, is_in_coroutine)
    seconds = sum(of for stack in stacks for state, of in stack.states.items() if state in BLOCKED)
    if not case.matters(seconds):
        return []
    return parts(case.profile, BLOCKED, {key(thread)})


def computed(case: Case, thread: ThreadTimes) -> list[Part]:
    """When one callback computed for longer than `SLOW`; nothing where that does not matter."""
    stacks = case.stacks({key(thread)}, is_on_loop)
    cpu = sum(of for stack in stacks for state, of in stack.states.items() if state in CPU)
    own = sum(of for stack in stacks if is_in_coroutine(stack) for state, of in stack.states.items() if state in CPU)
    if cpu <= 0 or cpu - own > _MACHINERY * cpu or not any(state is State.LOOP_IDLE for state in thread.states):
        return []
    found = [
        (start, end)
        for start, end in parts(case.profile, CPU | {State.RUN_QUEUE, State.GIL_WAIT}, {key(thread)})
        if end - start >= SLOW
    ]
    return found if case.matters(length(found)) else []


def remedy(case: Case, place: Place | None, states: frozenset[State]) -> tuple[str, str]:
    """What to use instead, and what to do."""
    if states is CPU:
        return (
            "a process for the computing",
            "compute in a process: `await loop.run_in_executor(ProcessPoolExecutor(), …)`",
        )
    call = case.known.waiting_call(case.frame(place)) if place is not None and case.known is not None else None
    if call is not None and call.name == "time.sleep":
        return "asyncio.sleep", "use `await asyncio.sleep(…)`"
    better = case.known.program.roles.remedy(call.name) if call is not None and case.known is not None else ""
    if better:
        return "an async call", f"use {better}"
    return "asyncio.to_thread", "`await asyncio.to_thread(…)` waits in a thread and leaves the loop to the others"
