"""Locks released because somebody holds them, who need not be the one that releases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.catalog.traits import may
from concurlint.effects.lockset.acquisitions import Acquisitions
from concurlint.effects.lockset.address import Lock, LockAddresses
from concurlint.effects.lockset.events import Acquisition
from concurlint.effects.lockset.locksets import LockSets
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite, Condition
from concurlint.facts.syntax import Attribute, Call
from concurlint.finding import Step
from concurlint.project.modules import Code


@dataclass(frozen=True, slots=True, eq=False)
class ForeignRelease:
    """A `release` under `if lock.locked()`, and a place of another function that takes the lock."""

    code: Code
    site: CallSite
    lock: Lock
    taken: Acquisition

    def steps(self) -> tuple[Step, ...]:
        """Who may hold the lock then."""
        says = f"`{self.taken.code.qualname}` takes it here, and may be the one who holds it"
        return (Step(self.taken.code.span(self.taken.at), says),)


class ForeignReleases:
    """Finds releases that ask whether a lock is held, and not by whom."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._acquisitions = program[Acquisitions]
        self._addresses = program[LockAddresses]
        self._locks = program[LockSets]

    def all(self) -> Iterator[ForeignRelease]:
        """Every such release of a lock that two other functions take: it is there for more than this."""
        for code in self._graph.edges:
            for site, lock in self._acquisitions.releases(code):
                if lock.kind != "lock" or not any(self._asks(c, code, lock) for c in site.context.conditions):
                    continue
                if lock.token in {held.token for held in self._locks.effective(code, site.order).must}:
                    continue
                takes = [taking for taking in self._takes(lock) if taking.code is not code]
                if len({taking.code for taking in takes}) > 1:
                    yield ForeignRelease(code, site, lock, takes[-1])

    def _asks(self, condition: Condition, code: Code, lock: Lock) -> bool:
        test = condition.test
        if not condition.holds or not isinstance(test, Call) or not isinstance(test.function, Attribute):
            return False
        if not may("asks-lock", test.function.attr):
            return False
        asked = self._addresses.of(test.function.value, code).lock
        return asked is not None and asked.token == lock.token

    def _takes(self, lock: Lock) -> Iterator[Acquisition]:
        made = set(lock.made)
        for code in self._graph.edges:
            yield from (taking for taking in self._acquisitions.of(code) if made & set(taking.lock.made))
