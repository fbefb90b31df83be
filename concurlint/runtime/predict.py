"""How long a measured run would take with another tool on so many cores: bounds, and what they assume."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from concurlint.runtime.profile import Profile, Seconds, ThreadTimes, interval
from concurlint.runtime.samples import State

START_UP = (0.03, 0.15)
"""Seconds to start a process and import its modules: fork or forkserver with few imports, spawn with more."""

PICKLE_RATE = (100e6, 1e9)
"""Bytes a second through pickle and a pipe: many small objects, few large ones."""

FREE_THREADED_PENALTY: Mapping[tuple[int, int], tuple[float, float]] = {
    (3, 13): (0.20, 0.50),
    (3, 14): (0.03, 0.15),
}
"""One thread's slowdown without the GIL. The free-threading how-to of docs.python.org gives about 40 %
for 3.13 and 5 to 10 % for 3.14, on pyperformance; here with room for other programs."""

SWITCHING = (0.0, 0.05, 0.15)
"""The part of their computing that threads lose by handing the GIL over: two threads of arithmetic were measured at
0.95 of the speed of one (rules/CCL201-cpu-bound-work-in-threads.md); at the ends, none and three times as much."""
SWITCHING_FROM = 0.5
"""Waiting for the GIL, by holding it, from which on threads hand it over all the time."""

FROM_RUN_TO_RUN = 0.08
"""By so much of itself the same computing takes more or less time in another run on the same machine: what the
programs of benchmarks/overhead.md took alone strayed so far to both sides of its median, or farther."""

HOLDS = (State.HOLDS_GIL, State.HELD_BLOCKED)
CPU = (State.HOLDS_GIL, State.COMPUTES)
WORLD = (State.NETWORK, State.LOOP_IDLE, State.DISK, State.SLEEP, State.CHILD, State.PIPE, State.HELD_BLOCKED)
"""Waits for something outside the program: they last as long whatever tool is used. Waits for another thread,
by a queue or a lock, are not among them: they end when that one does."""


class Tool(StrEnum):
    """What the program might use instead."""

    PROCESSES = "processes"
    THREADS = "threads"
    FREE_THREADED = "free-threaded"
    ASYNCIO = "asyncio"
    NUMPY = "numpy"
    COMMANDS = "commands together"
    EVEN_SHARES = "even shares"
    ONE_PROCESS = "one process"
    LARGER_POOL = "a larger pool"
    CHUNKS = "tasks in chunks"
    MORE_AT_ONCE = "more at once"
    ONE_THREAD_EACH = "one native thread each"


MODELLED = (Tool.PROCESSES, Tool.THREADS, Tool.FREE_THREADED, Tool.ASYNCIO)
"""The tools that `predict` knows for whole runs; what the others bring hangs on the place."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What the prediction may assume of the program.

    `divisible`: the computing can be dealt out evenly, else each thread's stays in one piece; into `pieces` at most,
    if they are known. `concurrency`:
    how many waits the far side bears at once. `moved_bytes`: what has to be pickled to and from other
    processes. `start_up`: seconds until the processes work, between what and what. `switching`: the part of
    their computing that threads lose to handing the GIL over, at least, usually, at most.
    """

    divisible: bool = False
    pieces: int = 0
    concurrency: int = 10
    moved_bytes: int = 0
    start_up: tuple[Seconds, Seconds] = START_UP
    switching: tuple[float, float, float] = SWITCHING


@dataclass(frozen=True, slots=True)
class Prediction:
    """The run's predicted seconds, with bounds; `assumes` says in short sentences what must hold for them."""

    tool: Tool
    cores: int
    seconds: Seconds
    low: Seconds
    high: Seconds
    now: Seconds
    assumes: tuple[str, ...]

    @property
    def speed_up(self) -> tuple[float, float]:
        """[low, high]: how many times as fast as now."""
        return (_ratio(self.now, self.high), _ratio(self.now, self.low))


@dataclass(frozen=True, slots=True)
class _Bounds:
    """A quantity as measured, and between what it lies."""

    low: float
    middle: float
    high: float

    def __add__(self, other: "_Bounds") -> "_Bounds":
        return _Bounds(self.low + other.low, self.middle + other.middle, self.high + other.high)

    def __mul__(self, by: float) -> "_Bounds":
        return _Bounds(self.low * by, self.middle * by, self.high * by)

    def __truediv__(self, by: float) -> "_Bounds":
        return _Bounds(self.low / by, self.middle / by, self.high / by)


def effective_parallelism(profile: Profile) -> float:
    """How many cores' worth of computing the run did, on average."""
    return _ratio(profile.seconds_in(*CPU), profile.run.seconds)


