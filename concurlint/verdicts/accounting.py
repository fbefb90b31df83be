"""What a run's time went to, moment by moment, and for how much of it nobody can say that it was needed."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from concurlint.runtime.samples import State
from concurlint.verdicts.case import Case
from concurlint.verdicts.loops import idle_loops
from concurlint.verdicts.measured import OUTSIDE, RUNNABLE, key, side_by_side
from concurlint.verdicts.slices import Kind, Slice
from concurlint.verdicts.verdict import Seconds
from concurlint.verdicts.waiting import askers, importing, waits

_MOSTLY = 0.5
_AT_ONCE = 1.5
_ALL = 0.9
_SMALL = 0.1
"""Of the run: what could be gained of less is not worth an afternoon."""


class Use(StrEnum):
    """What a moment of the run was for."""

    ALL_CORES = "all cores compute"
    SOME_CORES = "computing on fewer cores than there are"
    OVERLAPPED = "several waits for the world at once"
    ALONE = "one wait for the world at a time"
    LOOP = "event loop idle, with several answers to come or none"
    LOOP_ALONE = "event loop idle, with one answer to come"
    ASKED_SLEEP = "sleep that the program asks for"
    HEARTBEAT = "only a heartbeat, while other threads wait"
    EACH_OTHER = "threads waiting for each other"
    GIL = "waiting for the GIL"
    NOTHING = "nothing to do"


DOUBTFUL: Mapping[Use, frozenset[State]] = {
    Use.SOME_CORES: RUNNABLE,
    Use.ALONE: OUTSIDE,
    Use.LOOP_ALONE: frozenset({State.LOOP_IDLE}),
    Use.HEARTBEAT: frozenset({State.QUEUE, State.LOCK}),
    Use.EACH_OTHER: frozenset({State.QUEUE, State.LOCK, State.UNKNOWN}),
    Use.GIL: frozenset({State.GIL_WAIT}),
}
"""Uses that may hide a gain, and the states in which they are spent."""


@dataclass(frozen=True, slots=True)
class Account:
    """Seconds of the run by use."""

    spent: Mapping[Use, Seconds]

    @property
    def doubtful(self) -> Seconds:
        """How much of the run may hide a gain."""
        return sum(self.spent.get(use, 0.0) for use in DOUBTFUL)

    @property
    def worst(self) -> Use:
        """What most of that is."""
        return max(DOUBTFUL, key=lambda use: self.spent.get(use, 0.0))

    def is_clear(self, seconds: Seconds) -> bool:
        """Whether what may hide a gain is a small part of a run of so many seconds."""
        return self.doubtful < _SMALL * seconds


def account(case: Case) -> Account:
    """Each moment of the run, by what the threads that work did."""
    spent = dict.fromkeys(Use, 0.0)
    alone = _is_single(case)
    loop = _loop_use(case)
    for one in case.slices:
        spent[_use(case, one, loop, alone)] += one.seconds
    # Less than half computing is no program to be shared out; nor is importing, which comes first and once.
    some = spent[Use.SOME_CORES]
    if some - importing(case, RUNNABLE) < _MOSTLY * case.seconds:
        spent[Use.SOME_CORES] = 0.0
        spent[Use.NOTHING] += some
    return Account(spent)


def _use(case: Case, one: Slice, loop: Use, alone: bool) -> Use:
    match one.kind:
        case Kind.COMPUTING:
            computing = one.count(RUNNABLE)
            if computing >= case.profile.run.cores:
                return Use.ALL_CORES
            return Use.GIL if one.threads[State.GIL_WAIT] else Use.SOME_CORES
        case Kind.OUTSIDE:
            return Use.OVERLAPPED if one.count(OUTSIDE) > 1 or alone else Use.ALONE
        case Kind.LOOP:
            return loop
        case Kind.SLEEP:
            hearts = len(case.crew.sleepers)
            only = 0 < one.threads[State.SLEEP] <= hearts and one.count(frozenset({State.QUEUE, State.LOCK})) > 0
            return Use.HEARTBEAT if only else Use.ASKED_SLEEP
        case Kind.INSIDE:
            return Use.EACH_OTHER
        case _:
            return Use.NOTHING


def _loop_use(case: Case) -> Use:
    """What it means that the most idle loop has nothing to do."""
    idle = next(idle_loops(case), None)
    if idle is None or not idle.thread.asked:
        return Use.LOOP
    return Use.LOOP_ALONE if idle.asking >= _MOSTLY and idle.at_once < _AT_ONCE else Use.LOOP


def _is_single(case: Case) -> bool:
    """Whether there is one wait for the world to speak of, which has nothing to overlap with, or is for several."""
    threads = askers(case, OUTSIDE) | {key(thread) for thread in case.profile.threads if State.CHILD in thread.states}
    found = waits(case, OUTSIDE, threads)
    if not found.is_repeated and found.longest >= _ALL * found.seconds:
        return True
    return side_by_side([(one.first, one.last) for one in case.profile.processes[1:]]) >= _AT_ONCE
