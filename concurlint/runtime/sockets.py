"""The sockets that an event loop waits for: how many of them are questions of ours that others are to answer."""

import os
import re
import time
from collections import Counter
from collections.abc import Iterable

from concurlint.runtime.procfs import read_text

_WATCHED = re.compile(r"^tfd:\s*(\d+).*?\bino:([0-9a-f]+)", re.MULTILINE)
_LISTENS = "0A"
"""The state of a socket in the kernel's tables of connections (include/net/tcp_states.h)."""
_CONNECTED_UNIX = "03"

_ASKS, _SERVES, _PAIR, _OTHER = "asks", "serves", "pair", "other"
_TABLES = ("tcp", "tcp6")
_MOST_KNOWN = 10_000
_SELDOM, _RARELY = 0.5, 5.0
"""Seconds between two readings of the tables: for who serves others too, and for who only asks."""


class Sockets:
    """The sockets of one process, each looked up once in the kernel's tables."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._known: dict[int, str] = {}
        self._learnt = -_RARELY

    def asked(self, epoll: int) -> int:
        """How many connections that this process opened, and pipes of its children, the epoll waits for.

        Connections that others opened to it are not counted: whoever comes is no answer. OSError where it cannot
        be read.
        """
        found = [(int(tfd), int(inode, 16)) for tfd, inode in _WATCHED.findall(self._read(f"fdinfo/{epoll}"))]
        is_server = any(self._known.get(inode) == _SERVES for _, inode in found)
        # The kernel goes through the whole machine's connections for milliseconds: it is not asked for each of ours.
        patience = _SELDOM if is_server else _RARELY
        if any(inode not in self._known for _, inode in found) and time.monotonic() - self._learnt >= patience:
            self._learn(found)
            is_server = any(self._known.get(inode) == _SERVES for _, inode in found)
        kinds = Counter(self._known.get(inode, _OTHER if is_server else _ASKS) for _, inode in found)
        # Every asyncio loop has a pair of its own, by which other threads wake it.
        return kinds[_ASKS] + max(0, kinds[_PAIR] - 1)

    def _read(self, name: str) -> str:
        return read_text(f"/proc/{self._pid}/{name}")

    def _learn(self, found: Iterable[tuple[int, int]]) -> None:
        if len(self._known) > _MOST_KNOWN:
            self._known.clear()
        self._learnt = time.monotonic()
        connections = self._connections()
        for tfd, inode in found:
            if inode not in self._known:
                self._known[inode] = connections.get(inode) or self._kind_of(tfd)

    def _connections(self) -> dict[int, str]:
        """Inode → what kind of socket it is, for all that the kernel has in its tables."""
        rows: list[tuple[str, str, int]] = []
        for table in _TABLES:
            rows += _connections_in(self._read_table(table))
        listening = {_port(local) for local, state, _ in rows if state == _LISTENS}
        kinds = {
            inode: _SERVES if state == _LISTENS or _port(local) in listening else _ASKS
            for local, state, inode in rows
            if inode
        }
        kinds.update(_unix_sockets(self._read_table("unix")))
        return kinds

    def _read_table(self, name: str) -> str:
        try:
            return self._read(f"net/{name}")
        except OSError:
            return ""

    def _kind_of(self, descriptor: int) -> str:
        """Of what is in none of the tables: a datagram socket asks, and so does whoever reads a child's pipe."""
        try:
            target = os.readlink(f"/proc/{self._pid}/fd/{descriptor}")  # noqa: PTH115 (read many times a second)
        except OSError:
            return _OTHER
        return _ASKS if target.startswith(("socket:", "pipe:", "anon_inode:[pidfd]", "pidfd:")) else _OTHER


def _connections_in(table: str) -> Iterable[tuple[str, str, int]]:
    """Local address, state and inode of each line of /proc/net/tcp."""
    for line in table.splitlines()[1:]:
        words = line.split()
        if len(words) > 9:
            yield words[1], words[3], int(words[9])


def _unix_sockets(table: str) -> dict[int, str]:
    """Inode → kind; what was accepted has the listening socket's path, and a client, as either of a pair, has none."""
    kinds = {}
    for line in table.splitlines()[1:]:
        words = line.split()
        if len(words) > 6:
            has_path = len(words) > 7
            kinds[int(words[6])] = _PAIR if words[5] == _CONNECTED_UNIX and not has_path else _SERVES
    return kinds


def _port(address: str) -> str:
    return address.rpartition(":")[2]
