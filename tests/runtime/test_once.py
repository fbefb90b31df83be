"""Live: what every thread of a process is at, at one moment."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from concurlint.runtime.idleness import idle_seconds
from concurlint.runtime.once import LocalVariable, look_once
from concurlint.runtime.samples import State
from concurlint.runtime.stacks import RecordingError, find_pyspy
from tests.runtime.measured import why_not


def why_skipped() -> str:
    """Why nothing can be looked at here; nothing if it can."""
    try:
        find_pyspy()
    except RecordingError as error:
        return str(error)
    return why_not()


pytestmark = [pytest.mark.live, pytest.mark.skipif(bool(why_skipped()), reason=why_skipped())]

HANGS = """
import queue, subprocess, sys, threading, time

lock, jobs = threading.Lock(), queue.Queue()

def take(number):
    with lock:
        jobs.get()

def nap():
    time.sleep(60)

for target, arguments, name in [(take, (1,), "first"), (take, (2,), "second"), (nap, (), "napper")]:
    threading.Thread(target=target, args=arguments, name=name, daemon=True).start()
    time.sleep(0.2)
print("ready", flush=True)
jobs.get()
"""


@pytest.fixture
def hanging(tmp_path: Path) -> Iterator[int]:
    """A process whose threads wait for each other."""
    with subprocess.Popen([sys.executable, "-c", HANGS], cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process.pid
        process.kill()


def test_each_thread_has_its_wait_its_stack_and_its_variables(hanging: int):
    time.sleep(1)
    now = look_once(hanging, variables=True)
    assert now.notes == ()
    threads = {thread.name: thread for thread in now.threads}
    assert {name: thread.state for name, thread in threads.items()} == {
        "MainThread": State.QUEUE,
        "first": State.QUEUE,
        "second": State.LOCK,
        "napper": State.SLEEP,
    }
    (taking,) = [each for each in threads["second"].frames if each.frame.function == "take"]
    assert (taking.frame.line, taking.variables) == (7, (LocalVariable("number", "2"),))
    assert threads["napper"].is_timed
    assert not threads["second"].is_timed
    assert threads["second"].address != 0
    if idle_seconds(hanging, hanging) is not None:
        assert all(0.8 < (thread.idle or 0.0) < 60 for thread in threads.values())


def test_the_variables_are_left_out_unless_asked_for(hanging: int):
    now = look_once(hanging, variables=False)
    assert {each.variables for thread in now.threads for each in thread.frames} == {()}


def test_what_is_no_python_is_told():
    with subprocess.Popen(["sleep", "60"]) as process:
        with pytest.raises(RecordingError, match=rf"^process {process.pid} is not a Python process$"):
            look_once(process.pid, variables=False)
        process.kill()
