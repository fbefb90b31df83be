"""A measured run as one plain value: threads, lines and stacks, each with its seconds in every state."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from concurlint.runtime.join import Joined, JoinedThread, Piece
from concurlint.runtime.samples import Frame, Nanoseconds, ProcessSeen, State, States
from concurlint.runtime.scaling import to_kernels_count
from concurlint.runtime.standing import Moment, moment_of

Seconds = float
Ended = Literal["by itself", "interrupted", "goes on"]

TIMELINE_BOUND = 20_000
"""Stretches kept for all threads together: what a page can draw, and a screen can show."""

_Z = 1.959964
"""95 % of a normal distribution lie within this many standard deviations."""


@dataclass(frozen=True, slots=True)
class Run:
    """What was run, where and how it was measured, and why the measuring ended.

    `started` is the wall clock (seconds since 1970), `interval` the time between two looks at the threads,
    `samples` the looks taken, `sampler_seconds` the sampler's own CPU time, `switches` hand-overs of the GIL
    a second.
    """

    command: tuple[str, ...]
    python: str
    platform: str
    cores: int
    started: Seconds
    seconds: Seconds
    interval: Seconds
    samples: int
    method: str
    sampler_seconds: Seconds
    switches: float
    notes: tuple[str, ...] = ()
    ended: Ended = "by itself"


@dataclass(frozen=True, slots=True)
class ThreadTimes:
    """One thread; CPU and queue seconds are the kernel's own; `first` and `last` count from the start.

    `turns` is how often it got on a CPU; `woken` of them came between two looks that found it in the same wait, so
    that these were several waits. Of an event loop's thread, `asked` counts the looks that found the loop
    idle, by how many answers of others it waited for then.
    """

    pid: int
    tid: int
    name: str
    states: Mapping[State, Seconds]
    cpu_seconds: Seconds
    queue_seconds: Seconds
    first: Seconds
    last: Seconds
    turns: int = 0
    woken: int = 0
    asked: Mapping[int, int] = field(default_factory=dict)

    @property
    def seconds(self) -> Seconds:
        """How long it was seen."""
        return sum(self.states.values())


@dataclass(frozen=True, slots=True)
class LineTime:
    """One line at the leaf of the stack, in one thread and state; `samples` of its stack found it so."""

    path: str
    line: int
    function: str
    pid: int
    tid: int
    state: State
    seconds: Seconds
    samples: int


@dataclass(frozen=True, slots=True)
class StackTime:
    """One stack, outermost frame first, in one thread, seen in so many samples."""

    pid: int
    tid: int
    frames: tuple[Frame, ...]
    states: Mapping[State, Seconds]
    samples: int


@dataclass(frozen=True, slots=True)
class Row:
    """One thread over time: (start, end, state), in seconds from the run's start; thinned to be drawn."""

    pid: int
    tid: int
    stretches: tuple[tuple[Seconds, Seconds, State], ...]


@dataclass(frozen=True, slots=True)
class ProcessTimes:
    """A process of the program, Python or not; `libraries` are those that compute with threads of their own.

    `moved_bytes` is what it read and wrote, from and to pipes and files alike.
    """

    pid: int
    parent: int
    command: tuple[str, ...]
    is_python: bool
    first: Seconds
    last: Seconds
    cpu_seconds: Seconds
    libraries: tuple[str, ...]
    moved_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Profile:
    """One measured run. Threads in order of first sight; lines and stacks by seconds, most first.

    `standstill` is the last moment at which nothing had run for long, or the one at which the run was interrupted
    or was last looked at.
    """

    run: Run
    threads: tuple[ThreadTimes, ...]
    lines: tuple[LineTime, ...]
    stacks: tuple[StackTime, ...]
    timeline: tuple[Row, ...] = ()
    processes: tuple[ProcessTimes, ...] = ()
    standstill: Moment | None = None

    def seconds_in(self, *states: State) -> Seconds:
        """All threads' seconds in these states together."""
        return sum(thread.states.get(state, 0.0) for thread in self.threads for state in states)

    def samples_of(self, seconds: Seconds) -> int:
        """How many looks at one thread fall into that time."""
        return round(seconds / self.run.interval) if self.run.interval > 0 else 0


