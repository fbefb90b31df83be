"""One thread's looks, made into stretches: each look stands for the time half-way to its neighbours."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from concurlint.runtime.procfs import Running
from concurlint.runtime.samples import Nanoseconds, State, Stretch, ThreadStates
from concurlint.runtime.waits import BLOCKED

_RUNNABLE = (State.HOLDS_GIL, State.COMPUTES)
_LONGEST, _MOST = 20, 400
"""Looks at a runnable thread after which it is decided which of them found it waiting for a CPU: not as long as
nothing was counted since the last one, for a wait is only counted when it is over; but sometime."""
_ASKING: Nanoseconds = 12_000_000
"""A look or two: whoever computes for longer without the GIL is seen doing so more often. On a slow machine, where
looks are farther apart, it is the time of two."""


@dataclass(slots=True)
class _Ready:
    """A look at a thread that was on a CPU or waiting for one, and what the kernel had counted by then."""

    start: Nanoseconds
    end: Nanoseconds
    state: State
    totals: Running


class Track:
    """The stretches of one thread, growing look by look.

    /proc does not tell a thread on a CPU from one that is ready and waits for a CPU, but counts the nanoseconds of
    both exactly. So of the looks that found it ready as many are filed as waiting as those counts ask for; what
    cannot be filed in whole looks is carried on to the next.
    """

    def __init__(self, pid: int, tid: int, start: Nanoseconds, before: Running) -> None:
        """`before` is what schedstat said of it when the recording began: nothing, if it was born later."""
        self.pid = pid
        self.tid = tid
        self.name = ""
        self.state: State | None = None
        self._before = before
        self._totals = before
        self._counted = start
        self._uncounted: Nanoseconds = 0
        self._woken = 0
        self._looks = 0
        self._settled = before.queue
        self._since = start
        self._ready: list[_Ready] = []
        self._owed = 0
        self._starts: list[Nanoseconds] = []
        self._states: list[State] = []
        self._end = start
        self.asked: Counter[int] = Counter()

    def see(self, between: Nanoseconds, state: State, totals: Running) -> None:
        """A new look found the thread so; `between` is the moment half-way from the look before."""
        if self.state is not None:
            self._close(between, totals)
        self._looks += 1
        if totals != self._totals:
            self._counted = between
        if state is self.state and state in BLOCKED and state is not State.LOOP_IDLE:
            self._woken += totals.turns - self._totals.turns
        self.state, self._totals = state, totals

    def end(self, at: Nanoseconds, totals: Running | None = None) -> None:
        """The thread, or the recording, ended then; nothing more is added.

        Without `totals` nobody could ask the kernel any more, which counts once a tick: what a thread ran since
        the count last grew is on no account, and hundreds of threads of a tick's length are all of that.
        """
        if self.state is not None:
            if totals is None and self.state in _RUNNABLE:
                self._uncounted = at - self._counted
            totals = totals or self._totals
            self._close(at, totals)
            self._settle(totals)
            self.state, self._totals = None, totals

    def states(self) -> ThreadStates:
        """All of it so far, once it has ended."""
        now, was = self._totals, self._before
        return ThreadStates(
            self.pid,
            self.tid,
            self.name,
            tuple(_still_waiting([*self._stretches()], self._asking)),
            now.cpu - was.cpu + self._uncounted,
            now.queue - was.queue,
            now.turns - was.turns,
            self._woken,
            dict(self.asked),
        )

    @property
    def _asking(self) -> Nanoseconds:
        life = self._end - self._starts[0] if self._starts else 0
        return max(_ASKING, 2 * life // max(1, self._looks))

    def _stretches(self) -> Iterator[Stretch]:
        ends = [*self._starts[1:], self._end]
        for start, end, state in zip(self._starts, ends, self._states, strict=False):
            if end > start:
                yield Stretch(start, end, state)

    def _close(self, until: Nanoseconds, totals: Running) -> None:
        state = self.state
        assert state is not None
        if state in _RUNNABLE:
            self._ready.append(_Ready(self._since, until, state, self._totals))
            if len(self._ready) >= _LONGEST and (totals != self._totals or len(self._ready) >= _MOST):
                self._settle(totals)
        else:
            self._settle(self._totals)
            self._add(self._since, until, state)
        self._since = until

    def _settle(self, totals: Running) -> None:
        """Decide which looks found the thread waiting for a CPU, by what the kernel counted meanwhile."""
        if not self._ready:
            return
        looks, self._ready = self._ready, []
        waiting = self._waiting(looks, totals)
        for index, look in enumerate(looks):
            self._add(look.start, look.end, State.RUN_QUEUE if index in waiting else look.state)

    def _waiting(self, looks: Sequence[_Ready], totals: Running) -> set[int]:
        """The looks during waits: a wait is counted when it ends, so it covers the looks before."""
        self._owed += looks[0].totals.queue - self._settled
        self._settled = totals.queue
        chosen = set()
        after = totals
        for index in range(len(looks) - 1, -1, -1):
            look, length = looks[index], looks[index].end - looks[index].start
            queued, ran = after.queue - look.totals.queue, after.cpu - look.totals.cpu
            self._owed += queued
            after = look.totals
            # Who waits for the GIL and is woken rarely computes without it: rather waits for a CPU.
            is_likely = look.state is State.COMPUTES and queued > ran
            if self._owed >= (-2 * length if is_likely else length / 2):
                self._owed -= length
                chosen.add(index)
        return chosen

    def _add(self, start: Nanoseconds, end: Nanoseconds, state: State) -> None:
        if not self._states or self._states[-1] is not state:
            self._starts.append(start)
            self._states.append(state)
        self._end = end


def _still_waiting(stretches: Sequence[Stretch], asking: Nanoseconds) -> Iterator[Stretch]:
    """A thread that waits for the GIL wakes once an interval to ask for it: a short look at it running in between,
    without the GIL, found it asking, not computing (`take_gil` in CPython's ceval_gil.c)."""
    last: Stretch | None = None
    for index, stretch in enumerate(stretches):
        after = stretches[index + 1].state if index + 1 < len(stretches) else None
        if (
            stretch.state is State.COMPUTES
            and stretch.end - stretch.start <= asking
            and last is not None
            and last.state is State.GIL_WAIT
            and after in (State.GIL_WAIT, State.HOLDS_GIL)
        ):
            stretch = Stretch(stretch.start, stretch.end, State.GIL_WAIT)
        if last is not None and last.state is stretch.state and last.end == stretch.start:
            last = Stretch(last.start, stretch.end, last.state)
        else:
            if last is not None:
                yield last
            last = stretch
    if last is not None:
        yield last
