"""Thread states and Python stacks, joined by thread and time: which line was in which state for how long."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from concurlint.runtime.clocks import Pair, find_offset
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
from concurlint.runtime.waits import BLOCKED, name_wait

_ThreadId = tuple[int, int]

_FITS = 0.75
"""Of a line's time: a state with more belongs there."""
_STRAYS = 0.25
"""Of a line's time: a state with less came there by the clocks' error."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One thread in one state with one stack, outermost frame first; no frames without a recorded stack."""

    start: Nanoseconds
    end: Nanoseconds
    state: State
    frames: tuple[Frame, ...]


@dataclass(frozen=True, slots=True)
class JoinedThread:
    """One thread's pieces in order of time; the last two are exact, from schedstat."""

    pid: int
    tid: int
    name: str
    pieces: tuple[Piece, ...]
    cpu_ns: Nanoseconds
    queue_ns: Nanoseconds


@dataclass(frozen=True, slots=True)
class Joined:
    """All threads that have states; `offset` went onto the stacks' times; `with_stacks` have any."""

    threads: tuple[JoinedThread, ...]
    offset: Nanoseconds
    with_stacks: int


def join(states: States, stacks: Stacks, hidden: frozenset[str] = frozenset()) -> Joined:
    """Every state stretch cut by the stack at that time, and named by it.

    Threads without stacks keep their states; outermost frames whose path is in `hidden` (what started the
    script) are left out. The two clocks are aligned first; what the alignment leaves at the edges, up to one
    sample of the stacks, is given to the line where that state belongs.
    """
    found = pair_threads(states.threads, stacks.threads)
    both = [(thread, found.get((thread.pid, thread.tid))) for thread in states.threads]
    offset = find_offset([_pair(thread, of) for thread, of in both if of])
    reach = round(1e9 / max(1, stacks.rate))
    joined = []
    for thread, of in both:
        cut = list(_cut(thread.stretches, of.stretches if of else (), offset))
        pieces = [_named(piece, hidden) for piece in _settle(cut, reach)]
        name = of.name if of and of.name else thread.name
        joined.append(
            JoinedThread(thread.pid, thread.tid, name, _merged(pieces), thread.cpu_ns, thread.queue_ns)
        )
    return Joined(tuple(joined), offset, sum(of is not None for _, of in both))


def pair_threads(
    states: Sequence[ThreadStates], stacks: Sequence[ThreadStacks]
) -> Mapping[_ThreadId, ThreadStacks]:
    """Process and thread id → the stacks of that thread.

    By OS thread id where py-spy knows it. Python ≤ 3.10 may leave a pthread id: then by name, where both
    sides have it once in that process, and then in the order in which the threads were born.
    """
    left = {(thread.pid, thread.tid): thread for thread in states}
    pairs: dict[_ThreadId, ThreadStacks] = {}
    strange: list[ThreadStacks] = []
    for of in stacks:
        key = (of.pid, of.tid)
        if key in left or key in pairs:
            # A thread that was renamed comes twice.
            pairs[key] = _spliced(pairs[key], of) if key in pairs else of
            left.pop(key, None)
        else:
            strange.append(of)
    for key, twin in _named_alike(strange, left):
        pairs[key] = twin
        del left[key]
        strange.remove(twin)
    for pid in {of.pid for of in strange}:
        # A main thread is the oldest of its process, and the kernel counts upward.
        old = sorted(key for key in left if key[0] == pid)
        new = sorted((of for of in strange if of.pid == pid), key=_birth)
        if len(old) == len(new):
            pairs.update(zip(old, new, strict=True))
    return pairs


def _named_alike(
    strange: Sequence[ThreadStacks], left: Mapping[_ThreadId, ThreadStates]
) -> list[tuple[_ThreadId, ThreadStacks]]:
    ours: dict[tuple[int, str], list[_ThreadId]] = defaultdict(list)
    theirs: dict[tuple[int, str], list[ThreadStacks]] = defaultdict(list)
    for key, thread in left.items():
        ours[thread.pid, "MainThread" if thread.pid == thread.tid else thread.name].append(key)
    for of in strange:
        theirs[of.pid, of.name].append(of)
    return [
        (keys[0], theirs[name][0])
        for name, keys in ours.items()
        if name[1] and len(keys) == len(theirs.get(name, ())) == 1
    ]


def _birth(of: ThreadStacks) -> tuple[bool, Nanoseconds]:
    return (of.name != "MainThread", of.stretches[0].start if of.stretches else 0)


def _spliced(one: ThreadStacks, other: ThreadStacks) -> ThreadStacks:
    stretches = sorted((*one.stretches, *other.stretches), key=lambda stretch: stretch.start)
    return replace(other, stretches=tuple(stretches))


def _pair(thread: ThreadStates, of: ThreadStacks) -> Pair:
    """What the clocks are aligned by: when the thread was blocked and when it ran, and its leaf lines."""
    # Waits for the GIL or for a CPU come on any line and say nothing.
    blocked = [(s.start, s.end) for s in thread.stretches if s.state in BLOCKED]
    running = [(s.start, s.end) for s in thread.stretches if s.state in (State.HOLDS_GIL, State.COMPUTES)]
    leaves = [(s.start, s.end, hash(s.frames[-1])) for s in of.stretches if s.frames]
    return Pair(blocked, running, leaves)


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


def _settle(pieces: list[Piece], reach: Nanoseconds) -> list[Piece]:
    """Short pieces on a line where their state hardly ever is go to the next line, if that is where it is."""
    share = _shares(pieces)
    settled = []
    for index, piece in enumerate(pieces):
        if piece.end - piece.start <= reach and _share_of(share, piece, piece.frames) < _STRAYS:
            beside = [pieces[i] for i in (index - 1, index + 1) if 0 <= i < len(pieces)]
            better = max(beside, key=lambda other: _share_of(share, piece, other.frames), default=piece)
            if _share_of(share, piece, better.frames) > _FITS:
                piece = replace(piece, frames=better.frames)
        settled.append(piece)
    return settled


def _shares(pieces: Sequence[Piece]) -> Mapping[Frame, Mapping[State, float]]:
    """Leaf line → state (all of running as one) → share of the line's time."""
    seconds: dict[Frame, dict[State, int]] = defaultdict(lambda: defaultdict(int))
    for piece in pieces:
        kind = _kind(piece.state)
        if kind and piece.frames:
            seconds[piece.frames[-1]][kind] += piece.end - piece.start
    return {
        leaf: {state: spent / sum(of.values()) for state, spent in of.items()} for leaf, of in seconds.items()
    }


def _share_of(
    shares: Mapping[Frame, Mapping[State, float]], piece: Piece, frames: tuple[Frame, ...]
) -> float:
    kind = _kind(piece.state)
    if kind is None:
        return 1.0
    return shares.get(frames[-1], {}).get(kind, 0.0) if frames else 0.0


def _kind(state: State) -> State | None:
    """The state as a line is known by it; None for what comes on any line."""
    if state in (State.HOLDS_GIL, State.COMPUTES):
        return State.HOLDS_GIL
    return state if state in BLOCKED or state is State.HELD_BLOCKED else None


def _named(piece: Piece, hidden: frozenset[str]) -> Piece:
    """The piece with its wait named and without the frames of what started the script."""
    first = next((i for i, frame in enumerate(piece.frames) if frame.path not in hidden), len(piece.frames))
    state = name_wait(piece.state, piece.frames)
    return Piece(piece.start, piece.end, state, piece.frames[first:])


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
