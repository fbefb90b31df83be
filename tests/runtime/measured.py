"""Small scripts run and measured: what the live tests of the sampler share."""

import os
import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from concurlint.runtime.launch import start_script
from concurlint.runtime.procfs import Memory
from concurlint.runtime.samples import State, States, ThreadStates
from concurlint.runtime.states import Sampler

OLDEST = 8
CROWDED = 0.03
"""CPU time that threads had to wait for, by CPU time they got: from there on shares are not what arithmetic says."""


@cache
def pythons() -> Mapping[str, str]:
    """Version → path of each CPython to measure, 3.8 and newer: our own, and those that pyenv has."""
    found = {".".join(map(str, sys.version_info[:2])): sys.executable}
    for python in sorted((Path.home() / ".pyenv" / "versions").glob("3.*/bin/python")):
        major, minor = python.parts[-3].split(".")[:2]
        if minor.isdigit() and int(minor) >= OLDEST:
            found.setdefault(f"{major}.{minor}", str(python))
    return found


@cache
def why_not() -> str:
    """Why nothing can be measured here; nothing if it can."""
    try:
        Path("/proc/self/syscall").read_bytes()
        Memory(os.getpid()).close()
    except OSError as error:
        return f"needs Linux's /proc with leave to read other processes: {error}"
    return ""


@dataclass(frozen=True)
class Measured:
    """What the sampler saw of a program, and how it ended."""

    states: States
    status: int | None

    def of(self, pid: int) -> list[ThreadStates]:
        """The threads of one process, the oldest first."""
        return sorted((thread for thread in self.states.threads if thread.pid == pid), key=lambda thread: thread.tid)

    @property
    def pid(self) -> int:
        """Of the program itself."""
        return self.states.threads[0].pid

    @property
    def workers(self) -> list[ThreadStates]:
        """All threads of the program itself but its main thread."""
        return self.of(self.pid)[1:]

    @property
    def main(self) -> ThreadStates:
        """The main thread of the program itself."""
        return self.of(self.pid)[0]

    @property
    def is_crowded(self) -> bool:
        """Whether the machine was busy with other things."""
        cpu = sum(thread.cpu_ns for thread in self.states.threads)
        return sum(thread.queue_ns for thread in self.states.threads) > CROWDED * max(1, cpu)


def measure(folder: Path, text: str, python: str = sys.executable) -> Measured:
    """Run the script to its end, looked at all the time."""
    script = folder / "script.py"
    script.write_text("import hashlib, os, socket, subprocess, sys, threading, time\n" + text, encoding="utf-8")
    with start_script(str(script), python=python) as program:
        sampler = Sampler(program.pid)
        sampler.start()
        program.go()
        status = program.wait(60)
        sampler.wait(5)
        return Measured(sampler.stop(), status)


def seconds(thread: ThreadStates) -> Mapping[State, float]:
    """State → how long the thread was in it."""
    spent: dict[State, float] = defaultdict(float)
    for stretch in thread.stretches:
        spent[stretch.state] += (stretch.end - stretch.start) / 1e9
    return spent


def points(thread: ThreadStates, *states: State) -> float:
    """Per cent of its time that the thread was in any of these states."""
    spent = seconds(thread)
    return 100 * sum(spent[state] for state in states) / (sum(spent.values()) or 1)
