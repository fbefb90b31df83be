"""Worker processes of a pool: how busy they are, and what the pool costs beside their work."""

from collections.abc import Sequence
from dataclasses import dataclass

from concurlint.runtime.profile import ThreadTimes
from concurlint.runtime.samples import Frame, State
from concurlint.runtime.waits import library_module
from concurlint.verdicts.case import Case
from concurlint.verdicts.crew import awaits_work, runs_tasks
from concurlint.verdicts.measured import (
    CPU,
    OUTSIDE,
    RUNNABLE,
    Key,
    Place,
    key,
    length,
    parts,
    processes,
    side_by_side,
    spent,
    total,
    within,
)
from concurlint.verdicts.verdict import Seconds

_ASIDE = 0.1
"""Of the busiest worker's work: what is left to gain by sharing it better must be more than chance deals out."""
_MACHINERY = ("multiprocessing/", "concurrent/futures/", "pickle.py", "queue.py", "threading.py", "selectors.py")
"""Library modules whose CPU time is the pool's own: pickling, pipes, queues and the threads that serve them."""
_TINY: Seconds = 0.001
"""On a core at a time: a worker whose tasks take less spends as long on being handed one."""
_SMALL = 8192
"""Bytes moved at a time: more is what a task is given, not the handing over."""
_BOUND, _IDLE = 0.6, 0.6
"""Of the pool's time: so much of it the parent computes, and so much of it its workers wait."""
_ONE = 1.25
_RESTARTED = 3
"""Processes for each worker at once: more are started anew for each few tasks."""
_MOSTLY = 0.5


@dataclass(frozen=True, slots=True)
class Workers:
    """The main threads of worker processes, the busiest first."""

    threads: tuple[ThreadTimes, ...]

    @property
    def keys(self) -> frozenset[Key]:
        """Its threads."""
        return frozenset(key(thread) for thread in self.threads)

    @property
    def busy(self) -> list[Seconds]:
        """Each one's computing."""
        return [spent(thread, RUNNABLE) for thread in self.threads]

    @property
    def even(self) -> Seconds:
        """What each would compute if all did the same."""
        return sum(self.busy) / len(self.threads)

    @property
    def window(self) -> tuple[Seconds, Seconds]:
        """From the first one's birth to the last one's end."""
        return min(t.first for t in self.threads), max(t.last for t in self.threads)

    @property
    def seconds(self) -> Seconds:
        """How long there were any."""
        return self.window[1] - self.window[0]


def any_workers(case: Case) -> Workers | None:
    """The worker processes, one of them or more."""
    found = []
    for number, (_, threads) in enumerate(processes(case.profile)):
        main = max(threads, key=lambda thread: spent(thread, RUNNABLE))
        if number and spent(main, RUNNABLE) > 0 and _is_given_work(case, main):
            found.append(main)
    return Workers(tuple(sorted(found, key=lambda t: -spent(t, RUNNABLE)))) if found else None


def workers(case: Case) -> Workers | None:
    """The processes that another one gives work to and that wait for it; None where there are not several."""
    found = any_workers(case)
    return found if found is not None and len(found.threads) >= 2 else None


def unbalanced(case: Case) -> Workers | None:
    """Workers of which one has so much more to do than the others that all wait for it."""
    found = workers(case)
    if found is None:
        return None
    lost = found.busy[0] - found.even
    return found if case.matters(lost) and lost >= _ASIDE * found.busy[0] else None


def moving(case: Case) -> tuple[Seconds, Seconds]:
    """CPU seconds that pools of processes take for themselves, most of it pickling, and those of the workers' work.

    In a run without worker processes nothing is moved. Where no stack was seen, it is neither.
    """
    found = any_workers(case)
    if found is None:
        return 0.0, total(case.profile.threads, CPU)
    pids = {thread.pid for thread in found.threads}
    moved, worked = 0.0, 0.0
    for stack in case.profile.stacks:
        seconds = sum(of for state, of in stack.states.items() if state in CPU)
        if is_moving(stack.frames):
            moved += seconds
        elif stack.frames and stack.pid in pids:
            worked += seconds
    return moved, worked


def is_moving(frames: Sequence[Frame]) -> bool:
    """Whether the innermost frame packs, unpacks, sends or receives for another process."""
    if not frames or not library_module(frames[-1].path).startswith(_MACHINERY):
        return False
    return any(library_module(frame.path).startswith(_MACHINERY[:2]) for frame in frames)


