"""Both recorders around one program: begun together, ended together, and what they saw made one Profile."""

import os
import platform
import re
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self

from concurlint.runtime.commands import is_entry_stub
from concurlint.runtime.family import runs_python
from concurlint.runtime.launch import BOOTSTRAP, Attached, Interpreter, Program
from concurlint.runtime.pacing import PacedRecorder
from concurlint.runtime.procfs import is_alive
from concurlint.runtime.profile import Ended, Profile
from concurlint.runtime.recorded import NO_STACKS_SEEN, Recorded
from concurlint.runtime.samples import Nanoseconds, Stacks
from concurlint.runtime.stacks import (
    Recording,
    RecordingError,
    StackRecorder,
    UnsupportedError,
    check_readable,
    find_pyspy,
    version_of,
    why_unsupported,
)
from concurlint.runtime.states import DEFAULT_RATE, Sampler, SamplingError, check_proc

Seconds = float

_CPU_LIMIT = Path("/sys/fs/cgroup/cpu.max")
_VERSION = re.compile(r"/python(3\.\d+)[a-z]*$")
_RETRY: Seconds = 0.05
_NO_STACKS = Recording(Stacks((), 0, 1, 0))


def check_here(pid: int | None = None) -> None:
    """SamplingError or RecordingError where nothing, or nothing of this process, can be measured: before any start."""
    check_proc()
    if pid is not None:
        check_readable(pid)
    find_pyspy()