def interval(share: float, n: int) -> tuple[float, float]:
    """The 95 % interval (Wilson's) of a share seen in n samples; at n = 0 everything is possible."""
    if n <= 0:
        return (0.0, 1.0)
    square = _Z * _Z / n
    middle = (share + square / 2) / (1 + square)
    half = _Z / (1 + square) * math.sqrt(share * (1 - share) / n + square / (4 * n))
    return (max(0.0, middle - half), min(1.0, middle + half))


DOUBT = 0.1
FEWEST = next(n for n in range(1, 1000) if interval(0.5, n)[1] <= 0.5 + DOUBT)
"""Looks from which on every share is known to within `DOUBT`: half a second at 200 looks a second."""


def make_profile(
    joined: Joined,
    states: States,
    *,
    command: Sequence[str],
    python: str,
    platform: str,
    cores: int,
    started: Seconds,
    notes: Sequence[str] = (),
    ended: Ended = "by itself",
) -> Profile:
    """All that was measured, summed up; `started` is the wall clock when `states` began."""
    seconds = (states.ended - states.started) / 1e9
    run = Run(
        command=tuple(command),
        python=python,
        platform=platform,
        cores=cores,
        started=started,
        seconds=seconds,
        interval=states.interval / 1e9,
        samples=states.ticks,
        method=states.method,
        sampler_seconds=states.cost_ns / 1e9,
        switches=states.switches / seconds if seconds > 0 else 0.0,
        notes=tuple(notes),
        ended=ended,
    )
    counted = map(to_kernels_count, joined.threads)
    threads = sorted(counted, key=lambda thread: (_first(thread), thread.pid, thread.tid))
    return Profile(
        run=run,
        threads=tuple(_times(thread, states.started) for thread in threads),
        lines=tuple(sorted(_lines(threads), key=lambda line: -line.seconds)),
        stacks=tuple(sorted(_stacks(threads), key=lambda stack: -sum(stack.states.values()))),
        timeline=tuple(_rows(threads, states)),
        processes=tuple(_process(process, states.started) for process in states.processes),
        standstill=moment_of(states.standstill, threads, states.started) if states.standstill is not None else None,
    )


def _process(seen: ProcessSeen, zero: Nanoseconds) -> ProcessTimes:
    return ProcessTimes(
        pid=seen.pid,
        parent=seen.parent,
        command=seen.command,
        is_python=seen.is_python,
        first=(seen.first - zero) / 1e9,
        last=(seen.last - zero) / 1e9,
        cpu_seconds=seen.cpu_ns / 1e9,
        libraries=seen.libraries,
        moved_bytes=seen.moved,
    )


def caller_lines(profile: Profile, is_own: Callable[[str], bool]) -> tuple[LineTime, ...]:
    """Each state at the innermost line of the user's own files, whatever library that line called."""
    sums: dict[tuple[int, int, Frame, State], Seconds] = defaultdict(float)
    for stack in profile.stacks:
        frame = next((frame for frame in reversed(stack.frames) if is_own(frame.path)), None)
        if frame is not None:
            for state, seconds in stack.states.items():
                sums[stack.pid, stack.tid, frame, state] += seconds
    lines = [
        LineTime(frame.path, frame.line, frame.function, pid, tid, state, seconds, profile.samples_of(seconds))
        for (pid, tid, frame, state), seconds in sums.items()
    ]
    return tuple(sorted(lines, key=lambda line: -line.seconds))


def _first(thread: JoinedThread) -> Nanoseconds:
    return thread.pieces[0].start if thread.pieces else 0