def predict(profile: Profile, tool: Tool, cores: int, plan: Plan = Plan()) -> Prediction:
    """The run's seconds with that tool on so many cores; ValueError for less than one core."""
    if cores < 1:
        raise ValueError(f"there is no machine with {cores} cores")
    models = {
        Tool.PROCESSES: _processes,
        Tool.FREE_THREADED: _free_threaded,
        Tool.THREADS: _threads,
        Tool.ASYNCIO: _asyncio,
    }
    if tool not in models:
        raise ValueError(f"what {tool} would bring hangs on the place; there is no model for whole runs")
    bounds, assumes = models[tool](profile, cores, plan)
    computing = _ratio(profile.seconds_in(*CPU) / cores, bounds.middle)
    stray = FROM_RUN_TO_RUN * min(1.0, computing)  # waits for the world last as long as they did
    low, high = bounds.low * (1 - stray), bounds.high * (1 + stray)
    assumes.append(f"the same computing takes up to {FROM_RUN_TO_RUN:.0%} more or less in another run")
    return Prediction(tool, cores, bounds.middle, low, high, profile.run.seconds, tuple(assumes))


def _processes(profile: Profile, cores: int, plan: Plan) -> tuple[_Bounds, list[str]]:
    # Processes start one after the other, and the work they share ends when the last started ends.
    start = _Bounds(plan.start_up[0], (plan.start_up[0] * plan.start_up[1]) ** 0.5, plan.start_up[1])
    slow, fast = (plan.moved_bytes / rate for rate in PICKLE_RATE)
    moved = _Bounds(fast, (fast * slow) ** 0.5, slow)
    bounds, assumes = _side_by_side(profile, cores, plan)
    assumes.append(f"starting the processes takes {plan.start_up[0]:g} to {plan.start_up[1]:g} s")
    if plan.moved_bytes:
        assumes.append(f"{plan.moved_bytes / 1e6:.0f} MB go through pickle at 100 to 1000 MB/s")
    else:
        assumes.append("next to nothing has to be pickled")
    return bounds + start + moved, assumes


def _free_threaded(profile: Profile, cores: int, plan: Plan) -> tuple[_Bounds, list[str]]:
    low, high = free_threaded_penalty(profile.run.python)
    bounds, assumes = _side_by_side(profile, cores, plan)
    assumes.append(f"one thread is {low:.0%} to {high:.0%} slower without the GIL")
    assumes.append("the threads do not wait for each other's locks")
    slower = _Bounds(bounds.low * (1 + low), bounds.middle * (1 + (low + high) / 2), bounds.high * (1 + high))
    return slower, assumes


def _threads(profile: Profile, cores: int, plan: Plan) -> tuple[_Bounds, list[str]]:
    held = _total(profile, profile.threads, HOLDS)
    cpu = _total(profile, profile.threads, CPU)
    waits = _total(profile, profile.threads, _world(profile)) / plan.concurrency
    assumes = [
        f"the far side bears {plan.concurrency} waits at once",
        "computing in Python goes on one at a time",
    ]
    released = _total(profile, profile.threads, (State.COMPUTES,))
    return _most((_overlapped((held, released / cores, waits)), cpu / cores)), assumes


def _asyncio(profile: Profile, _cores: int, plan: Plan) -> tuple[_Bounds, list[str]]:
    cpu = _total(profile, profile.threads, CPU)
    waits = _total(profile, profile.threads, _world(profile)) / plan.concurrency
    assumes = [
        f"the far side bears {plan.concurrency} waits at once, and none needs another's answer",
        "all that waits has an async form, and everything computes on one thread",
    ]
    return _overlapped((cpu, waits)), assumes


def _side_by_side(profile: Profile, cores: int, plan: Plan) -> tuple[_Bounds, list[str]]:
    """max(the longest thread, all computing on all cores), after what the main thread did alone."""
    cpu = _total(profile, profile.threads, CPU)
    world = _world(profile)
    assumes = [f"{cores} cores are free for the program, each as fast as one is alone"]
    if plan.divisible:
        waits = _most([_path(profile, thread, world) for thread in profile.threads])
        return _dealt_out(profile, cpu, cores, plan, assumes) + waits, assumes
    assumes.append("each thread's work stays in one piece")
    alone = _alone(profile)
    paths = [
        _path(profile, thread, (*CPU, *world), alone.get((thread.pid, thread.tid), 0.0)) for thread in profile.threads
    ]
    first = sum(alone.values())
    shared = _less(cpu, first) / cores
    at_best = _most((*paths, shared))
    # More pieces than cores take turns: while the short ones run, the long one gets its part of a core only.
    work = [_spent(thread, CPU) - alone.get((thread.pid, thread.tid), 0.0) for thread in profile.threads]
    in_turns = max(at_best.middle, taking_turns(work, cores))
    ended = _Bounds(at_best.low, in_turns, at_best.high + in_turns - at_best.middle)
    return _Bounds(first, first, first) + _without_switching(profile, plan, ended), assumes


