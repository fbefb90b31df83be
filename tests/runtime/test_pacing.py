"""A recording that costs too much goes on with fewer looks, and stays one recording."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from concurlint.runtime.pacing import PacedRecorder
from concurlint.runtime.stacks import RecordingError, StackRecorder, find_pyspy
from tests.runtime.measured import why_not


def why_skipped() -> str:
    """Why nothing can be recorded here; nothing if it can."""
    try:
        find_pyspy()
    except RecordingError as error:
        return str(error)
    return why_not()


pytestmark = [pytest.mark.live, pytest.mark.skipif(bool(why_skipped()), reason=why_skipped())]

TEXT = """
import threading, time

def first():
    time.sleep(60)

threading.Thread(target=first, name="first", daemon=True).start()
time.sleep(60)
"""


@pytest.fixture
def target(tmp_path: Path) -> Iterator[int]:
    """The id of a process with two threads that sleep."""
    with subprocess.Popen([sys.executable, "-c", TEXT], cwd=tmp_path) as process:
        time.sleep(0.3)
        yield process.pid
        process.kill()


def recorder(pid: int, share: float, threads: int = 1000) -> PacedRecorder:
    return PacedRecorder(lambda rate: StackRecorder(pid, rate=rate), 200, lambda: threads, share=share)


def test_what_costs_too_much_is_begun_anew_slower_and_joined(target: int):
    paced = recorder(target, share=1e-6)
    paced.start()
    until = time.monotonic() + 30
    while paced.rate > 1 and time.monotonic() < until:
        time.sleep(0.05)
    begun_anew = time.monotonic_ns()
    time.sleep(1.5)
    recording = paced.stop()
    assert recording.pace == "stacks recorded once a second, not 200 times: more would cost over 0% of a core"
    assert (recording.trouble, recording.stacks.rate) == ("", 1)
    assert sorted(thread.name for thread in recording.stacks.threads) == ["MainThread", "first"]
    for thread in recording.stacks.threads:
        starts = [stretch.start for stretch in thread.stretches]
        assert starts == sorted(starts)
        assert starts[0] < begun_anew < thread.stretches[-1].end


def test_what_costs_little_goes_on_as_it_is(target: int):
    paced = recorder(target, share=100.0)
    paced.start()
    time.sleep(1.5)
    recording = paced.stop()
    assert (recording.pace, recording.stacks.rate) == ("", 200)


def test_few_threads_are_recorded_as_often_as_was_asked_for(target: int):
    paced = recorder(target, share=1e-6, threads=1)
    paced.start()
    time.sleep(1.5)
    recording = paced.stop()
    assert (recording.pace, recording.stacks.rate) == ("", 200)


def test_a_recorder_that_is_only_closed_leaves_nothing_running(target: int):
    paced = recorder(target, share=1e-6)
    paced.start()
    paced.close()
    named = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    assert not [words for words in named if b"py-spy" in words and str(target).encode() in words.split(b"\0")]
