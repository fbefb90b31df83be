"""Python stacks of a running process over time, recorded by py-spy without stopping it."""

import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from concurlint.runtime.chrometrace import read_events, stacks_of
from concurlint.runtime.procfs import read_cpu
from concurlint.runtime.samples import Nanoseconds, Stacks, ThreadStacks
from concurlint.trouble import UserError

PID_LIMIT = 1 << 22
"""No OS thread id is larger on Linux; what is larger is a pthread id, which is all Python ≤ 3.10 tells."""

_TOTALS = re.compile(r"Samples: (\d+) Errors: (\d+)")
_PYTHON = re.compile(r"(?:libpython|/python)3\.(\d+)(t?)(?=[^\d]|$)")
_NEWEST = 14
_WITHOUT = "states are given without lines"

_NOT_PERMITTED = "not permitted to read process {pid}: run as root or grant CAP_SYS_PTRACE"
_PLAIN_WORDS = (
    ("Permission Denied", _NOT_PERMITTED),
    ("Operation not permitted", _NOT_PERMITTED),
    ("No python processes found", "process {pid} is not a Python process, and has started none"),
    ("Failed to find python version", "process {pid} is not a Python process"),
    ("Failed to get process executable", "there is no process {pid}"),
    ("Failed to find a python interpreter", "process {pid} has no Python interpreter that py-spy can find"),
    ("nsupported version", "the Python version of process {pid} is not supported by py-spy"),
    ("No such process", "process {pid} ended before its stacks could be recorded"),
)


CLOCK_SEEN: Nanoseconds = 4_000_000
CLOCK_MISSED: Nanoseconds = 40_000_000
"""How far the clock of the stacks may be off if its start was seen between two looks, and if it was missed."""


class RecordingError(UserError):
    """Stacks cannot be recorded; the text is one line for people."""


class UnsupportedError(RecordingError):
    """py-spy cannot read this Python; the states of its threads can be had all the same."""


@dataclass(frozen=True, slots=True)
class Recording:
    """What came of a recording: the stacks, one line on what is missing, how far their clock may be off.

    `cost_ns` is the CPU time that py-spy took to record, without its start; `pace` tells if it had to look less often.
    """

    stacks: Stacks
    trouble: str = ""
    doubt: Nanoseconds = CLOCK_SEEN
    cost_ns: Nanoseconds = 0
    pace: str = ""


def find_pyspy() -> Path:
    """The py-spy beside this interpreter, else on PATH. RecordingError if there is none."""
    beside = Path(sys.executable).parent / "py-spy"
    if os.access(beside, os.X_OK):
        return beside
    found = shutil.which("py-spy")
    if found is None:
        raise RecordingError("py-spy is not installed: `pip install py-spy` beside concurlint")
    return Path(found)


def check_readable(pid: int) -> None:
    """RecordingError if we may not look into the process; whether it is there, and is Python, is told elsewhere."""
    try:
        Path(f"/proc/{pid}/maps").read_bytes()
    except PermissionError:
        raise RecordingError(_NOT_PERMITTED.format(pid=pid)) from None
    except OSError:
        return


def why_unsupported(version: tuple[int, int], free_threaded: bool) -> str:
    """Why py-spy cannot read stacks of this Python, in one line; nothing if it can."""
    if free_threaded:
        return f"py-spy cannot read the stacks of a free-threaded Python: {_WITHOUT}"
    if version > (3, _NEWEST):
        return f"py-spy cannot read the stacks of Python {version[0]}.{version[1]}: {_WITHOUT}"
    return ""


def version_of(pid: int) -> str:
    """The Python version of a process, as far as its files' names tell: `3.12`; nothing if they don't."""
    try:
        named = _PYTHON.search(Path(f"/proc/{pid}/maps").read_text(errors="replace"))
    except OSError:
        return ""
    return f"3.{named[1]}{' free-threaded' * (named[2] == 't')}" if named else ""


