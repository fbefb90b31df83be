"""One name for each lock, by whatever names the functions get at it."""

from __future__ import annotations

from concurlint.effects.lockset.acquisitions import Acquisitions
from concurlint.effects.lockset.address import Lock
from concurlint.effects.program import Program

_OWN = ("cls", "self")


class LockNames:
    """Names a lock that is made in one place, and kept under one name, by the plainest of the ways to it."""

    def __init__(self, program: Program) -> None:
        self._names: dict[tuple[object, str], str] = {}
        for code in program.graph.edges:
            for taking in program[Acquisitions].of(code):
                name, key = taking.lock.qualified, _key(taking.lock)
                self._names[key] = min(self._names.get(key, name), name, key=_plainness)

    def of(self, lock: Lock) -> str:
        """The name to show."""
        return self._names.get(_key(lock), lock.qualified)


def _key(lock: Lock) -> tuple[object, str]:
    """A factory makes many locks in one place: those are told apart by the name they are kept under."""
    return frozenset(lock.made), lock.qualified.rpartition(".")[2]


def _plainness(name: str) -> tuple[bool, int, str]:
    return name.partition(".")[0] in _OWN, name.count("."), name
