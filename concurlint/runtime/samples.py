"""What the two recorders hand on: thread states from /proc, and Python stacks from py-spy."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Nanoseconds = int
"""CLOCK_MONOTONIC, or a length of time on it."""


class State(StrEnum):
    """What a thread does at one moment."""

    HOLDS_GIL = "holds-gil"
    COMPUTES = "computes"
    RUN_QUEUE = "run-queue"
    GIL_WAIT = "gil-wait"
    LOCK = "lock"
    QUEUE = "queue"
    NETWORK = "network"
    LOOP_IDLE = "loop-idle"
    DISK = "disk"
    PIPE = "pipe"
    CHILD = "child"
    SLEEP = "sleep"
    HELD_BLOCKED = "held-blocked"
    STOPPED = "stopped"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Stretch:
    """One thread in one state."""

    start: Nanoseconds
    end: Nanoseconds
    state: State


@dataclass(frozen=True, slots=True)
class ThreadStates:
    """One thread's states in order of time; CPU and run-queue time are from schedstat.

    They are exact, but for the last tick of a thread that ended by itself: of that only the looks know.

    `turns` is how often it got on a CPU; `woken` of them came between two looks that found it in the same wait, so
    that these were several waits. Of an event loop's thread, `asked` counts the looks that found the loop
    idle, by how many answers of others it waited for then.
    """

    pid: int
    tid: int
    name: str
    stretches: tuple[Stretch, ...]
    cpu_ns: Nanoseconds
    queue_ns: Nanoseconds
    turns: int = 0
    woken: int = 0
    asked: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProcessSeen:
    """A process of the program, Python or not: who started it, when it was there, the CPU time it took.

    `libraries` are those that compute with threads of their own, as the catalogue calls them; `moved` are the bytes
    that it read and wrote, from and to pipes too.
    """

    pid: int
    parent: int
    command: tuple[str, ...]
    is_python: bool
    first: Nanoseconds
    last: Nanoseconds
    cpu_ns: Nanoseconds
    libraries: tuple[str, ...]
    moved: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """A thread at one moment: it has not run since then; `address` is the futex it waits on, 0 for none.

    `is_timed`: the wait ends by itself.
    """

    pid: int
    tid: int
    state: State
    address: int
    is_timed: bool
    since: Nanoseconds


@dataclass(frozen=True, slots=True)
class Standstill:
    """All threads at one moment."""

    at: Nanoseconds
    threads: tuple[Standing, ...]


@dataclass(frozen=True, slots=True)
class States:
    """All threads' states; `holders` are (time, pid, tid of the new GIL holder, 0 for nobody).

    `standstill` is the last moment at which nothing had run for long, or at which somebody wanted to know.
    """

    threads: tuple[ThreadStates, ...]
    started: Nanoseconds
    ended: Nanoseconds
    interval: Nanoseconds
    ticks: int
    switches: int
    holders: tuple[tuple[Nanoseconds, int, int], ...]
    method: str
    cost_ns: Nanoseconds
    processes: tuple[ProcessSeen, ...] = ()
    standstill: Standstill | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """One function call on a stack, and the line it stands at."""

    function: str
    path: str
    line: int


@dataclass(frozen=True, slots=True)
class StackStretch:
    """One thread with one stack, outermost frame first."""

    start: Nanoseconds
    end: Nanoseconds
    frames: tuple[Frame, ...]


@dataclass(frozen=True, slots=True)
class ThreadStacks:
    """One thread's stacks in order of time."""

    pid: int
    tid: int
    name: str
    stretches: tuple[StackStretch, ...]


@dataclass(frozen=True, slots=True)
class Stacks:
    """All threads' stacks, recorded `rate` times a second; `errors` counts samples that could not be read."""

    threads: tuple[ThreadStacks, ...]
    started: Nanoseconds
    rate: int
    errors: int