class StackRecorder:
    """One py-spy attached to one process; `start` it, `stop` it, and it leaves nothing behind.

    With `children` the processes that the target starts are recorded too; py-spy looks for them every 100 ms,
    so shorter-lived ones have no stacks. `seconds` bounds the recording even if `stop` is never called.
    """

    def __init__(
        self,
        pid: int,
        *,
        rate: int = 50,
        children: bool = False,
        seconds: float | None = None,
        pyspy: Path | None = None,
    ) -> None:
        self.pid = pid
        self.rate = rate
        self._folder = tempfile.TemporaryDirectory(prefix="concurlint-", ignore_cleanup_errors=True)
        self._output = Path(self._folder.name) / "stacks.json"
        self._pyspy = pyspy
        self._options = ["--subprocesses"] * children
        if seconds is not None:
            self._options += ["--duration", str(max(1, round(seconds + 0.5)))]
        self._said: list[str] = []
        self._spoke = threading.Event()
        self._process: subprocess.Popen[str] | None = None
        self._listener: threading.Thread | None = None
        self._cwd = ""
        self._spawned: Nanoseconds = 0
        self._clock: Nanoseconds = 0
        self._doubt: Nanoseconds = CLOCK_MISSED
        self._ready: Nanoseconds = 0
        self._before: Nanoseconds = 0

    def start(self, timeout: float = 10.0) -> None:
        """Attach, and come back when py-spy samples. RecordingError if it cannot."""
        trouble, unsupported = _trouble_with(self.pid)
        if trouble:
            self.close()
            raise UnsupportedError(trouble) if unsupported else RecordingError(trouble)
        self._cwd = _folder_of(self.pid)
        self._process = self._launch()
        self._listener = threading.Thread(target=self._listen, args=(self._process,), daemon=True)
        self._listener.start()
        self._clock, self._doubt = self._await_sampler(self._process.pid, timeout)
        self._spoke.wait(timeout)
        if not self._ready:
            # It may have said its last word, and not have ended yet.
            late = not self._spoke.is_set() or not _ends_soon(self._process)
            self.close()
            raise RecordingError(
                f"py-spy did not begin to sample process {self.pid} within {timeout:g} s"
                if late
                else _in_plain_words("".join(self._said), self.pid)
            )
        self._before = read_cpu(self._process.pid)

    def spent(self) -> tuple[float, float]:
        """Seconds since it began to sample, and how many of a core it has taken for it."""
        if self._process is None or not self._ready:
            return 0.0, 0.0
        cost = read_cpu(self._process.pid) - self._before
        return (time.monotonic_ns() - self._ready) / 1e9, cost / 1e9

    def stop(self, timeout: float = 20.0) -> Recording:
        """End the recording (the target goes on) and give what was seen; damage is told, not raised."""
        process = self._process
        if process is None:
            raise RecordingError("the recording was never started")
        # Not even an ended process is gone before it is waited for.
        cost = read_cpu(process.pid) - self._before
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout)
            trouble = ""
        except subprocess.TimeoutExpired:
            trouble = f"py-spy did not finish within {timeout:g} s: its stacks are lost"
        if self._listener is not None and not trouble:
            self._listener.join(timeout)
        said = "".join(self._said)
        recording = self._read(said, trouble)
        self.close()
        return replace(recording, cost_ns=cost)

    def close(self) -> None:
        """End py-spy if it still runs, and remove its file."""
        if self._process is not None:
            if self._process.poll() is None:
                self._process.kill()
                self._process.wait()
            if self._listener is not None:
                self._listener.join(1.0)
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _launch(self) -> subprocess.Popen[str]:
        pyspy = self._pyspy or find_pyspy()
        shape = ["--format", "chrometrace", "--idle", "--threads", "--nonblocking", "--full-filenames"]
        command = [str(pyspy), "record", "--pid", str(self.pid), "--rate", str(self.rate)]
        self._spawned = time.monotonic_ns()
        try:
            return subprocess.Popen(
                [*command, *shape, *self._options, "--output", str(self._output)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                # Ctrl-C is the program's: py-spy is told by `stop`.
                start_new_session=True,
            )
        except OSError as error:
            self.close()
            raise RecordingError(f"py-spy cannot be started: {pyspy}: {error.strerror}") from None

    def _await_sampler(self, pyspy: int, timeout: float) -> tuple[Nanoseconds, Nanoseconds]:
        """When py-spy's clock started, 0 if that was missed, and how far out that may be.

        It starts its sampling thread at once after: between two looks of ours, or already before the first, since
        a busy machine lets us go on only some milliseconds after it was launched.
        """
        tasks = f"/proc/{pyspy}/task"
        before = self._spawned
        last = before + timeout * 1e9
        while not self._spoke.is_set() and before < last:
            try:
                count = len(os.listdir(tasks))  # noqa: PTH208 (Path.iterdir costs ten times as much)
            except OSError:
                break
            now = time.monotonic_ns()
            if count > 1:
                return (before + now) // 2, CLOCK_SEEN + (now - before) // 2
            before = now
            time.sleep(0.0005)
        return 0, CLOCK_MISSED

    def _listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                self._said.append(line)
                if "Sampling process" in line and not self._ready:
                    self._ready = time.monotonic_ns()
                    self._spoke.set()
        self._spoke.set()

    def _read(self, said: str, trouble: str) -> Recording:
        totals = _TOTALS.search(said)
        errors = int(totals[2]) if totals else 0
        if trouble:
            return Recording(Stacks((), self._ready, self.rate, errors), trouble)
        try:
            text = self._output.read_text(encoding="utf-8", errors="replace")
        except OSError:
            lost = _last_words(said) or "py-spy wrote nothing"
            return Recording(Stacks((), self._ready, self.rate, errors), f"stacks are lost: {lost}")
        events, trouble = read_events(text, self._cwd)
        # Not seen to start, py-spy's clock is known from its first sample, taken soon after it says "Sampling".
        first = events[0].at if events else 0
        started = self._clock or max(self._spawned, self._ready - first)
        threads = stacks_of(events, started)
        return Recording(Stacks(with_native_ids(threads), started, self.rate, errors), trouble, self._doubt)


def _ends_soon(process: subprocess.Popen[str]) -> bool:
    try:
        process.wait(2.0)
    except subprocess.TimeoutExpired:
        return False
    return True


def with_native_ids(threads: tuple[ThreadStacks, ...]) -> tuple[ThreadStacks, ...]:
    """The same threads, pthread ids exchanged for OS thread ids where the process still lives to be asked."""
    return tuple(
        replace(thread, tid=_native_id(thread.pid, thread.tid)) if thread.tid > PID_LIMIT else thread
        for thread in threads
    )


def _native_id(pid: int, pthread: int) -> int:
    """The OS thread id that glibc keeps in a thread's own record, looked for among the process's threads."""
    try:
        tids = {int(name) for name in os.listdir(f"/proc/{pid}/task")}  # noqa: PTH208 (names are wanted)
        memory = os.open(f"/proc/{pid}/mem", os.O_RDONLY)
        try:
            record = os.pread(memory, 1024, pthread)
        finally:
            os.close(memory)
    except OSError:
        return pthread
    # After the thread control block and a list head: glibc's struct pthread on x86-64 and aarch64.
    near = (at for at in (0x2D0, 0xD0) if len(record) >= at + 4)
    return next((tid for at in near if (tid := struct.unpack_from("=i", record, at)[0]) in tids), pthread)


def _trouble_with(pid: int) -> tuple[str, bool]:
    """Why the process cannot be recorded, and whether that is for its Python; nothing if it can."""
    if not Path("/proc/self/status").exists():
        return "", False
    if not Path(f"/proc/{pid}").exists():
        return f"there is no process {pid}", False
    try:
        maps = Path(f"/proc/{pid}/maps").read_text(errors="replace")
    except PermissionError:
        return _NOT_PERMITTED.format(pid=pid), False
    except OSError:
        return f"process {pid} ended before its stacks could be recorded", False
    named = _PYTHON.search(maps)
    return (why_unsupported((3, int(named[1])), named[2] == "t"), True) if named else ("", False)


def _folder_of(pid: int) -> str:
    try:
        return str(Path(f"/proc/{pid}/cwd").readlink())
    except OSError:
        return ""


def _in_plain_words(said: str, pid: int) -> str:
    for sign, words in _PLAIN_WORDS:
        if sign in said:
            return words.format(pid=pid)
    return f"py-spy cannot record process {pid}: {_last_words(said) or 'it ended without a word'}"


def _last_words(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(("Error", "error"))]
    return (errors or lines or [""])[0].removeprefix("Error: ")
