"""Thread states and Python stacks, joined by thread and time: which line was in which state for how long."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from concurlint.runtime.clocks import Pair, find_offset
from concurlint.runtime.pairing import pair_threads
from concurlint.runtime.samples import (
    Frame,
    Nanoseconds,
    Stacks,
    StackStretch,
    State,
    States,
    Stretch,
    ThreadStacks,
    ThreadStates,
)
from concurlint.runtime.stacks import CLOCK_SEEN
from concurlint.runtime.tally import Sample, Tally, kind_of, looks_of, samples_of
from concurlint.runtime.waits import can_be, name_wait

_MARGIN: Nanoseconds = 100_000_000
"""More than the two clocks are ever apart."""
_UNSURE = 0.3
"""What a stack sample counts in aligning the clocks if its moment is a guess."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One thread in one state with one stack, outermost frame first; no frames without a recorded stack."""

    start: Nanoseconds
    end: Nanoseconds
    state: State
    frames: tuple[Frame, ...]


@dataclass(frozen=True, slots=True)
class Spent:
    """Time with one stack in one state; `samples` is how many samples of the stack found it so."""

    frames: tuple[Frame, ...]
    state: State
    ns: Nanoseconds
    samples: int


@dataclass(frozen=True, slots=True)
class JoinedThread:
    """One thread: `spent` sums up its life, `pieces` are a picture of it in order of time.

    The pieces are right to one sample of the stacks, the sums much better. The last two are exact, from schedstat.
    """

    pid: int
    tid: int
    name: str
    spent: tuple[Spent, ...]
    pieces: tuple[Piece, ...]
    cpu_ns: Nanoseconds
    queue_ns: Nanoseconds
    turns: int = 0
    woken: int = 0
    asked: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Joined:
    """All threads that have states; `offset` went onto the stacks' times; `with_stacks` have any."""

    threads: tuple[JoinedThread, ...]
    offset: Nanoseconds
    with_stacks: int


