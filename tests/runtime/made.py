"""Hand-made measurements: short ways to write states, stacks and profiles down."""

from collections.abc import Mapping, Sequence

from concurlint.runtime.profile import Profile, Row, Run, ThreadTimes
from concurlint.runtime.samples import (
    Frame,
    Stacks,
    StackStretch,
    State,
    States,
    Stretch,
    ThreadStacks,
    ThreadStates,
)

MS = 1_000_000
PID = 7


def thread_states(tid: int, *stretches: tuple[float, float, State], name: str = "", pid: int = PID) -> ThreadStates:
    """One thread, in milliseconds."""
    made = tuple(Stretch(round(start * MS), round(end * MS), state) for start, end, state in stretches)
    return ThreadStates(pid, tid, name, made, 0, 0)


def states(*threads: ThreadStates, interval: float = 5) -> States:
    """Threads looked at every `interval` ms."""
    end = max((thread.stretches[-1].end for thread in threads if thread.stretches), default=0)
    look = round(interval * MS)
    return States(threads, 0, end, look, end // look, 0, (), "by hand", 0)


def thread_stacks(
    tid: int, *stretches: tuple[float, float, Sequence[Frame]], name: str = "", pid: int = PID
) -> ThreadStacks:
    """One thread, in milliseconds."""
    made = tuple(StackStretch(round(start * MS), round(end * MS), tuple(frames)) for start, end, frames in stretches)
    return ThreadStacks(pid, tid, name, made)


def stacks(*threads: ThreadStacks, rate: int = 100) -> Stacks:
    """Threads recorded `rate` times a second."""
    return Stacks(threads, 0, rate, 0)


def thread_times(
    tid: int, times: Mapping[State, float], *, pid: int = PID, first: float = 0.0, name: str = ""
) -> ThreadTimes:
    """One thread that began at `first` and spent its seconds so."""
    cpu = times.get(State.HOLDS_GIL, 0.0) + times.get(State.COMPUTES, 0.0)
    queue = times.get(State.RUN_QUEUE, 0.0)
    return ThreadTimes(pid, tid, name, times, cpu, queue, first, first + sum(times.values()))


def profile(seconds: float, *threads: ThreadTimes, rows: Sequence[Row] = (), python: str = "3.12.1") -> Profile:
    """A run of so many seconds, looked at 200 times a second on two cores."""
    run = Run(
        command=("python", "app.py"),
        python=python,
        platform="linux",
        cores=2,
        started=1_700_000_000.0,
        seconds=seconds,
        interval=0.005,
        samples=round(seconds / 0.005),
        method="by hand",
        sampler_seconds=0.01,
        switches=0.0,
    )
    return Profile(run, threads, (), (), tuple(rows))
