"""py-spy attached to a process: what it records, and what is said when it cannot."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from concurlint.runtime.stacks import (
    CLOCK_MISSED,
    CLOCK_SEEN,
    PID_LIMIT,
    RecordingError,
    StackRecorder,
    find_pyspy,
    why_unsupported,
)

WORKLOADS = Path(__file__).parents[2] / "fixtures" / "workloads"
TRACE = (Path(__file__).parent / "recorded" / "convoy-3.12.json").as_posix()

needs_proc = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux's /proc")


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A Python process that does nothing for a minute."""
    process = subprocess.Popen([sys.executable, "-c", "print(flush=True); import time; time.sleep(60)"], stdout=-1)
    assert process.stdout is not None
    process.stdout.readline()
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def false_pyspy(folder: Path, body: str) -> Path:
    """A program in py-spy's place; `$out` is the file it was told to write."""
    path = folder / "py-spy"
    last = 'for out; do :; done\ntrap "" INT\n'
    path.write_text(f"#!/bin/sh\n{last}{body}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def folders(folder: Path) -> list[Path]:
    """What recorders left there."""
    return list(folder.glob("concurlint-*"))


# Without py-spy


def test_a_missing_py_spy_is_told_with_the_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RecordingError, match=r"^py-spy is not installed: `pip install py-spy`"):
        find_pyspy()


def test_py_spy_is_found_beside_the_interpreter_before_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    beside, on_path = tmp_path / "bin", tmp_path / "path"
    for folder in (beside, on_path):
        folder.mkdir()
        false_pyspy(folder, "")
    monkeypatch.setattr(sys, "executable", str(beside / "python"))
    monkeypatch.setenv("PATH", str(on_path))
    assert find_pyspy() == beside / "py-spy"
    (beside / "py-spy").unlink()
    assert find_pyspy() == on_path / "py-spy"


@pytest.mark.parametrize(
    ("version", "free_threaded", "why"),
    [
        ((3, 8), False, ""),
        ((3, 14), False, ""),
        ((3, 13), True, "py-spy cannot read the stacks of a free-threaded Python: states are given without lines"),
        ((3, 15), False, "py-spy cannot read the stacks of Python 3.15: states are given without lines"),
    ],
)
def test_pythons_that_py_spy_cannot_read_are_known(version: tuple[int, int], free_threaded: bool, why: str):
    assert why_unsupported(version, free_threaded) == why


# A program in its place


