"""What can be measured: a script, a module, any command, a process that runs already."""

import sys
from dataclasses import dataclass
from pathlib import Path

from concurlint.runtime.commands import read_command
from concurlint.runtime.launch import (
    Attached,
    Program,
    start_code,
    start_command,
    start_module,
    start_script,
)

_STARTS = {"script": start_script, "module": start_module, "code": start_code}


@dataclass(frozen=True, slots=True)
class Script:
    """As `python path arguments`."""

    path: str
    arguments: tuple[str, ...] = ()
    python: str = sys.executable

    @property
    def command(self) -> tuple[str, ...]:
        """How the report calls it."""
        return (self.path, *self.arguments)

    def start(self) -> Program:
        """Held at the barrier. LaunchError if it cannot be."""
        return start_script(self.path, self.arguments, python=self.python)


@dataclass(frozen=True, slots=True)
class Module:
    """As `python -m name arguments`."""

    name: str
    arguments: tuple[str, ...] = ()
    python: str = sys.executable

    @property
    def command(self) -> tuple[str, ...]:
        """How the report calls it."""
        return ("-m", self.name, *self.arguments)

    def start(self) -> Program:
        """Held at the barrier. LaunchError if it cannot be."""
        return start_module(self.name, self.arguments, python=self.python)


@dataclass(frozen=True, slots=True)
class Command:
    """Any command that is, or starts, Python."""

    words: tuple[str, ...]

    @property
    def command(self) -> tuple[str, ...]:
        """How the report calls it."""
        return self.words

    def start(self) -> Program:
        """Held at the barrier if it is Python itself, else already running. LaunchError if it cannot be."""
        found = read_command(self.words)
        if found is None:
            return start_command(self.words)
        return _STARTS[found.kind](found.target, found.arguments, python=found.python, options=found.options)


@dataclass(frozen=True, slots=True)
class Process:
    """A process that somebody else started."""

    pid: int

    @property
    def command(self) -> tuple[str, ...]:
        """How it was called, as far as it says."""
        try:
            words = Path(f"/proc/{self.pid}/cmdline").read_bytes().rstrip(b"\0").split(b"\0")
        except OSError:
            words = []
        return tuple(word.decode(errors="replace") for word in words if word) or (f"process {self.pid}",)

    def start(self) -> Attached:
        """Only looked at. LaunchError if there is none."""
        return Attached(self.pid)


Target = Script | Module | Command | Process