class Recorders:
    """The sampler of states and py-spy, on a program and the Python processes below it."""

    def __init__(self, program: Program | Attached, command: Sequence[str], *, rate: int = DEFAULT_RATE) -> None:
        """SamplingError where there is nothing to sample, RecordingError where py-spy is missing."""
        self._pyspy = find_pyspy()
        self._rate = max(1, rate // 4)
        self._program = program
        self._command = command
        self._notes: list[str] = []
        self._python = _exact(program.interpreter)
        self._began = 0.0
        self._cost: Nanoseconds = 0
        self._over = threading.Event()
        self._seeker = threading.Thread(target=self._seek, name="concurlint-seeker", daemon=True)
        self.sampler = self._make_sampler(rate)
        self._stacks: PacedRecorder | None = None
        trouble = _why_without_lines(program.interpreter)
        if trouble:
            self._notes.append(trouble)
        else:
            self._stacks = self._make_recorder()

    def start(self) -> None:
        """Let the program go, recorded by both. RecordingError if it may not be read, or is no Python."""
        if isinstance(self._program, Program) and self._program.interpreter is None:
            # A command runs already, and need not be Python itself: what can be had of it is taken.
            self._start_sampler()
            self._stacks = None
            self._seeker.start()
        else:
            self._start_stacks()
            if not runs_python(self._program.pid):
                raise RecordingError(f"process {self._program.pid} is not a Python process")
            self._program.go()
            self._start_sampler()
        self._cost = time.process_time_ns()

    def stop(self) -> Profile:
        """End both, and give what they saw. SamplingError if the sampler failed, RecordingError if it saw nothing."""
        return self.end().profile()

    def end(self) -> Recorded:
        """End both, and give what they saw as it is, for parts of it too. Errors as of `stop`."""
        left = [pid for pid in self.sampler.processes if pid != self._program.pid]
        states = self.sampler.stop()
        self._end_seeking()
        cost = max(states.cost_ns, time.process_time_ns() - self._cost)
        recording = self._stacks.stop() if self._stacks is not None else _NO_STACKS
        states = replace(states, cost_ns=cost + recording.cost_ns)
        if not states.threads:
            raise self._nothing_seen()
        return Recorded(
            states=states,
            recording=recording,
            hidden=_before(recording.stacks),
            command=tuple(self._command),
            python=self._python or _named(self.sampler.executables),
            platform=f"{platform.system()} {platform.machine()}",
            cores=count_cores(),
            started=self._began,
            notes=(*self._notes, *self._told(recording, left)),
            with_lines=self._stacks is not None,
            ended=self._ended(),
        )

    def _ended(self) -> Ended:
        if self._program.is_interrupted:
            return "interrupted"
        return "goes on" if isinstance(self._program, Attached) and self._program.is_running() else "by itself"

    def close(self) -> None:
        """End both, if they still run."""
        self.sampler.close()
        self._end_seeking()
        if self._stacks is not None:
            self._stacks.close()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _start_sampler(self) -> None:
        self._began = time.time()
        self.sampler.start()

    def _make_sampler(self, rate: int) -> Sampler:
        try:
            return Sampler(self._program.pid, rate=rate)
        except SamplingError:
            if isinstance(self._program, Program) and not is_alive(self._program.pid):
                raise self._nothing_seen() from None
            raise

    def _nothing_seen(self) -> RecordingError:
        return RecordingError(f"no Python process to be measured was seen: {' '.join(self._command)[:80]}")

    def _make_recorder(self) -> PacedRecorder:
        def make(rate: int) -> StackRecorder:
            return StackRecorder(self._program.pid, rate=rate, children=True, pyspy=self._pyspy)

        return PacedRecorder(make, self._rate, lambda: self.sampler.now.total())

    def _start_stacks(self) -> None:
        self._python = self._python or version_of(self._program.pid)
        if self._stacks is not None:
            try:
                self._stacks.start()
            except UnsupportedError as error:
                self._stacks = None
                self._notes.append(str(error))

    def _seek(self) -> None:
        """Record the stacks of a command as soon as there is Python in it."""
        why = ""
        while not self._over.wait(_RETRY) and is_alive(self._program.pid):
            if not self.sampler.processes:
                continue
            recorder = self._make_recorder()
            try:
                recorder.start()
            except RecordingError as error:
                why = str(error)
            else:
                self._stacks = recorder
                return
        self._notes.append(f"states are given without lines: {why}" if why else NO_STACKS_SEEN)

    def _end_seeking(self) -> None:
        self._over.set()
        if self._seeker.ident is not None:
            self._seeker.join()

    def _told(self, recording: Recording, left: Sequence[int]) -> Iterator[str]:
        """What the reader of the figures should know."""
        if recording.trouble:
            yield recording.trouble
        if recording.pace:
            yield recording.pace
        orphans = [pid for pid in left if is_alive(pid)]
        if orphans and not is_alive(self._program.pid):
            yield f"{len(orphans)} of its processes still ran when the program ended"


def count_cores() -> int:
    """How many cores' worth of computing a program can do here: those it may run on, less where a limit is set."""
    allowed = len(os.sched_getaffinity(0))
    try:
        quota, period = _CPU_LIMIT.read_text(encoding="ascii").split()
        return max(1, min(allowed, round(int(quota) / int(period))))
    except (OSError, ValueError):
        return allowed


def _why_without_lines(interpreter: Interpreter | None) -> str:
    if interpreter is None:
        return ""
    return why_unsupported(interpreter.version[:2], interpreter.free_threaded)


def _exact(interpreter: Interpreter | None) -> str:
    if interpreter is None:
        return ""
    return ".".join(map(str, interpreter.version)) + " free-threaded" * interpreter.free_threaded


def _named(executables: Sequence[str]) -> str:
    """The versions in the names of the programs that ran."""
    found = [named[1] for path in executables if (named := _VERSION.search(path))]
    return " and ".join(dict.fromkeys(found)) or "of unknown version"


def _before(stacks: Stacks) -> frozenset[str]:
    """The files whose frames lie below the program's own: ours, Python's that runs a module, a command's stub."""
    found = {str(BOOTSTRAP)}
    stretches = (stretch for thread in stacks.threads for stretch in thread.stretches)
    # What runs a module stands in two frames, a stub in one.
    for path in {frame.path for stretch in stretches for frame in stretch.frames[:4]}:
        if path == "<frozen runpy>" or path.endswith("/runpy.py") or is_entry_stub(path):
            found.add(path)
    return frozenset(found)
