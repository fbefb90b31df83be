"""A process at one moment: every thread's whole stack, with its local variables if asked, and what it waits for."""

import json
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from concurlint.runtime.family import runs_python
from concurlint.runtime.idleness import idle_seconds
from concurlint.runtime.recording import check_here
from concurlint.runtime.samples import Frame, Standing, State
from concurlint.runtime.stacks import RecordingError, find_pyspy, version_of
from concurlint.runtime.states import Sampler, SamplingError
from concurlint.runtime.targets import Process
from concurlint.runtime.waits import name_wait

Seconds = float

_LOOKS: Seconds = 0.3
"""Long enough to see who runs, and to find the GIL."""
_PATIENCE: Seconds = 30.0


@dataclass(frozen=True, slots=True)
class LocalVariable:
    """One local variable of a frame, as far as it can be shown without running anything."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class FrameNow:
    """One call on a stack, and its variables."""

    frame: Frame
    variables: tuple[LocalVariable, ...] = ()


@dataclass(frozen=True, slots=True)
class ThreadNow:
    """One thread: its stack, outermost frame first, what it does, and for how long it has not run (None: unknown).

    `is_timed`: the wait ends by itself. Threads that wait on the same futex have the same `address`; 0 is none.
    """

    pid: int
    tid: int
    name: str
    state: State
    is_timed: bool
    address: int
    idle: Seconds | None
    frames: tuple[FrameNow, ...]


@dataclass(frozen=True, slots=True)
class Now:
    """All threads of a process and of the Python processes below it; `notes` are one line each."""

    command: tuple[str, ...]
    python: str
    at: Seconds
    threads: tuple[ThreadNow, ...]
    notes: tuple[str, ...]


def look_once(pid: int, *, variables: bool) -> Now:
    """What every thread is at now. RecordingError or SamplingError where that cannot be seen."""
    check_here(pid)
    command = Process(pid).command
    with Sampler(pid) as sampler:
        if not runs_python(pid):
            raise RecordingError(f"process {pid} is not a Python process")
        time.sleep(_LOOKS)
        processes = sampler.processes
        stacks, notes = _dump_all(processes, variables)
        sampler.note_standstill()
        states = sampler.stop()
    if states.standstill is None:
        raise SamplingError(f"process {pid} ended before it could be looked at")
    names = {(thread.pid, thread.tid): thread.name for thread in states.threads}
    threads = [
        _thread(one, names.get((one.pid, one.tid), ""), stacks.get((one.pid, one.tid)))
        for one in states.standstill.threads
    ]
    return Now(command, version_of(pid) or "of unknown version", time.time(), tuple(threads), tuple(notes))


def _thread(one: Standing, name: str, dumped: Mapping[str, Any] | None) -> ThreadNow:
    frames = tuple(_frames(dumped)) if dumped is not None else ()
    state = name_wait(one.state, [each.frame for each in frames])
    called = (dumped or {}).get("thread_name") or ("MainThread" if one.pid == one.tid else name)
    return ThreadNow(
        one.pid, one.tid, str(called), state, one.is_timed, one.address, idle_seconds(one.pid, one.tid), frames
    )


def _frames(dumped: Mapping[str, Any]) -> Iterator[FrameNow]:
    """py-spy has the innermost first."""
    for frame in reversed(dumped["frames"]):
        found = [LocalVariable(each["name"], each["repr"] or "") for each in frame["locals"] or ()]
        yield FrameNow(Frame(frame["name"], frame["filename"], frame["line"]), tuple(found))


def _dump_all(pids: list[int], variables: bool) -> tuple[Mapping[tuple[int, int], Mapping[str, Any]], list[str]]:
    """Process and OS thread → what py-spy says of it, and a note for each process of which it says nothing."""
    found: dict[tuple[int, int], Mapping[str, Any]] = {}
    notes = []
    pyspy = find_pyspy()
    for pid in pids:
        try:
            for thread in _dump(pyspy, pid, variables):
                found[pid, thread["os_thread_id"] or pid] = thread
        except (ValueError, KeyError, TypeError, OSError, subprocess.SubprocessError) as error:
            said = str(getattr(error, "stderr", "") or error).strip().splitlines()
            notes.append(f"no stacks of process {pid}: {said[0] if said else 'py-spy gave none'}")
    return found, notes


def _dump(pyspy: Path, pid: int, variables: bool) -> list[dict[str, Any]]:
    options = ["--json", "--nonblocking", "--full-filenames", *(["--locals"] if variables else [])]
    done = subprocess.run(
        [str(pyspy), "dump", "--pid", str(pid), *options],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=_PATIENCE,
        check=True,
    )
    dumped = json.loads(done.stdout)
    if not isinstance(dumped, list):
        raise ValueError("py-spy's dump is not a list of threads")
    return dumped
