"""A process and all that it starts: who there is, and which of them run Python."""

import os
import re
from dataclasses import dataclass, field

from concurlint.runtime.procfs import children_of, is_alive, read_bytes, read_executable, read_stat, threads_of

_PYTHON = re.compile(r"(?:^|/)(?:lib)?python[23]?(?:\.\d+)*[a-z]*$")
_MAPPED = re.compile(rb"/libpython[23]\.\d+[a-z]*\.so")
_NEWBORN, _YOUNG = 10, 100
"""Counts of `renew`: a process may yet become another program, for fork comes before exec. So it is looked at each
time at first, and only every `_SELDOM` times later; the newborn make for a count at every look."""
_SELDOM = 20
_FEW = 16


@dataclass(slots=True)
class Member:
    """One process; `identity` changes when it becomes another program."""

    pid: int
    parent: int
    identity: tuple[str, bytes]
    is_python: bool
    tids: list[int] = field(default_factory=list)
    age: int = 0


class Family:
    """The processes below `pid` and itself, as they come and go; a program that has itself watched sees none of us."""

    def __init__(self, pid: int) -> None:
        self.root = pid
        self._self = os.getpid()
        self.members: dict[int, Member] = {}
        self._newest = 0
        self._youngest = 0
        self._ids = os.open("/proc/loadavg", os.O_RDONLY | os.O_CLOEXEC)
        self._add(pid)

    def is_stale(self) -> bool:
        """Whether a process or thread of the family may have been born since this was last asked."""
        newest = self._newest_id()
        was, self._newest = self._newest, newest
        if self._youngest < _NEWBORN:
            return True
        if newest == was:
            return False
        if not 0 < newest - was <= _FEW:
            return True
        # A thread's parent is its process's parent.
        related = {member.parent for member in self.members.values()} | self.members.keys()
        return any((stat := read_stat(born)) and stat.parent in related for born in range(was + 1, newest + 1))

    def _newest_id(self) -> int:
        """The last id that the kernel gave to a process or thread; ever another number if it does not say."""
        try:
            return int(os.pread(self._ids, 128, 0).rsplit(maxsplit=1)[-1])
        except (OSError, ValueError, IndexError):
            return self._newest + _FEW + 1

    def renew(self) -> tuple[Member, ...]:
        """Look who was born and who became another program since; gives these, `members` has all that live."""
        changed = [member for member in list(self.members.values()) if self._has_changed(member)]
        self._youngest += 1
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
        if self._ids >= 0:
            os.close(self._ids)
            self._ids = -1

    def _add(self, pid: int) -> Member | None:
        stat = read_stat(pid)
        if stat is None or stat.state in "ZX" or (pid == self._self and pid != self.root):
            return None
        identity = _identity_of(pid)
        member = Member(pid, stat.parent, identity, _is_python(pid, identity), threads_of(pid))
        self.members[pid] = member
        self._youngest = 0
        return member

    def _has_changed(self, member: Member) -> bool:
        member.age += 1
        if member.age > _YOUNG and (member.age + member.pid) % _SELDOM:
            return False
        identity = _identity_of(member.pid)
        if identity == member.identity or not identity[0] or not is_alive(member.pid):
            return False
        member.identity, member.is_python = identity, _is_python(member.pid, identity)
        return True


def runs_python(pid: int) -> bool:
    """Whether a process runs CPython, as far as can be told."""
    return _is_python(pid, _identity_of(pid))


def _identity_of(pid: int) -> tuple[str, bytes]:
    try:
        return read_executable(pid), read_bytes(f"/proc/{pid}/cmdline")
    except OSError:
        return read_executable(pid), b""


def _is_python(pid: int, identity: tuple[str, bytes]) -> bool:
    """By the name of its executable, or because it has loaded Python's library."""
    executable, command = identity
    # Another user's executable may not be read, but the word it was called by may.
    name = executable.removesuffix(" (deleted)") or command.partition(b"\0")[0].decode(errors="replace")
    if _PYTHON.search(name):
        return True
    try:
        return bool(_MAPPED.search(read_bytes(f"/proc/{pid}/maps")))
    except OSError:
        return False