def _times(thread: JoinedThread, zero: Nanoseconds) -> ThreadTimes:
    spent: dict[State, Nanoseconds] = defaultdict(int)
    for of in thread.spent:
        spent[of.state] += of.ns
    first, last = (thread.pieces[0].start, thread.pieces[-1].end) if thread.pieces else (zero, zero)
    return ThreadTimes(
        pid=thread.pid,
        tid=thread.tid,
        name=thread.name,
        states=_in_seconds(spent),
        cpu_seconds=thread.cpu_ns / 1e9,
        queue_seconds=thread.queue_ns / 1e9,
        first=(first - zero) / 1e9,
        last=(last - zero) / 1e9,
        turns=thread.turns,
        woken=thread.woken,
        asked=thread.asked,
    )


def _in_seconds(spent: Mapping[State, Nanoseconds]) -> dict[State, Seconds]:
    return {state: spent[state] / 1e9 for state in State if spent.get(state)}


def _lines(threads: Sequence[JoinedThread]) -> Iterator[LineTime]:
    for thread in threads:
        sums: dict[tuple[Frame, State], tuple[Nanoseconds, int]] = {}
        for of in thread.spent:
            if of.frames:
                ns, samples = sums.get((of.frames[-1], of.state), (0, 0))
                sums[of.frames[-1], of.state] = (ns + of.ns, samples + of.samples)
        for (leaf, state), (ns, samples) in sums.items():
            yield LineTime(leaf.path, leaf.line, leaf.function, thread.pid, thread.tid, state, ns / 1e9, samples)


def _stacks(threads: Sequence[JoinedThread]) -> Iterator[StackTime]:
    for thread in threads:
        spent: dict[tuple[Frame, ...], dict[State, Nanoseconds]] = defaultdict(lambda: defaultdict(int))
        samples: Counter[tuple[Frame, ...]] = Counter()
        for of in thread.spent:
            spent[of.frames][of.state] += of.ns
            samples[of.frames] += of.samples
        for frames, times in spent.items():
            yield StackTime(thread.pid, thread.tid, frames, _in_seconds(times), samples[frames])


def _rows(threads: Sequence[JoinedThread], states: States) -> Iterator[Row]:
    bound = max(20, TIMELINE_BOUND // max(1, len(threads)))
    bin_ns = max(1, (states.ended - states.started) // bound)
    for thread in threads:
        runs = list(_runs((piece.start, piece.end, piece.state) for piece in thread.pieces))
        if len(runs) > bound:
            runs = list(_runs(_thinned(thread.pieces, bin_ns)))
        zero = states.started
        yield Row(
            thread.pid,
            thread.tid,
            tuple(((start - zero) / 1e9, (end - zero) / 1e9, state) for start, end, state in runs),
        )


_Run = tuple[Nanoseconds, Nanoseconds, State]


def _runs(stretches: Iterable[_Run]) -> Iterator[_Run]:
    """Neighbours in the same state made one."""
    open_run: _Run | None = None
    for start, end, state in stretches:
        if open_run and open_run[1] == start and open_run[2] is state:
            open_run = (open_run[0], end, state)
        else:
            if open_run:
                yield open_run
            open_run = (start, end, state)
    if open_run:
        yield open_run


def _thinned(pieces: Sequence[Piece], bin_ns: Nanoseconds) -> Iterator[_Run]:
    """One stretch for each bin of time, in the state that had most of it."""
    start, spent = pieces[0].start, defaultdict[State, Nanoseconds](int)
    end = start
    for piece in pieces:
        if piece.start > end and spent:
            yield start, end, max(spent, key=lambda state: spent[state])
            spent.clear()
        if not spent:
            start = piece.start
        now = piece.start
        while now < piece.end:
            step = min(piece.end, start + bin_ns)
            spent[piece.state] += step - now
            now = end = step
            if end - start >= bin_ns:
                yield start, end, max(spent, key=lambda state: spent[state])
                spent.clear()
                start = end
    if spent:
        yield start, end, max(spent, key=lambda state: spent[state])
