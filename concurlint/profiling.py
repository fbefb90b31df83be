"""The runtime run on one page: a program → its profile."""

import contextlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from concurlint.decoding import decode
from concurlint.report.profiled.paths import is_library
from concurlint.runtime.profile import Profile, Seconds
from concurlint.runtime.recording import Recorders, check_here
from concurlint.runtime.signals import ended_by_signals
from concurlint.runtime.states import DEFAULT_RATE, Sampler
from concurlint.runtime.targets import Command, Module, Process, Script, Target

__all__ = ["Command", "Measured", "Module", "Process", "Script", "measure", "read_sources"]

Watch = Callable[[Sampler], AbstractContextManager[object]]


@dataclass(frozen=True, slots=True)
class Measured:
    """A profile, and the exit status of the program: −N for signal N, 0 for one that goes on."""

    profile: Profile
    status: int


def measure(
    target: Target,
    *,
    rate: int = DEFAULT_RATE,
    seconds: Seconds | None = None,
    watch: Watch = contextlib.nullcontext,
) -> Measured:
    """Run the program to its end, or look at the process for so many seconds, and give what was seen.

    `watch` is entered while it runs. LaunchError, RecordingError and SamplingError say what is in the way.
    """
    check_here(target.pid if isinstance(target, Process) else None)
    with (
        ended_by_signals(),
        target.start() as program,
        Recorders(program, target.command, rate=rate) as recorders,
        program.signals_passed_on(),
    ):
        # Ctrl-C is for a program of ours; from another's process it only turns us away.
        program.before_interrupt = recorders.sampler.note_standstill
        with watch(recorders.sampler), contextlib.suppress(KeyboardInterrupt):
            program.wait(seconds, recorders.sampler.is_stuck)
        if program.is_interrupted:
            program.take_along(recorders.sampler.processes)
        profile = recorders.stop()
        return Measured(profile, program.status)


def read_sources(profile: Profile) -> Mapping[str, str]:
    """Path → text of the program's own files that were seen running and are there."""
    return read_own({frame.path for stack in profile.stacks for frame in stack.frames})


def read_own(paths: Iterable[str]) -> Mapping[str, str]:
    """Path → text of those of the files that are the program's own and are there."""
    texts = {}
    for path in set(paths):
        if not is_library(path):
            with contextlib.suppress(OSError, ValueError, SyntaxError):
                texts[path] = decode(Path(path).read_bytes())
    return texts
