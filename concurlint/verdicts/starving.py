"""Threads that wait for one of a few: connections of a pool, places of a semaphore, workers of an executor."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from concurlint.catalog.checkouts import find_checkout
from concurlint.runtime.profile import StackTime, ThreadTimes
from concurlint.runtime.samples import Frame, State
from concurlint.runtime.waits import library_module
from concurlint.verdicts.case import Case
from concurlint.verdicts.crew import awaits_work, runs_tasks
from concurlint.verdicts.measured import OUTSIDE, RUNNABLE, Key, Place, key, places, spent
from concurlint.verdicts.patterns import gives_back
from concurlint.verdicts.slices import slices
from concurlint.verdicts.verdict import Seconds

_WAITS = frozenset({State.QUEUE, State.LOCK})
_BUSY = OUTSIDE | RUNNABLE | {State.GIL_WAIT, State.SLEEP, State.HELD_BLOCKED}
_STEADY = 0.6
"""Of the time in which anybody waits: as long as so many are at work, and never more, that is all there is."""
_FULL = 0.9
_FEW = 5
"""Workers: with so many that all wait for the network, more would wait there too; a server bears ten."""


@dataclass(frozen=True, slots=True)
class Starved:
    """`threads` wait for one of `size`; `waited` is all their waiting, `window` how long any of them did.

    `pool` is what they share, in words, `sizing` what sets how many there are of it.
    """

    threads: frozenset[Key]
    place: Place | None
    function: str
    pool: str
    sizing: str
    size: int
    waited: Seconds
    window: Seconds
    lived: Seconds


def starved(case: Case) -> Starved | None:
    """The group of threads whose waiting for one of a few is longest, if it matters."""
    found = [one for group in _groups(case).values() if (one := _starved(case, group)) is not None]
    return max(found, key=lambda one: one.waited, default=None)


def saturated(case: Case) -> Starved | None:
    """The few workers of an executor of threads that all wait for the network all the time."""
    by_process: dict[int, list[ThreadTimes]] = defaultdict(list)
    workers = {key(stack) for stack in case.stacks(where=lambda stack: _is_thread_worker(stack.frames))}
    for thread in case.profile.threads:
        if key(thread) in workers:
            by_process[thread.pid].append(thread)
    for threads in by_process.values():
        asked = [thread for thread in threads if spent(thread, {State.NETWORK}) >= _FULL * thread.seconds]
        lived = sum(thread.seconds for thread in threads)
        window = max(thread.last for thread in threads) - min(thread.first for thread in threads)
        is_full = len(asked) == len(threads) and lived >= _FULL * window * len(threads)
        if not 2 <= len(threads) <= _FEW or not is_full or not case.matters(window):
            continue
        keys = frozenset(key(thread) for thread in threads)
        place = case.first({State.NETWORK}, keys)
        name = place.name if place is not None else "the executor"
        return Starved(keys, place, name, "the executor", "`max_workers`", len(threads), 0.0, window, lived)
    return None


def _starved(case: Case, threads: Sequence[ThreadTimes]) -> Starved | None:
    keys = frozenset(key(thread) for thread in threads)
    stacks = [(stack, where) for stack in case.stacks(keys) if (where := _shared(case, stack)) is not None]
    waited = sum(_waiting(stack) for stack, _ in stacks)
    waiters = {key(stack) for stack, _ in stacks}
    if len(waiters) < 2 or not case.matters(waited / len(threads)):
        return None
    at_work: dict[int, Seconds] = defaultdict(float)
    window = somebody = 0.0
    for one in slices(case.profile, lambda thread: thread in keys):
        if one.count(_WAITS):
            at_work[one.count(_BUSY)] += one.seconds
            somebody += one.seconds
        window += one.seconds if one.threads else 0.0
    # A moment between giving back and taking is seen as one less at work.
    size = max(at_work, key=lambda number: at_work[number], default=0)
    near = sum(seconds for number, seconds in at_work.items() if size - 1 <= number <= size)
    if size < 1 or near < _STEADY * somebody or size >= len(threads) or not case.matters(somebody):
        return None
    place = next(iter(places([stack for stack, _ in stacks], _WAITS, case.own)), None)
    pool, sizing = Counter(where for _, where in stacks).most_common(1)[0][0]
    lived = sum(thread.seconds for thread in threads)
    return Starved(keys, place, _given(case, stacks[0][0]), pool, sizing, size, waited, window, lived)


def _shared(case: Case, stack: StackTime) -> tuple[str, str] | None:
    """What the stack waits for one of, and what sets their number; None where it waits for anything else."""
    if not _waiting(stack) or awaits_work(stack.frames):
        return None
    own = case.own(stack.frames)
    if own is None:
        return None
    inner = stack.frames[stack.frames.index(own) + 1 :]
    for frame in inner:
        pool = find_checkout(frame.path, frame.function)
        if pool is not None:
            return pool.name, pool.size
    if any(frame.function.startswith(("Semaphore.", "BoundedSemaphore.")) for frame in inner):
        if all(library_module(frame.path) == "threading.py" for frame in inner):
            return "the semaphore", "its count"
    functions = frozenset(frame.function.rpartition(".")[2] for frame in stack.frames if case.is_own(frame.path))
    pool_name = gives_back(case.written(own.path), own.line, functions)
    return (f"`{pool_name}`", "how many are put into it") if pool_name else None


def _waiting(stack: StackTime) -> Seconds:
    return sum(stack.states.get(state, 0.0) for state in _WAITS)


def _given(case: Case, stack: StackTime) -> str:
    frame = case.outermost(stack.frames)
    return frame.function.rpartition(".")[2] if frame is not None else "the program"


def _groups(case: Case) -> dict[tuple[int, str], list[ThreadTimes]]:
    """Threads of one process by the function of the user's that they were given to do."""
    named: dict[Key, Counter[str]] = defaultdict(Counter)
    for stack in case.profile.stacks:
        frame = case.outermost(stack.frames)
        if frame is not None and frame.function != "<module>":
            named[key(stack)][frame.function] += round(sum(stack.states.values()) * 1e6)
    groups: dict[tuple[int, str], list[ThreadTimes]] = defaultdict(list)
    for thread in case.profile.threads:
        if key(thread) in named and thread.pid != thread.tid:
            groups[thread.pid, named[key(thread)].most_common(1)[0][0]].append(thread)
    return groups


def _is_thread_worker(frames: Sequence[Frame]) -> bool:
    return runs_tasks(frames) and any(library_module(f.path) == "concurrent/futures/thread.py" for f in frames)
