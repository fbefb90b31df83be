"""What an event loop waits for, told from the kernel's tables."""

import os
import select
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from concurlint.runtime.sockets import Sockets


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    """Whatever is entered is closed in the end."""
    with ExitStack() as stack:
        yield stack


def listening(opened: ExitStack) -> socket.socket:
    return opened.enter_context(socket.create_server(("127.0.0.1", 0)))


def watching(opened: ExitStack, *files: socket.socket | int) -> select.epoll:
    epoll = opened.enter_context(select.epoll())
    for file in files:
        epoll.register(file, select.EPOLLIN)
    return epoll


def test_connections_that_we_opened_ask_and_those_of_others_do_not(opened: ExitStack):
    server = listening(opened)
    ours = [opened.enter_context(socket.create_connection(server.getsockname())) for _ in range(3)]
    theirs = [opened.enter_context(server.accept()[0]) for _ in range(3)]
    assert Sockets(os.getpid()).asked(watching(opened, *ours).fileno()) == 3
    assert Sockets(os.getpid()).asked(watching(opened, server, *theirs).fileno()) == 0
    assert Sockets(os.getpid()).asked(watching(opened, ours[0], server, theirs[1]).fileno()) == 1


def test_the_pair_by_which_a_loop_is_woken_does_not_ask(opened: ExitStack):
    own, other = (opened.enter_context(one) for one in socket.socketpair())
    third, _ = (opened.enter_context(one) for one in socket.socketpair())
    assert Sockets(os.getpid()).asked(watching(opened, own).fileno()) == 0
    assert Sockets(os.getpid()).asked(watching(opened, own, third).fileno()) == 1
    assert other.fileno() >= 0


def test_a_childs_pipe_and_a_datagram_socket_ask(opened: ExitStack):
    reads, writes = os.pipe()
    opened.callback(os.close, reads)
    opened.callback(os.close, writes)
    datagrams = opened.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    datagrams.connect(("127.0.0.1", 9))
    assert Sockets(os.getpid()).asked(watching(opened, reads, datagrams).fileno()) == 2


def test_what_is_no_epoll_cannot_be_asked():
    with pytest.raises(OSError, match="fdinfo"):
        Sockets(os.getpid()).asked(9999)
