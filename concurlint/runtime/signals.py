"""Signals sent to us while a program of ours runs: each is to reach the program, and reach it once."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from types import FrameType
from typing import Self

from concurlint.runtime.procfs import read_pending

Seconds = float

FORWARDED = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))

_SETTLES: Seconds = 0.01
"""The kernel sends a signal to the members of a process group one after another, within microseconds."""


class Witness:
    """A child of ours in our process group, and so in the program's: a signal to the group is seen on it too.

    Ctrl-C, and whoever signals the whole group, reach the program without us; a signal that the witness did not get
    was for us alone. It keeps the signals blocked, so they stay pending and can be read from /proc.
    """

    def __init__(self) -> None:
        ours, self._pipe = os.pipe()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, FORWARDED)
        try:
            self._pid = os.fork()
            if self._pid == 0:
                _stand_by(ours)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        os.close(ours)

    def has_got(self, number: int) -> bool:
        """Whether the signal that we have just got was sent to the whole group; the next one is looked at anew."""
        time.sleep(_SETTLES)
        found = number in read_pending(self._pid)
        with contextlib.suppress(OSError):
            os.write(self._pipe, b"n")
        return found

    def close(self) -> None:
        """End it."""
        if self._pipe >= 0:
            os.close(self._pipe)
            self._pipe = -1
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self._pid, 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _stand_by(pipe: int) -> None:
    """The witness's whole life: it ends with us, for then nobody can write to the pipe any more."""
    try:
        # What it kept open would not end for whoever reads the other end.
        for number in map(int, os.listdir("/proc/self/fd")):  # noqa: PTH208 (names are wanted)
            if number != pipe:
                with contextlib.suppress(OSError):
                    os.close(number)
        while os.read(pipe, 1):
            while signal.sigtimedwait(FORWARDED, 0) is not None:
                pass
    finally:
        os._exit(0)


def ended_by_signals() -> AbstractContextManager[None]:
    """Meanwhile a hang-up or termination ends us as Ctrl-C does: what was begun is put away, not left running."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    return _handling(FORWARDED[1:], interrupt)


def passing_on(
    process: subprocess.Popen[bytes], witness: Witness, before: Callable[[], None]
) -> AbstractContextManager[None]:
    """Meanwhile a signal that was sent to us alone is sent on to the program, after `before`; none ends us."""

    def pass_on(number: int, _frame: FrameType | None) -> None:
        before()
        if not witness.has_got(number):
            process.send_signal(number)

    return _handling(FORWARDED, pass_on)


@contextlib.contextmanager
def _handling(numbers: Sequence[int], handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """The signals are for `handler`; outside the main thread nothing can be changed."""
    try:
        before = {number: signal.signal(number, handler) for number in numbers if _is_ours(number)}
    except ValueError:
        yield
        return
    try:
        yield
    finally:
        for number, was in before.items():
            signal.signal(number, was)


def _is_ours(number: int) -> bool:
    """A signal ignored from outside, as under nohup, stays so."""
    return signal.getsignal(number) not in (signal.SIG_IGN, None)