@needs_proc
@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("echo 'Permission Denied: Try running again' >&2; exit 1", "not permitted to read process {pid}: "),
        ("echo 'Error: Failed to find python version from target process'; exit 1", "{pid} is not a Python process"),
        ("echo 'Error: something new'; echo more; exit 1", "py-spy cannot record process {pid}: something new$"),
        ("exit 1", "py-spy cannot record process {pid}: it ended without a word$"),
        ("exec sleep 5", "py-spy did not begin to sample process {pid} within 0.3 s$"),
    ],
)
def test_why_a_recording_cannot_start_is_told_in_one_line(
    sleeper: subprocess.Popen[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, says: str
):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    recorder = StackRecorder(sleeper.pid, pyspy=false_pyspy(tmp_path, body))
    with pytest.raises(RecordingError, match=says.format(pid=sleeper.pid)) as told:
        recorder.start(timeout=0.3)
    assert "\n" not in str(told.value)
    assert folders(tmp_path) == []


@needs_proc
@pytest.mark.parametrize(
    ("body", "trouble"),
    [
        ("", "stacks are lost: Sampling process"),
        (': > "$out"', "py-spy's output is empty"),
        ('echo "[" > "$out"', "py-spy's output is damaged: its end is missing"),
        (f'head -c 4000 {TRACE} > "$out"', "py-spy's output is damaged: its end is missing"),
        (f'cat {TRACE} > "$out"', ""),
    ],
)
def test_lost_and_damaged_output_is_told_and_what_is_there_kept(
    sleeper: subprocess.Popen[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, trouble: str
):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    said = "echo 'Sampling process 100 times a second'"
    with StackRecorder(sleeper.pid, pyspy=false_pyspy(tmp_path, f"{said}\n{body}\necho 'Samples: 7 Errors: 2'")) as spy:
        spy.start()
        recording = spy.stop()
    assert recording.trouble.startswith(trouble)
    assert bool(recording.trouble) == bool(trouble)
    assert recording.stacks.errors == 2
    assert bool(recording.stacks.threads) == (TRACE in body)
    assert folders(tmp_path) == []


@needs_proc
def test_a_program_that_cannot_be_started_is_told(sleeper: subprocess.Popen[bytes], tmp_path: Path):
    absent = tmp_path / "absent"
    with pytest.raises(RecordingError, match=f"^py-spy cannot be started: {absent}: No such file"):
        StackRecorder(sleeper.pid, pyspy=absent).start()


@needs_proc
def test_a_process_that_is_not_there_is_told():
    gone = subprocess.Popen(["true"])
    gone.wait()
    with pytest.raises(RecordingError, match=f"^there is no process {gone.pid}$"):
        StackRecorder(gone.pid).start()


def test_a_recording_never_started_cannot_be_stopped():
    with pytest.raises(RecordingError, match="never started"), StackRecorder(os.getpid()) as spy:
        spy.stop()


# Live


@pytest.fixture
def pyspy(sleeper: subprocess.Popen[bytes]) -> Path:
    """The real py-spy, where there is one and it may attach."""
    try:
        found = find_pyspy()
        with StackRecorder(sleeper.pid, pyspy=found) as spy:
            spy.start()
    except RecordingError as error:
        pytest.skip(str(error))
    return found


@pytest.mark.live
@needs_proc
def test_a_live_recording_has_the_threads_their_lines_and_the_time(pyspy: Path):
    target = subprocess.Popen([sys.executable, WORKLOADS / "lock.py", "3"])
    time.sleep(0.5)
    with StackRecorder(target.pid, pyspy=pyspy) as spy:
        spy.start()
        begun = time.monotonic_ns()
        time.sleep(1)
        ended = time.monotonic_ns()
        recording = spy.stop()
    assert target.wait() == 0
    assert recording.trouble == ""
    assert CLOCK_SEEN <= recording.doubt < CLOCK_MISSED
    threads = {of.name: of for of in recording.stacks.threads}
    assert set(threads) == {"MainThread", "keeper", "comer-1", "comer-2"}
    assert threads["MainThread"].tid == target.pid
    assert all(of.tid < PID_LIMIT for of in threads.values())
    lines = {stretch.frames[-1].function for stretch in threads["comer-1"].stretches}
    assert lines <= {"come", "wait_until"}
    # Generous: the machine may be busy; a clock of another kind would be out by hours.
    assert abs(threads["MainThread"].stretches[0].start - begun) < 500_000_000
    assert abs(threads["MainThread"].stretches[-1].end - ended) < 500_000_000


@pytest.mark.live
@needs_proc
def test_a_live_recording_of_children_has_each_by_its_process(pyspy: Path):
    target = subprocess.Popen([sys.executable, WORKLOADS / "fork.py", "2"])
    time.sleep(0.5)
    with StackRecorder(target.pid, pyspy=pyspy, children=True) as spy:
        spy.start()
        assert target.wait() == 5
        recording = spy.stop()
    found = {of.name: of for of in recording.stacks.threads}
    assert found["MainThread"].pid == target.pid
    assert found["forked"].pid not in (target.pid, 0)
    assert {s.frames[-1].function for s in found["forked"].stretches if s.frames} >= {"spin"}


@pytest.mark.live
@needs_proc
def test_a_program_that_is_no_python_is_told(pyspy: Path):
    target = subprocess.Popen(["sleep", "30"])
    try:
        with pytest.raises(RecordingError, match=f"^process {target.pid} is not a Python process$"):
            StackRecorder(target.pid, pyspy=pyspy).start()
    finally:
        target.kill()
        target.wait()


@pytest.mark.live
@needs_proc
def test_the_target_goes_on_and_nothing_is_left_running(sleeper: subprocess.Popen[bytes], pyspy: Path):
    spy = StackRecorder(sleeper.pid, pyspy=pyspy)
    spy.start()
    assert spy._process is not None
    recorder = spy._process.pid
    spy.close()
    assert sleeper.poll() is None
    assert not Path(f"/proc/{recorder}").exists()
