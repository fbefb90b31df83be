"""A run at one moment: what each thread waits for, on which stack, and for how long it has not run."""

from collections.abc import Sequence
from dataclasses import dataclass

from concurlint.runtime.join import JoinedThread
from concurlint.runtime.samples import Frame, Nanoseconds, Standstill, State
from concurlint.runtime.waits import name_wait

Seconds = float


@dataclass(frozen=True, slots=True)
class Stand:
    """A thread at one moment: it had not run for `seconds`, and waits on the futex at `address` (0: on none).

    `is_timed`: the wait ends by itself.
    """

    pid: int
    tid: int
    name: str
    state: State
    frames: tuple[Frame, ...]
    address: int
    is_timed: bool
    seconds: Seconds


@dataclass(frozen=True, slots=True)
class Moment:
    """All threads at one moment of the run, counted from its start."""

    at: Seconds
    threads: tuple[Stand, ...]


def moment_of(seen: Standstill, threads: Sequence[JoinedThread], zero: Nanoseconds) -> Moment:
    """The threads as they stood, each with the stack that it was seen with then."""
    known = {(thread.pid, thread.tid): thread for thread in threads}
    stands = []
    for one in seen.threads:
        thread = known.get((one.pid, one.tid))
        frames = _frames_at(thread, seen.at) if thread is not None else ()
        stands.append(
            Stand(
                pid=one.pid,
                tid=one.tid,
                name=thread.name if thread is not None else "",
                state=name_wait(one.state, frames),
                frames=frames,
                address=one.address,
                is_timed=one.is_timed,
                seconds=(seen.at - one.since) / 1e9,
            )
        )
    return Moment((seen.at - zero) / 1e9, tuple(stands))


def _frames_at(thread: JoinedThread, at: Nanoseconds) -> tuple[Frame, ...]:
    """The stack at that moment, or the last one before: a thread that stands still is not seen to change."""
    before = [piece for piece in thread.pieces if piece.frames and piece.start <= at]
    return before[-1].frames if before else ()