def _dealt_out(profile: Profile, cpu: _Bounds, cores: int, plan: Plan, assumes: list[str]) -> _Bounds:
    """The computing in even parts, no more of them than there are pieces."""
    if plan.pieces:
        assumes.append(f"the computing comes in {plan.pieces} pieces of one size")
        # Whole rounds: five pieces on four cores take as long as eight.
        return cpu / plan.pieces * math.ceil(plan.pieces / cores)
    assumes.append("the computing can be dealt out evenly")
    if cores <= profile.run.cores:
        return cpu / cores
    assumes[-1] += f", into {cores} pieces at least"
    # Nobody has seen more pieces than there are cores here.
    fewer = cpu / min(cores, max(2, profile.run.cores))
    many = cpu / cores
    return _Bounds(many.low, many.middle, max(many.high, fewer.high))


def taking_turns(work: Sequence[Seconds], cores: int) -> Seconds:
    """When the last of some pieces of computing ends that get equal parts of the cores, none more than one."""
    now, done = 0.0, 0.0
    left = sorted(piece for piece in work if piece > 0)
    for index, piece in enumerate(left):
        now += (piece - done) * max(1.0, (len(left) - index) / cores)
        done = piece
    return now


def _without_switching(profile: Profile, plan: Plan, bounds: _Bounds) -> _Bounds:
    """Without what threads lose by handing the GIL to each other all the time, if these do."""
    held = _total(profile, profile.threads, HOLDS).middle
    if _total(profile, profile.threads, (State.GIL_WAIT,)).middle < SWITCHING_FROM * held:
        return bounds
    least, usual, most = plan.switching
    return _Bounds(bounds.low * (1 - most), bounds.middle * (1 - usual), bounds.high * (1 - least))


def _alone(profile: Profile) -> dict[tuple[int, int], Seconds]:
    """Process and thread → seconds it computed before any other thread began or after the last ended."""
    main = next((t for t in profile.threads if t.pid == t.tid), None)
    others = [t for t in profile.threads if t is not main and _spent(t, CPU) > 0]
    if main is None or not others:
        return {}
    first, last = min(t.first for t in others), max(t.last for t in others)
    rows = [row for row in profile.timeline if (row.pid, row.tid) == (main.pid, main.tid)]
    alone = sum(
        max(0.0, min(end, first) - start) + max(0.0, end - max(start, last))
        for row in rows
        for start, end, state in row.stretches
        if state in CPU
    )
    return {(main.pid, main.tid): alone}


def _world(profile: Profile) -> tuple[State, ...]:
    """The waits that are for the world: in a program of several processes, pipes and children are its own."""
    several = len({thread.pid for thread in profile.threads}) > 1
    return tuple(state for state in WORLD if not (several and state in (State.PIPE, State.CHILD)))


def _path(profile: Profile, thread: ThreadTimes, states: Sequence[State], less: Seconds = 0.0) -> _Bounds:
    """What the thread does by itself; its waits for locks may end sooner or may not."""
    found = _less(_bounds(profile, _spent(thread, states), thread.seconds), less)
    return found + _Bounds(0.0, 0.0, _spent(thread, (State.LOCK,)))


def _spent(thread: ThreadTimes, states: Sequence[State]) -> Seconds:
    return sum((thread.states.get(state, 0.0) for state in states), 0.0)


def _total(profile: Profile, threads: Sequence[ThreadTimes], states: Sequence[State]) -> _Bounds:
    spent = sum((_spent(thread, states) for thread in threads), 0.0)
    return _bounds(profile, spent, sum(thread.seconds for thread in threads))


def _bounds(profile: Profile, spent: Seconds, seen: Seconds) -> _Bounds:
    """The seconds spent of those seen, with the sampling interval."""
    if seen <= 0:
        return _Bounds(0.0, 0.0, 0.0)
    low, high = interval(min(1.0, spent / seen), profile.samples_of(seen))
    return _Bounds(low * seen, spent, high * seen)


def _less(bounds: _Bounds, by: Seconds) -> _Bounds:
    return _Bounds(*(max(0.0, value - by) for value in (bounds.low, bounds.middle, bounds.high)))


def _most(bounds: Sequence[_Bounds]) -> _Bounds:
    return _Bounds(
        max((of.low for of in bounds), default=0.0),
        max((of.middle for of in bounds), default=0.0),
        max((of.high for of in bounds), default=0.0),
    )


def _overlapped(parts: Sequence[_Bounds]) -> _Bounds:
    """Parts that go on at once: never less than the longest, never more than one after the other."""
    most = _most(parts)
    return _Bounds(most.low, most.middle, sum(part.high for part in parts))


def free_threaded_penalty(python: str) -> tuple[float, float]:
    """[low, high] of the slowdown of one thread without the GIL, for that Python or the newest known."""
    known = {f"{major}.{minor}": penalty for (major, minor), penalty in FREE_THREADED_PENALTY.items()}
    return known.get(".".join(python.split(".")[:2]), FREE_THREADED_PENALTY[max(FREE_THREADED_PENALTY)])


def _ratio(one: float, other: float) -> float:
    return one / other if other > 0 else 0.0
