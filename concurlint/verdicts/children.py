"""Processes that one thread starts and waits for: whether they follow each other, and how long each took."""

from collections.abc import Sequence
from dataclasses import dataclass

from concurlint.runtime.predict import taking_turns
from concurlint.runtime.profile import ProcessTimes
from concurlint.runtime.samples import State
from concurlint.verdicts.case import Case
from concurlint.verdicts.crew import runs_tasks
from concurlint.verdicts.loops import idle_loops
from concurlint.verdicts.measured import Key, key, length, parts, side_by_side, union, within
from concurlint.verdicts.verdict import Seconds
from concurlint.verdicts.waiting import runs_commands, waits

WAITS = frozenset({State.CHILD, State.PIPE})
_AT_ONCE = 1.5
_MOSTLY = 0.5


@dataclass(frozen=True, slots=True)
class InTurn:
    """Children that `threads` wait for, one after another: how long each lived, as far as that was seen.

    `alone` is when nothing was computed beside them, `waited` all the waiting.
    """

    threads: frozenset[Key]
    states: frozenset[State]
    lives: tuple[Seconds, ...]
    waited: Seconds
    alone: Seconds
    is_repeated: bool

    def together(self, cores: int) -> Seconds:
        """How long they would take with so many at once, each on a core of its own."""
        if not self.lives:
            # Commands in a loop that follow each other at once are seen as one long wait.
            return self.waited / cores
        return max(max(self.lives), taking_turns(self.lives, cores)) * self.waited / max(sum(self.lives), self.waited)


def children_in_turn(case: Case) -> InTurn | None:
    """The children of one process, if it waits for most of them one by one."""
    parents = {process.parent for process in case.profile.processes}
    found = [one for pid in sorted(parents) if (one := _of(case, pid)) is not None]
    if not case.profile.processes:
        found = [one for one in [_by_stacks(case)] if one is not None]
    return max(found, key=lambda one: one.alone, default=None)


def _of(case: Case, pid: int) -> InTurn | None:
    children = [process for process in case.profile.processes if process.parent == pid and not _is_pools(case, process)]
    lives = [(process.first, process.last) for process in children if process.last > process.first]
    if side_by_side(lives) >= _AT_ONCE or not lives:
        return None
    threads = {key(thread) for thread in case.profile.threads if thread.pid == pid}
    threads -= case.crew.machinery | case.crew.native
    idle = {key(one.thread) for one in idle_loops(case) if key(one.thread) in threads}
    states = WAITS | ({State.LOOP_IDLE} if idle else set())
    there = union(lives)
    waiting = {one for one in threads if _waits_mostly(case, one, states, there)}
    seen = waits(case, states, waiting)
    many = len(lives) >= 2 or seen.is_repeated
    if not waiting or not many or seen.at_once >= _AT_ONCE:
        return None
    waited = length(union(within(parts(case.profile, states, waiting), there)))
    # Children shorter than a look are missed; the waits for them are not.
    whole = max(waited, seen.seconds) if seen.is_repeated and not idle else waited
    lived = tuple(last - first for first, last in lives)
    return InTurn(frozenset(waiting), frozenset(states), lived, whole, min(seen.alone, whole), seen.is_repeated)


def _waits_mostly(case: Case, thread: Key, states: frozenset[State], there: Sequence[tuple[Seconds, Seconds]]) -> bool:
    """Whether the thread waits while its children are there, more than half of that time."""
    found = within(parts(case.profile, states, {thread}), there)
    return length(found) >= _MOSTLY * length(there)


def _is_pools(case: Case, process: ProcessTimes) -> bool:
    """Whether it is a worker of a pool, or serves one."""
    stacks = [stack for stack in case.profile.stacks if stack.pid == process.pid]
    served = " ".join(process.command)
    return any(runs_tasks(stack.frames) for stack in stacks) or "multiprocessing." in served


def _by_stacks(case: Case) -> InTurn | None:
    """By the calls that run commands: what a run says that did not note its processes."""
    stacks = case.stacks(where=lambda stack: runs_commands(case, stack))
    threads = frozenset(key(stack) for stack in stacks if any(state in WAITS for state in stack.states))
    seen = waits(case, WAITS, threads)
    if not seen.is_one_by_one:
        return None
    lives = () if seen.is_repeated else tuple(end - start for start, end in parts(case.profile, WAITS, threads))
    return InTurn(threads, WAITS, lives, seen.seconds, seen.alone, seen.is_repeated)
