"""A process and all that it starts: who there is, and which of them run Python."""

# Read hundreds of times a second: a Path costs more than the reading.
# ruff: noqa: PTH123

import os
import re
from dataclasses import dataclass, field

from concurlint.runtime.procfs import children_of, is_alive, read_executable, read_stat, threads_of

_PYTHON = re.compile(r"(?:^|/)(?:lib)?python[23]?(?:\.\d+)*[a-z]*$")
_MAPPED = re.compile(rb"/libpython[23]\.\d+[a-z]*\.so")
_YOUNG = 100
"""Counts of `renew` during which a process may yet become another program: fork comes before exec."""
_SELDOM = 20


@dataclass(slots=True)
class Member:
    """One process; `identity` changes when it becomes another program."""

    pid: int
    born: int
    identity: tuple[str, bytes]
    is_python: bool
    tids: list[int] = field(default_factory=list)
    age: int = 0


class Family:
    """The processes below `pid` and itself, as they come and go."""

    def __init__(self, pid: int) -> None:
        self.root = pid
        self.members: dict[int, Member] = {}
        self._newest = ""
        self._renewed = 0
        try:
            self._ids: int | None = os.open("/proc/loadavg", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            self._ids = None
        self._add(pid)

    def is_stale(self) -> bool:
        """Whether a process or thread was born anywhere since the last time this was asked."""
        if self._ids is None:
            return True
        newest = os.pread(self._ids, 128, 0).rsplit(maxsplit=1)[-1].decode()
        was, self._newest = self._newest, newest
        return was != newest

    def renew(self) -> tuple[Member, ...]:
        """Look who was born and who became another program since; gives these, `members` has all that live."""
        self._renewed += 1
        changed = [member for member in list(self.members.values()) if self._has_changed(member)]
        todo = list(self.members.values())
        while todo:
            member = todo.pop()
            member.tids = threads_of(member.pid)
            if not member.tids:
                del self.members[member.pid]
                continue
            for child in children_of(member.pid, member.tids):
                if child not in self.members and (born := self._add(child)):
                    changed.append(born)
                    todo.append(born)
        return tuple(changed)

    def close(self) -> None:
        if self._ids is not None:
            os.close(self._ids)
            self._ids = None

    def _add(self, pid: int) -> Member | None:
        stat = read_stat(pid)
        if stat is None or stat.state in "ZX":
            return None
        identity = _identity_of(pid)
        member = Member(pid, stat.born, identity, _is_python(pid, identity[0]), threads_of(pid))
        self.members[pid] = member
        return member

    def _has_changed(self, member: Member) -> bool:
        member.age += 1
        if member.age > _YOUNG and (member.age + member.pid) % _SELDOM:
            return False
        identity = _identity_of(member.pid)
        if identity == member.identity or not identity[0] or not is_alive(member.pid):
            return False
        member.identity, member.is_python = identity, _is_python(member.pid, identity[0])
        return True


def _identity_of(pid: int) -> tuple[str, bytes]:
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return read_executable(pid), file.read(4096)
    except OSError:
        return read_executable(pid), b""


def _is_python(pid: int, executable: str) -> bool:
    """By the name of its executable, or because it has loaded Python's library."""
    if _PYTHON.search(executable.removesuffix(" (deleted)")):
        return True
    try:
        with open(f"/proc/{pid}/maps", "rb") as file:
            return bool(_MAPPED.search(file.read()))
    except OSError:
        return False
