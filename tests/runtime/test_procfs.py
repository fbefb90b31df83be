"""What /proc says, read back from processes and files made for it."""

import ctypes
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from concurlint.runtime.procfs import (
    Blocked,
    Memory,
    Running,
    ThreadFile,
    children_of,
    find_interpreter,
    is_alive,
    kind_of_file,
    parse_schedstat,
    parse_syscall,
    read_name,
    read_stat,
    read_state,
    threads_of,
)

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux's /proc")


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A Python process with one thread, asleep, under a name that is hard to read."""
    script = "open('/proc/self/comm', 'w').write(') S 1 (x y'); print(flush=True); import time; time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", script], stdout=-1)
    assert process.stdout is not None
    process.stdout.readline()
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_blocked_thread_names_its_system_call_and_six_arguments():
    said = b"230 0x1 0x1 0x7ffd73c2c740 0x0 0x0 0x0 0x7ffd73c2c728 0x7fecb9ced503\n"
    assert parse_syscall(said) == Blocked(230, (1, 1, 0x7FFD73C2C740, 0, 0, 0))


def test_a_thread_that_runs_is_blocked_in_nothing():
    assert parse_syscall(b"running\n") is None


def test_a_thread_stopped_outside_a_system_call_has_number_minus_one():
    assert parse_syscall(b"-1 0x7ffd73c2c728 0x7fecb9ced503\n") == Blocked(-1, ())


def test_schedstat_is_time_on_a_cpu_and_time_waiting_for_one():
    assert parse_schedstat(b"10730290 26856778 34\n") == Running(10730290, 26856778, 34)


def wait_until_asleep(pid: int):
    """It has said that it is ready a moment before."""
    deadline = time.monotonic() + 5
    while read_state(pid, pid) != "S" and time.monotonic() < deadline:
        time.sleep(0.01)


def test_a_name_with_spaces_and_parentheses_is_read_whole(sleeper: subprocess.Popen[bytes]):
    wait_until_asleep(sleeper.pid)
    stat = read_stat(sleeper.pid)
    assert stat is not None
    assert (stat.name, stat.parent) == (") S 1 (x y", os.getpid())
    assert read_name(sleeper.pid, sleeper.pid) == ") S 1 (x y"
    assert read_state(sleeper.pid, sleeper.pid) == "S"


def test_a_process_is_alive_until_it_ends_even_before_it_is_waited_for(sleeper: subprocess.Popen[bytes]):
    assert is_alive(sleeper.pid)
    sleeper.kill()
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)
    assert read_state(sleeper.pid, sleeper.pid) == "Z"
    assert not is_alive(sleeper.pid)
    sleeper.wait()
    assert (read_stat(sleeper.pid), threads_of(sleeper.pid)) == (None, [])


def test_children_and_threads_are_listed(sleeper: subprocess.Popen[bytes]):
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    try:
        tids = threads_of(os.getpid())
        assert tids[0] == os.getpid()
        assert thread.native_id in tids
        assert sleeper.pid in children_of(os.getpid(), tids)
    finally:
        over.set()
        thread.join()


def test_the_kinds_of_open_files_are_told_apart(tmp_path: Path):
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "file").touch()
    one, other = socket.socketpair()
    reads, writes = os.pipe()
    files = {
        "socket": one.fileno(),
        "pipe": reads,
        "file": os.open(tmp_path / "file", os.O_RDONLY),
        "terminal": os.openpty()[1],
        "other": os.open("/dev/null", os.O_RDONLY),
    }
    fifo = os.open(tmp_path / "fifo", os.O_RDWR)
    closed = os.open("/dev/null", os.O_RDONLY)
    os.close(closed)
    try:
        assert {kind: kind_of_file(os.getpid(), number) for kind, number in files.items()} == {k: k for k in files}
        assert kind_of_file(os.getpid(), fifo) == "pipe"
        assert kind_of_file(os.getpid(), closed) == "other"
    finally:
        one.close()
        other.close()
        for number in (reads, writes, fifo, files["file"], files["terminal"], files["other"]):
            os.close(number)


def test_memory_is_read_where_it_is_mapped_and_nowhere_else():
    text = ctypes.create_string_buffer(b"concurlint")
    memory = Memory(os.getpid())
    try:
        assert memory.read(ctypes.addressof(text), 10) == b"concurlint"
        assert memory.read(8, 10) == b""
        assert memory.read(1 << 70, 10) == b""
    finally:
        memory.close()


def test_the_interpreter_is_found_in_a_python_process_and_not_in_another(sleeper: subprocess.Popen[bytes]):
    mapped = find_interpreter(sleeper.pid)
    assert mapped is not None
    assert "python" in Path(mapped.path).name
    with Path(mapped.opened_as).open("rb") as file:
        assert file.read(4) == b"\x7fELF"
    memory = Memory(sleeper.pid)
    assert memory.read(mapped.start, 4) == b"\x7fELF"
    memory.close()
    with subprocess.Popen(["sleep", "60"]) as other:
        deadline = time.monotonic() + 5
        # Until exec it is what its parent is.
        while find_interpreter(other.pid) is not None and time.monotonic() < deadline:
            time.sleep(0.01)
        assert find_interpreter(other.pid) is None
        other.kill()


def test_the_file_of_an_ended_thread_says_so(sleeper: subprocess.Popen[bytes]):
    file = ThreadFile(sleeper.pid, sleeper.pid, "schedstat")
    assert parse_schedstat(file.read()).cpu > 0
    sleeper.kill()
    sleeper.wait()
    with pytest.raises(OSError, match="No such process"):
        file.read()
    file.close()


def open_files() -> int:
    """How many this process has open."""
    return len([*Path("/proc/self/fd").iterdir()])


def test_many_files_are_read_without_being_kept_open(sleeper: subprocess.Popen[bytes]):
    before = open_files()
    files = [ThreadFile(sleeper.pid, sleeper.pid, "schedstat") for _ in range(400)]
    try:
        assert open_files() - before <= 200
        assert all(file.read() for file in files)
    finally:
        for file in files:
            file.close()
    assert open_files() == before
