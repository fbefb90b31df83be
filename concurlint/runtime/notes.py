"""What the reader of a run's figures should know of how they came about, one line each."""

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.runtime.profile import FEWEST
from concurlint.runtime.samples import Nanoseconds, Stacks, State, States

_LATE: Nanoseconds = 200_000_000
"""Of a child's life: py-spy looks for new processes every 100 ms, and needs some time to find its way in each."""


@dataclass(frozen=True, slots=True)
class _Life:
    """A process: its first and last moment, and when its stacks begin (None: never)."""

    first: Nanoseconds
    last: Nanoseconds
    stacks: Nanoseconds | None


def notes_on(states: States, stacks: Stacks, offset: Nanoseconds, *, with_lines: bool) -> Iterator[str]:
    """The notes; `offset` goes onto the times of the stacks, which were to be had only `with_lines`."""
    if states.ticks < FEWEST:
        count = "1 sample" if states.ticks == 1 else f"{states.ticks} samples"
        yield f"too short: {count}, and nothing can be judged from fewer than {FEWEST}"
    yield from _stops(states)
    if with_lines:
        yield from _late(states, stacks, offset)


def _stops(states: States) -> Iterator[str]:
    """Which processes stood still for part of the time, and how they go on."""
    for pid in sorted({thread.pid for thread in states.threads}):
        stood = [s for t in states.threads if t.pid == t.tid == pid for s in t.stretches if s.state is State.STOPPED]
        seconds = sum(stretch.end - stretch.start for stretch in stood) / 1e9
        if stood and stood[-1].end >= states.ended - states.interval:
            yield f"process {pid} is stopped, for the last {seconds:.1f} s: `kill -CONT {pid}` lets it go on"
        elif stood:
            yield f"process {pid} stood stopped for {seconds:.1f} s"


def _late(states: States, stacks: Stacks, offset: Nanoseconds) -> Iterator[str]:
    """Which child processes have no stacks, or have them only from some time after their start."""
    lives = [life for pid, life in _lives(states, stacks, offset).items() if pid != states.threads[0].pid]
    never = [life for life in lives if life.stacks is None]
    late = [life.stacks - life.first for life in lives if life.stacks is not None and life.stacks - life.first > _LATE]
    if never:
        longest = max(life.last - life.first for life in never) / 1e9
        yield f"no stacks of {_children(len(never))} that lived for up to {longest:.1f} s: what they did has no lines"
    if late:
        yield f"the stacks of {_children(len(late))} begin up to {max(late) / 1e9:.1f} s after the process itself"


def _children(count: int) -> str:
    return "1 child process" if count == 1 else f"{count} child processes"


def _lives(states: States, stacks: Stacks, offset: Nanoseconds) -> dict[int, _Life]:
    begins: dict[int, Nanoseconds] = {}
    for stack in stacks.threads:
        if stack.stretches:
            first = stack.stretches[0].start + offset
            begins[stack.pid] = min(begins.get(stack.pid, first), first)
    lives: dict[int, _Life] = {}
    for thread in states.threads:
        if thread.stretches:
            first, last = thread.stretches[0].start, thread.stretches[-1].end
            before = lives.get(thread.pid, _Life(first, last, begins.get(thread.pid)))
            lives[thread.pid] = _Life(min(before.first, first), max(before.last, last), before.stacks)
    return lives
