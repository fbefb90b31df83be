"""What both recorders saw of a run: the profile of all of it, or of a part."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from concurlint.runtime.join import Joined, join
from concurlint.runtime.notes import notes_on
from concurlint.runtime.profile import Ended, Profile, make_profile
from concurlint.runtime.samples import (
    Nanoseconds,
    ProcessSeen,
    Stacks,
    State,
    States,
    Stretch,
    ThreadStacks,
    ThreadStates,
)
from concurlint.runtime.stacks import Recording

Seconds = float

NO_STACKS_SEEN = "py-spy saw no stack: states are given without lines"
_ON_CPU = frozenset({State.HOLDS_GIL, State.COMPUTES})


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a run's time, by CLOCK_MONOTONIC.

    `command` is what its profile calls what was run. Outermost frames whose path is in `hidden` are left out of it,
    and so are the processes `without`.
    """

    start: Nanoseconds
    end: Nanoseconds
    command: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    without: tuple[int, ...] = ()


@dataclass(frozen=True)
class Recorded:
    """What was seen, and of what: see `make_profile`. `with_lines` says that stacks were to be had."""

    states: States
    recording: Recording
    hidden: frozenset[str]
    command: tuple[str, ...]
    python: str
    platform: str
    cores: int
    started: Seconds
    notes: tuple[str, ...]
    with_lines: bool
    ended: Ended = "by itself"

    def profile(self) -> Profile:
        """All of it."""
        told = self._told(self.states, self.recording.stacks, self._joined.offset)
        return self._made(self.states, self._joined, self.command, told)

    def part(self, window: Window) -> Profile:
        """What happened within the window; the kernel's own times are shared out by what was seen of them."""
        states = _clipped(self.states, window)
        stacks = _moved(self.recording.stacks, self._joined.offset, window)
        # The clocks have been aligned by the whole run: a part of it knows less.
        joined = join(states, stacks, self.hidden.union(window.hidden), 0)
        told = self._told(states, stacks, 0)
        made = self._made(states, joined, window.command or self.command, told)
        started = self.started + (states.started - self.states.started) / 1e9
        return replace(made, run=replace(made.run, started=started))

    @cached_property
    def _joined(self) -> Joined:
        return join(self.states, self.recording.stacks, self.hidden, self.recording.doubt)

    def _told(self, states: States, stacks: Stacks, offset: Nanoseconds) -> list[str]:
        lost = self.with_lines and not self._joined.with_stacks and not self.recording.trouble
        told = notes_on(states, stacks, offset, with_lines=self.with_lines and not lost)
        return [*told, *self.notes, *([NO_STACKS_SEEN] if lost else [])]

    def _made(self, states: States, joined: Joined, command: Sequence[str], notes: Sequence[str]) -> Profile:
        return make_profile(
            joined,
            states,
            command=command,
            python=self.python,
            platform=self.platform,
            cores=self.cores,
            started=self.started,
            notes=notes,
            ended=self.ended,
        )


def _clipped(states: States, window: Window) -> States:
    """The states within the window; a thread that was not there then is left out."""
    start, end = max(window.start, states.started), min(window.end, states.ended)
    end = max(start, end)
    share = (end - start) / max(1, states.ended - states.started)
    holders = tuple(holder for holder in states.holders if start <= holder[0] < end)
    still = states.standstill
    return replace(
        states,
        threads=tuple(
            cut
            for thread in states.threads
            if thread.pid not in window.without and (cut := _cut(thread, start, end)) is not None
        ),
        started=start,
        ended=end,
        ticks=round((end - start) / states.interval) if states.interval else 0,
        switches=round(states.switches * len(holders) / max(1, len(states.holders))),
        holders=holders,
        cost_ns=round(states.cost_ns * share),
        processes=tuple(_lived(one, start, end) for one in states.processes if one.first < end and one.last > start),
        standstill=still if still is not None and start <= still.at <= end else None,
    )


def _lived(process: ProcessSeen, start: Nanoseconds, end: Nanoseconds) -> ProcessSeen:
    first, last = max(process.first, start), min(process.last, end)
    share = (last - first) / max(1, process.last - process.first)
    return replace(process, first=first, last=last, cpu_ns=round(process.cpu_ns * share))


def _cut(thread: ThreadStates, start: Nanoseconds, end: Nanoseconds) -> ThreadStates | None:
    inside = tuple(
        Stretch(max(one.start, start), min(one.end, end), one.state)
        for one in thread.stretches
        if one.start < end and one.end > start
    )
    if not inside:
        return None
    share = _length(inside) / max(1, _length(thread.stretches))
    return replace(
        thread,
        stretches=inside,
        turns=round(thread.turns * share),
        woken=round(thread.woken * share),
        asked={count: looks for count, every in thread.asked.items() if (looks := round(every * share))},
        cpu_ns=_shared_out(thread.cpu_ns, thread.stretches, inside, _ON_CPU),
        queue_ns=_shared_out(thread.queue_ns, thread.stretches, inside, frozenset({State.RUN_QUEUE})),
    )


def _shared_out(
    total: Nanoseconds, every: Sequence[Stretch], inside: Sequence[Stretch], states: frozenset[State]
) -> Nanoseconds:
    """The part of a thread's exact time that falls on the stretches inside."""
    seen = _length(one for one in every if one.state in states)
    return round(total * _length(one for one in inside if one.state in states) / seen) if seen else 0


def _length(stretches: Iterable[Stretch]) -> Nanoseconds:
    return sum(one.end - one.start for one in stretches)


def _moved(stacks: Stacks, offset: Nanoseconds, window: Window) -> Stacks:
    """The stacks within the window, by the clock of the states."""
    threads = []
    for thread in stacks.threads:
        inside = tuple(
            replace(one, start=max(one.start + offset, window.start), end=min(one.end + offset, window.end))
            for one in thread.stretches
            if one.start + offset < window.end and one.end + offset > window.start
        )
        if inside:
            threads.append(ThreadStacks(thread.pid, thread.tid, thread.name, inside))
    return replace(stacks, threads=tuple(threads), started=stacks.started + offset)
