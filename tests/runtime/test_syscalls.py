"""System calls and what they wait for."""

import ctypes
import os
import select
import socket
import struct

import pytest

from concurlint.runtime.procfs import Blocked, Memory
from concurlint.runtime.samples import State
from concurlint.runtime.syscalls import Waits

CALLS = {
    "x86_64": {
        State.SLEEP: [35, 230],
        State.NETWORK: [42, 43, 45, 47, 288],
        State.LOOP_IDLE: [232, 281, 441],
        State.CHILD: [61, 247, 58],
        State.LOCK: [202, 73],
        State.DISK: [74, 75, 17, 18, 257],
        State.UNKNOWN: [34, 9999],
    },
    "aarch64": {
        State.SLEEP: [101, 115],
        State.NETWORK: [202, 203, 207, 212, 242],
        State.LOOP_IDLE: [22, 441],
        State.CHILD: [260, 95],
        State.LOCK: [98, 32],
        State.DISK: [82, 83, 67, 68, 56],
        State.UNKNOWN: [133, 9999],
    },
    "riscv128": {State.UNKNOWN: [0, 98, 202]},
}
READ, POLL, SELECT = 0, 7, 23


@pytest.mark.parametrize("machine", CALLS)
def test_a_call_stands_for_what_it_waits_for_on_each_machine(machine: str):
    waits = Waits(os.getpid(), machine, None)
    seen = {
        state: [waits.state_of(Blocked(number, (0,) * 6)) for number in numbers]
        for state, numbers in CALLS[machine].items()
    }
    assert seen == {state: [state] * len(numbers) for state, numbers in CALLS[machine].items()}


def test_a_futex_and_an_interrupted_wait_are_known_by_machine():
    intel, arm = (Waits(os.getpid(), machine, None) for machine in ("x86_64", "aarch64"))
    assert [waits.is_futex(Blocked(202, (0,) * 6)) for waits in (intel, arm)] == [True, False]
    assert [waits.is_futex(Blocked(98, (0,) * 6)) for waits in (intel, arm)] == [False, True]
    assert [waits.is_restart(Blocked(219, ())) for waits in (intel, arm)] == [True, False]


def test_a_wait_ends_by_itself_if_it_is_a_sleep_or_bounded():
    waits = Waits(os.getpid(), "x86_64", None)
    futex, epoll, nanosleep, wait4, receive = 202, 232, 230, 61, 45
    forever = 0xFFFFFFFF
    calls = {
        (futex, (4096, 0, 0, 0)): False,
        (futex, (4096, 0, 0, 8192)): True,
        (epoll, (5, 4096, 1, forever)): False,
        (epoll, (5, 4096, 1, 0xFFFFFFFFFFFFFFFF)): False,
        (epoll, (5, 4096, 1, 250)): True,
        (nanosleep, (1, 0, 4096, 0)): True,
        (wait4, (7, 0, 0, 0)): False,
        (receive, (3, 4096, 10, 0)): False,
    }
    found = {(number, args): waits.is_timed(Blocked(number, args)) for number, args in calls}
    assert found == calls
    assert waits.epoll_of(Blocked(epoll, (5, 4096, 1, forever))) == 5
    assert waits.epoll_of(Blocked(futex, (4096, 0, 0, 0))) == -1


@pytest.fixture
def ends() -> list[int]:
    """A socket and a pipe's end that can be read."""
    one, other = socket.socketpair()
    reads, writes = os.pipe()
    yield [one.fileno(), reads]
    one.close()
    other.close()
    os.close(reads)
    os.close(writes)


def waits_here() -> Waits:
    """Of this very process, as if it ran on x86-64."""
    return Waits(os.getpid(), "x86_64", Memory(os.getpid()))


def test_a_read_waits_for_what_is_open_there(ends: list[int]):
    waits = waits_here()
    assert [waits.state_of(Blocked(READ, (end, 0, 0, 0, 0, 0))) for end in ends] == [State.NETWORK, State.PIPE]


def test_a_poll_waits_for_a_socket_rather_than_for_a_pipe(ends: list[int]):
    waits = waits_here()
    both = ctypes.create_string_buffer(b"".join(struct.pack("<ihh", end, select.POLLIN, 0) for end in ends[::-1]))
    at = ctypes.addressof(both)
    assert waits.state_of(Blocked(POLL, (at, 2, 5000, 0, 0, 0))) is State.NETWORK
    assert waits.state_of(Blocked(POLL, (at, 1, 5000, 0, 0, 0))) is State.PIPE


def test_a_select_waits_for_the_files_in_its_sets(ends: list[int]):
    waits = waits_here()
    sets = [ctypes.create_string_buffer((1 << end).to_bytes(128, "little"), 128) for end in ends]
    to_socket, to_pipe = map(ctypes.addressof, sets)
    assert waits.state_of(Blocked(SELECT, (1024, 0, to_pipe, 0, 0, 0))) is State.PIPE
    assert waits.state_of(Blocked(SELECT, (1024, to_pipe, 0, to_socket, 0, 0))) is State.NETWORK


def test_a_select_on_nothing_is_a_sleep():
    assert waits_here().state_of(Blocked(SELECT, (0, 0, 0, 0, 0x7000, 0))) is State.SLEEP


def test_without_memory_a_poll_is_unknown():
    assert Waits(os.getpid(), "x86_64", None).state_of(Blocked(POLL, (0x7000, 1, -1, 0, 0, 0))) is State.UNKNOWN
