"""The GIL found in running interpreters, and read."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from concurlint.runtime.elf import find_symbol
from concurlint.runtime.gil import Gil
from concurlint.runtime.procfs import Blocked, Memory, ThreadFile, parse_syscall, threads_of
from tests.runtime.measured import pythons, why_not

pytestmark = [pytest.mark.live, pytest.mark.skipif(bool(why_not()), reason=why_not())]

ONE_SPINS = "print(flush=True)\nwhile True: pass"
ONE_SLEEPS = "import time\nprint(flush=True)\ntime.sleep(60)"
TWO_SPIN = """
import threading
def spin():
    while True: pass
threading.Thread(target=spin, daemon=True).start()
print(flush=True)
spin()
"""
versions = pytest.mark.parametrize("version", sorted(pythons()))


@contextmanager
def running(text: str, python: str = sys.executable) -> Iterator[tuple[Gil, Memory, list[int]]]:
    """The GIL of a new process, its memory and threads; the process has said that it is under way."""
    process = subprocess.Popen([python, "-c", text], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(0.05)
    memory = Memory(process.pid)
    try:
        yield Gil(process.pid, memory), memory, threads_of(process.pid)
    finally:
        memory.close()
        process.kill()
        process.wait()
        process.stdout.close()


def holders(gil: Gil, tids: list[int], looks: int = 100) -> list[int]:
    """Who holds it, over half a second or so."""
    seen = []
    for _ in range(looks):
        look = gil.look()
        assert look is not None
        seen.append(gil.thread_of(look.holder, tids))
        time.sleep(0.005)
    return seen


@versions
def test_a_computing_thread_holds_the_gil_all_the_time(version: str):
    with running(ONE_SPINS, pythons()[version]) as (gil, _, tids):
        assert gil.find(tids)
        assert set(holders(gil, tids, 30)) == set(tids)
        assert gil.found_by == "its symbol"


@versions
def test_nobody_holds_the_gil_of_a_sleeping_program(version: str):
    with running(ONE_SLEEPS, pythons()[version]) as (gil, _, tids):
        assert gil.find(tids)
        assert set(holders(gil, tids, 30)) == {0}


@versions
def test_two_computing_threads_hand_it_to_and_fro(version: str):
    with running(TWO_SPIN, pythons()[version]) as (gil, _, tids):
        assert gil.find(tids)
        before = gil.look()
        seen = holders(gil, tids)
        after = gil.look()
        assert before is not None
        assert after is not None
        assert after.switches > before.switches
        assert {*seen} - {0} == {*tids}


@versions
def test_a_waiting_thread_gives_it_away(version: str):
    with running(TWO_SPIN, pythons()[version]) as (by_symbol, memory, tids):
        assert by_symbol.find(tids)
        by_waiter = Gil(tids[0], memory)
        assert wait_for_waiter(by_waiter, tids)
        assert (by_waiter.base, by_waiter.found_by) == (by_symbol.base, "a thread that waits for it")


def wait_for_waiter(gil: Gil, tids: list[int]) -> bool:
    """Whether one of the threads is seen to wait for the GIL within five seconds."""
    files = [ThreadFile(tids[0], tid, "syscall") for tid in tids]
    deadline = time.monotonic() + 5
    try:
        while time.monotonic() < deadline:
            for file in files:
                blocked = parse_syscall(file.read())
                if blocked is not None and blocked.number >= 0 and gil.is_waited_for(blocked, tids):
                    return True
        return False
    finally:
        for file in files:
            file.close()


def test_a_lock_with_a_timeout_is_not_taken_for_the_gil():
    text = "import threading\nlock = threading.Lock()\nlock.acquire()\nprint(flush=True)\nlock.acquire(timeout=60)"
    with running(text) as (gil, _, tids):
        file = ThreadFile(tids[0], tids[0], "syscall")
        blocked = parse_syscall(file.read())
        file.close()
        assert blocked is not None
        assert not gil.is_waited_for(blocked, tids)
        assert gil.base == 0
        assert gil.find(tids)
        assert not gil.is_waited_for(blocked, tids)


def test_before_it_is_found_nothing_is_known():
    with running(ONE_SLEEPS) as (gil, _, tids):
        assert gil.look() is None
        assert gil.thread_of(0, tids) == 0
        assert not gil.is_waited_for(Blocked(202, (0x7000, 137, 0, 0, 0, 0)), tids)


def test_a_process_without_python_has_none():
    process = subprocess.Popen(["sleep", "60"])
    time.sleep(0.1)
    memory = Memory(process.pid)
    try:
        assert not Gil(process.pid, memory).find([process.pid])
    finally:
        memory.close()
        process.kill()
        process.wait()


def test_after_the_process_has_ended_nothing_is_read():
    with running(ONE_SPINS) as (gil, _, tids):
        assert gil.find(tids)
        os.kill(tids[0], 9)
        os.waitid(os.P_PID, tids[0], os.WEXITED | os.WNOWAIT)
        assert gil.look() is None


def test_a_symbol_is_found_only_in_a_file_that_has_it(tmp_path):
    (tmp_path / "short").write_bytes(b"\x7fELF\x02\x01")
    (tmp_path / "other").write_bytes(b"#!/bin/sh\n" * 100)
    assert [find_symbol(str(path), "_PyRuntime") for path in sorted(tmp_path.iterdir())] == [None, None]
    assert find_symbol(str(tmp_path / "missing"), "_PyRuntime") is None
    assert find_symbol("/bin/sleep", "_PyRuntime") is None
