"""The running program measured by a process beside it: begun and ended from within."""

import contextlib
import json
import os
import select
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from concurlint.runtime.bootstrap import allow_tracing
from concurlint.runtime.profile import Profile
from concurlint.runtime.recorded import Window
from concurlint.runtime.saved import from_json
from concurlint.runtime.states import DEFAULT_RATE, check_proc
from concurlint.trouble import UserError

Seconds = float

_PATIENCE: Seconds = 60.0
_HOME = Path(__file__).parents[2]


@cache
def allow_looking() -> None:
    """Let any process of ours look into this one, where only its ancestors may; those forked from it are open too."""
    allow_tracing()


class ObservingError(UserError):
    """The running program cannot be measured; the text is one line for people."""


class Observer:
    """Another Python that records this process and those it starts, itself left out."""

    def __init__(self, *, rate: int = DEFAULT_RATE) -> None:
        self._rate = rate
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Come back when this process is recorded. ObservingError or SamplingError if it cannot be."""
        check_proc()
        if self._process is not None:
            raise ObservingError("this process is being recorded already")
        allow_looking()
        # -P: nothing in the current folder may take the place of a module.
        command = [sys.executable, "-P", "-m", "concurlint.runtime.observer", str(os.getpid()), str(self._rate)]
        path = os.pathsep.join([str(_HOME), *filter(None, [os.environ.get("PYTHONPATH")])])
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": path},
                # Ctrl-C is the program's.
                start_new_session=True,
            )
        except OSError as error:
            raise ObservingError(f"cannot run {sys.executable}: {(error.strerror or str(error)).lower()}") from None
        try:
            self._await()
            self._read()
        except BaseException:
            self.close()
            raise

    def stop(self, windows: Sequence[Window]) -> list[Profile]:
        """End the recording, and give the profile of each window. ObservingError if there is none."""
        if self._process is None or self._process.stdin is None:
            raise ObservingError("the recording was never started")
        try:
            asked = json.dumps([[one.start, one.end, one.command, one.hidden, one.without] for one in windows])
            self._process.stdin.write(f"{asked}\n".encode())
            self._process.stdin.flush()
            self._await()
            return [from_json(self._read()) for _ in windows]
        except BrokenPipeError:
            raise ObservingError("the recording process has ended before it was asked") from None
        finally:
            self.close()

    def close(self) -> None:
        """End the other process; what was seen is not asked for."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(OSError):
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _await(self) -> None:
        """Until the other process has something to say; it may have said more by then."""
        assert self._process is not None
        assert self._process.stdout is not None
        waiting = select.poll()
        waiting.register(self._process.stdout, select.POLLIN)
        if not waiting.poll(_PATIENCE * 1000):
            raise ObservingError(f"the recording process has said nothing for {_PATIENCE:g} s")

    def _read(self) -> str:
        """The next line of the other process; ObservingError if that tells a trouble, or none comes."""
        assert self._process is not None
        assert self._process.stdout is not None
        line = self._process.stdout.readline().decode()
        if not line:
            raise ObservingError("the recording process ended without a word")
        found = json.loads(line)
        if "trouble" in found:
            raise ObservingError(found["trouble"])
        return line