@dataclass(frozen=True, slots=True)
class Handed:
    """Tasks as far as the kernel shows them: how often workers came to a core, and for how long each time."""

    turns: int
    each: Seconds
    bytes_each: float


def tiny(case: Case, found: Workers) -> Handed | None:
    """Tasks so small that a worker is done with one at once; None where they are not, or nothing is known of it."""
    turns = sum(thread.turns for thread in found.threads)
    pids = {thread.pid for thread in found.threads}
    if not turns:
        return None
    moved = sum(process.moved_bytes for process in case.profile.processes if process.pid in pids)
    handed = Handed(turns, sum(thread.cpu_seconds for thread in found.threads) / turns, moved / turns)
    return handed if handed.each <= _TINY and handed.bytes_each <= _SMALL else None


@dataclass(frozen=True, slots=True)
class Bound:
    """A process that computes by itself while its workers wait for it; seconds of its own computing, and theirs."""

    parent: ThreadTimes
    place: Place | None
    computed: Seconds
    workers: Workers


def parent_bound(case: Case) -> Bound | None:
    """The process that gives out work and has more to do itself than its workers."""
    found = workers(case)
    if found is None:
        return None
    pids = {thread.pid for thread in found.threads}
    parents = {process.parent for process in case.profile.processes if process.pid in pids}
    mains = [
        t for t in case.profile.threads if t.pid == t.tid and t.pid not in pids and (t.pid in parents or not parents)
    ]
    if not mains or case.share("", sum(found.busy), found.seconds * len(found.threads)).high > 1 - _IDLE:
        return None
    main = max(mains, key=lambda thread: spent(thread, RUNNABLE))
    computed = length(within(parts(case.profile, RUNNABLE, {key(main)}), [found.window]))
    own = sum(place.seconds for place in case.places(RUNNABLE, {key(main)}))
    if computed < _BOUND * found.seconds or not case.matters(computed) or own < _MOSTLY * computed:
        return None
    return Bound(main, case.first(RUNNABLE, {key(main)}), computed, found)


@dataclass(frozen=True, slots=True)
class Alone:
    """Workers of which one is at work at a time; `is_awaited`: its result is waited for before the next is asked."""

    workers: Workers
    place: Place | None
    seconds: Seconds
    is_awaited: bool


def one_at_a_time(case: Case) -> Alone | None:
    """A pool whose tasks run one after another."""
    found = any_workers(case)
    if found is None:
        return None
    busy = parts(case.profile, RUNNABLE | OUTSIDE | {State.SLEEP}, _at_work(case, found))
    seconds = sum(found.busy)
    if side_by_side(busy) > _ONE or seconds < _MOSTLY * found.seconds or not case.matters(seconds):
        return None
    takers = case.stacks(where=lambda stack: _takes_results(stack.frames) and stack.pid == _parent(case, found))
    if not takers:
        return None
    threads = {key(stack) for stack in takers}
    place = next(iter(case.loops({State.QUEUE, State.LOCK}, threads)), None)
    is_looped = place is not None and case.written(place.path).is_looped(place.line)
    mapped = any("result_iterator" in frame.function for stack in takers for frame in stack.frames)
    return Alone(found, place, seconds, is_looped and not mapped)


def _at_work(case: Case, found: Workers) -> frozenset[Key]:
    return frozenset(
        key(stack) for stack in case.stacks(found.keys) if runs_tasks(stack.frames) and not awaits_work(stack.frames)
    )


def _parent(case: Case, found: Workers) -> int:
    pids = {thread.pid for thread in found.threads}
    known = next((process.parent for process in case.profile.processes if process.pid in pids), 0)
    return known or next(thread.pid for thread in case.profile.threads if thread.pid not in pids)


def _takes_results(frames: Sequence[Frame]) -> bool:
    return any(
        frame.function in ("Future.result", "ApplyResult.get", "ApplyResult.wait", "IMapIterator.next")
        for frame in frames
    )


def is_pooled(case: Case, thread: ThreadTimes) -> bool:
    """Whether the thread is that of a pool's worker."""
    return any(runs_tasks(stack.frames) for stack in case.stacks({key(thread)}))


def _is_given_work(case: Case, thread: ThreadTimes) -> bool:
    return any(
        library_module(frame.path) in ("multiprocessing/pool.py", "concurrent/futures/process.py")
        for stack in case.stacks({key(thread)})
        for frame in stack.frames
    )
