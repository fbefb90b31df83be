"""All processes that a program started, Python or not: who started whom, and how long each was there."""

from collections.abc import Mapping
from dataclasses import dataclass

from concurlint.runtime.family import Member
from concurlint.runtime.procfs import read_cpu, read_moved
from concurlint.runtime.samples import Nanoseconds, ProcessSeen

_MOST = 5000
_WORDS, _LONGEST = 6, 200
"""Of a command: so many words of at most so many characters say what it was."""


@dataclass(slots=True)
class _Relative:
    member: Member
    first: Nanoseconds
    last: Nanoseconds
    before: Nanoseconds
    cpu: Nanoseconds
    moved: int = 0
    is_there: bool = True


class Relatives:
    """Grows with each listing of the family's members."""

    def __init__(self) -> None:
        self._all: dict[int, _Relative] = {}

    def renew(self, members: Mapping[int, Member], now: Nanoseconds) -> None:
        """Take these for those that are there now; who was there before and is not any more has ended.

        What the first ones have computed until then does not count.
        """
        is_first = not self._all
        for pid, member in members.items():
            known = self._all.get(pid)
            if known is None:
                if len(self._all) >= _MOST:
                    continue
                before = read_cpu(pid) if is_first else 0
                known = self._all[pid] = _Relative(member, now, now, before, before)
            known.last = now
            known.cpu = max(known.cpu, read_cpu(pid))
            known.moved = max(known.moved, read_moved(pid))
        for pid, relative in self._all.items():
            if relative.is_there and pid not in members:
                relative.is_there, relative.last = False, now

    def seen(self, libraries: Mapping[int, tuple[str, ...]]) -> tuple[ProcessSeen, ...]:
        """All of them in order of birth; `libraries` are those of the Python processes."""
        return tuple(
            ProcessSeen(
                pid=pid,
                parent=one.member.parent,
                command=_words(one.member.identity[1]),
                is_python=one.member.is_python,
                first=one.first,
                last=one.last,
                cpu_ns=one.cpu - one.before,
                libraries=libraries.get(pid, ()),
                moved=one.moved,
            )
            for pid, one in sorted(self._all.items(), key=lambda item: item[1].first)
        )


def _words(command: bytes) -> tuple[str, ...]:
    words = command.rstrip(b"\0").split(b"\0")[:_WORDS]
    return tuple(word.decode(errors="replace")[:_LONGEST] for word in words if word)
