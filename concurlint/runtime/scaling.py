"""A thread's sampled time brought to what the kernel counted: how long it was on a core, to the nanosecond."""

from collections.abc import Mapping
from dataclasses import replace

from concurlint.runtime.join import JoinedThread, Spent
from concurlint.runtime.samples import Frame, Nanoseconds, State

_ON_CORE = (State.HOLDS_GIL, State.COMPUTES)


def to_kernels_count(thread: JoinedThread) -> JoinedThread:
    """The same thread and the same length of life, with as much of it on a core as the kernel says.

    Looks miss what is shorter than the time between them, all the more where we wait for a core ourselves. What is
    missing on a core is taken from waits for one that the kernel knows nothing of, then from all other states alike;
    what is too much there was a wait for a core, as far as the kernel counted any.
    """
    sums = _sums(thread)
    on_core = sum(sums.get(state, 0) for state in _ON_CORE)
    off_core = sum(sums.values()) - on_core
    missing = max(-on_core, min(thread.cpu_ns - on_core, off_core))
    if not missing or not thread.cpu_ns:
        return thread
    wanted = _given(sums, missing, thread.queue_ns) if missing < 0 else _taken(sums, missing, thread.queue_ns)
    if on_core:
        for state in _ON_CORE:
            wanted[state] = sums.get(state, 0) * (on_core + missing) // on_core
    else:
        wanted[_kind_of(thread)] = missing
    spent = [_scaled(one, wanted.get(one.state, 0), sums[one.state]) for one in thread.spent]
    new = (state for state, ns in wanted.items() if ns > 0 and not sums.get(state))
    spent += [Spent(_usual(thread), state, wanted[state], 0) for state in new]
    return replace(thread, spent=tuple(one for one in spent if one.ns > 0))


def _sums(thread: JoinedThread) -> dict[State, Nanoseconds]:
    sums: dict[State, Nanoseconds] = {}
    for one in thread.spent:
        sums[one.state] = sums.get(one.state, 0) + one.ns
    return sums


def _taken(sums: Mapping[State, Nanoseconds], missing: Nanoseconds, queued: Nanoseconds) -> dict[State, Nanoseconds]:
    """What is left of the states off a core when so much is taken from them."""
    left = {state: ns for state, ns in sums.items() if state not in _ON_CORE}
    uncounted = min(missing, max(0, left.get(State.RUN_QUEUE, 0) - queued))
    if uncounted:
        left[State.RUN_QUEUE] -= uncounted
    missing -= uncounted
    whole = sum(left.values())
    return {state: ns - ns * missing // whole if whole else ns for state, ns in left.items()}


def _given(sums: Mapping[State, Nanoseconds], missing: Nanoseconds, queued: Nanoseconds) -> dict[State, Nanoseconds]:
    """What the states off a core become when that which is too much on one is given to them."""
    left = {state: ns for state, ns in sums.items() if state not in _ON_CORE}
    excess = -missing
    waited = min(excess, max(0, queued - left.get(State.RUN_QUEUE, 0)))
    left[State.RUN_QUEUE] = left.get(State.RUN_QUEUE, 0) + waited
    excess -= waited
    whole = sum(left.values())
    if not whole:
        return {State.RUN_QUEUE: excess}
    return {state: ns + ns * excess // whole for state, ns in left.items()}


def _scaled(one: Spent, wanted: Nanoseconds, whole: Nanoseconds) -> Spent:
    return replace(one, ns=one.ns * wanted // whole if whole else 0)


def _kind_of(thread: JoinedThread) -> State:
    """What a thread does on a core that was never seen on one: Python if it has a stack of it."""
    return State.HOLDS_GIL if _usual(thread) else State.COMPUTES


def _usual(thread: JoinedThread) -> tuple[Frame, ...]:
    """The stack that it was seen with most."""
    return max(thread.spent, key=lambda one: one.ns).frames if thread.spent else ()
