"""Runs a program again with some of its files changed in memory: how long it takes, and what it says."""

import marshal
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from concurlint.runtime.commands import read_command
from concurlint.runtime.launch import BOOTSTRAP, LaunchError
from concurlint.runtime.overlay import NAME, TEXTS
from concurlint.runtime.targets import Command, Module, Process, Script, Target

Seconds = float

_OVERLAY = Path(__file__).with_name("overlay.py")
_NO_BARRIER = "-1"
_MARSHAL = 2
"""The form that every Python reads."""
_PATIENCE: Seconds = 5.0


@dataclass(frozen=True, slots=True)
class Variant:
    """What is other in a run: whole files by their absolute path, and variables of the environment."""

    label: str
    texts: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ran:
    """One run: from its start to its end; `status` is None for one that took too long and was ended."""

    seconds: Seconds
    status: int | None
    output: bytes
    errors: bytes


class Trials:
    """Runs of one program; it reads nothing from standard input, and its output is kept from the terminal."""

    def __init__(self, target: Target) -> None:
        """LaunchError for what cannot be run again."""
        self._command = _command(target)
        self._folder = tempfile.TemporaryDirectory(prefix="concurlint-", ignore_cleanup_errors=True)

    def run(self, variant: Variant, patience: Seconds) -> Ran:
        """The program, so changed, to its end; it is ended when `patience` is over."""
        folder = Path(self._folder.name)
        shutil.copyfile(_OVERLAY, folder / f"{NAME}.py")
        texts = {os.path.realpath(path): text for path, text in variant.texts.items()}
        (folder / TEXTS).write_bytes(marshal.dumps(texts, _MARSHAL))
        with (folder / "output").open("w+b") as output, (folder / "errors").open("w+b") as errors:
            begin = time.perf_counter()
            process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                env={**os.environ, **variant.environment, "PYTHONPATH": _path(folder)},
                start_new_session=True,
            )
            status = _wait(process, patience)
            seconds = time.perf_counter() - begin
            output.seek(0)
            errors.seek(0)
            return Ran(seconds, status, output.read(), errors.read())

    def close(self) -> None:
        """Nothing is left behind."""
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _command(target: Target) -> Sequence[str]:
    match target:
        case Script(path, arguments, python):
            return [python, str(BOOTSTRAP), _NO_BARRIER, _NO_BARRIER, "script", path, *arguments]
        case Module(name, arguments, python):
            return [python, str(BOOTSTRAP), _NO_BARRIER, _NO_BARRIER, "module", name, *arguments]
        case Command(words) if (found := read_command(words)) is not None:
            boot = [str(BOOTSTRAP), _NO_BARRIER, _NO_BARRIER, found.kind, found.target]
            return [found.python, *found.options, *boot, *found.arguments]
        case Process():
            raise LaunchError("a process that runs already cannot be run again with a change")
        case _:
            raise LaunchError("only Python itself can be run again with a change: name a script or a module")


def _path(folder: Path) -> str:
    before = os.environ.get("PYTHONPATH", "")
    return f"{folder}{os.pathsep}{before}" if before else str(folder)


def _wait(process: subprocess.Popen[bytes], patience: Seconds) -> int | None:
    """Its exit status; with it goes all that it has started."""
    try:
        return process.wait(patience)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process.poll() is None:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            continue
        except ProcessLookupError:
            process.wait()
        return