def join(
    states: States, stacks: Stacks, hidden: frozenset[str] = frozenset(), doubt: Nanoseconds = CLOCK_SEEN
) -> Joined:
    """Every thread's time in each state, dealt out to the stacks it was seen with, and named by them.

    Threads without stacks keep their states; outermost frames whose path is in `hidden` (what started the
    script) are left out. The clocks of the two are at most `doubt` apart.
    """
    every = round(1e9 / max(1, stacks.rate))
    found = pair_threads(states.threads, stacks.threads)
    looks = {
        pid: looks_of([thread for thread in stacks.threads if thread.pid == pid])
        for pid in {thread.pid for thread in states.threads}
    }
    both = [
        (thread, _samples(thread, of, looks[thread.pid], every) if of else [], of)
        for thread in states.threads
        for of in (found.get((thread.pid, thread.tid)),)
    ]
    pairs = [_pair(thread, samples) for thread, samples, of in both if of]
    offset = find_offset(pairs, doubt)
    threads = []
    for thread, samples, of in both:
        seen = [replace(sample, at=sample.at + offset) for sample in samples]
        tally = Tally(thread.stretches, seen, states.interval, every)
        pieces = _cut(thread.stretches, of.stretches if of else (), offset + every // 2)
        threads.append(
            JoinedThread(
                pid=thread.pid,
                tid=thread.tid,
                name=_name(thread, of),
                spent=_spent(tally, hidden),
                pieces=_merged([_named(_placed(piece, tally, every), hidden) for piece in pieces]),
                cpu_ns=thread.cpu_ns,
                queue_ns=thread.queue_ns,
                turns=thread.turns,
                woken=thread.woken,
                asked=thread.asked,
            )
        )
    return Joined(tuple(threads), offset, sum(of is not None for _, _, of in both))


def _name(thread: ThreadStates, of: ThreadStacks | None) -> str:
    """As Python calls it; the kernel calls a main thread by its program."""
    if of is not None and of.name:
        return of.name
    is_unnamed = thread.tid == thread.pid and thread.name.startswith("python")
    return "MainThread" if is_unnamed else thread.name


def _samples(thread: ThreadStates, of: ThreadStacks, looks: Sequence[Nanoseconds], every: Nanoseconds) -> list[Sample]:
    """The thread's stack samples as far as it lived: py-spy does not say when a thread ends."""
    end = thread.stretches[-1].end + _MARGIN if thread.stretches else 0
    lived = [replace(s, end=min(s.end, end)) for s in of.stretches if s.start < end]
    return samples_of(lived, looks, every)


def _pair(thread: ThreadStates, samples: Sequence[Sample]) -> Pair:
    """What the clocks are aligned by: the thread's times in each kind of state, and its leaf lines."""
    times: dict[State, list[tuple[Nanoseconds, Nanoseconds]]] = {}
    for stretch in thread.stretches:
        kind = kind_of(stretch.state)
        if kind:
            times.setdefault(kind, []).append((stretch.start, stretch.end))
    leaves = [(s.at, hash(s.frames[-1]), 1.0 if s.sure else _UNSURE) for s in samples if s.frames]
    kinds = list(times)
    possible = {
        hash(frame): frozenset(number for number, kind in enumerate(kinds) if can_be(kind, frame))
        for frame in {sample.frames[-1] for sample in samples if sample.frames}
    }
    return Pair(list(times.values()), leaves, possible)


def _spent(tally: Tally, hidden: frozenset[str]) -> tuple[Spent, ...]:
    sums: dict[tuple[tuple[Frame, ...], State], tuple[Nanoseconds, int]] = {}
    for (frames, state), (ns, samples) in tally.dealt_out().items():
        key = (_without(frames, hidden), name_wait(state, frames))
        before = sums.get(key, (0, 0))
        sums[key] = (before[0] + ns, before[1] + samples)
    return tuple(Spent(frames, state, ns, samples) for (frames, state), (ns, samples) in sums.items())


def _named(piece: Piece, hidden: frozenset[str]) -> Piece:
    state = name_wait(piece.state, piece.frames)
    return Piece(piece.start, piece.end, state, _without(piece.frames, hidden))


def _without(frames: tuple[Frame, ...], hidden: frozenset[str]) -> tuple[Frame, ...]:
    """The frames inside of those that started the script."""
    first = next((i for i, frame in enumerate(frames) if frame.path not in hidden), len(frames))
    return frames[first:]


def _placed(piece: Piece, tally: Tally, every: Nanoseconds) -> Piece:
    """The piece on a stack where its state is at home, unless it was long without any."""
    if not piece.frames and piece.end - piece.start > 2 * every:
        return piece
    return replace(piece, frames=tally.home(piece.state, piece.frames))


def _cut(states: Sequence[Stretch], stacks: Sequence[StackStretch], offset: Nanoseconds) -> Iterator[Piece]:
    """Both rows of stretches cut against each other."""
    at = 0
    for stretch in states:
        now = stretch.start
        while at < len(stacks) and stacks[at].end + offset <= now:
            at += 1
        here = at
        while now < stretch.end:
            if here == len(stacks) or stacks[here].start + offset >= stretch.end:
                yield Piece(now, stretch.end, stretch.state, ())
                break
            start = stacks[here].start + offset
            if start > now:
                yield Piece(now, start, stretch.state, ())
                now = start
            end = min(stretch.end, stacks[here].end + offset)
            if end > now:
                yield Piece(now, end, stretch.state, stacks[here].frames)
                now = end
            here += 1


def _merged(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """Neighbours with the same state and stack made one."""
    merged: list[Piece] = []
    for piece in pieces:
        last = merged[-1] if merged else None
        same = last and last.end == piece.start and (last.state, last.frames) == (piece.state, piece.frames)
        if last and same:
            merged[-1] = replace(last, end=piece.end)
        else:
            merged.append(piece)
    return tuple(merged)
