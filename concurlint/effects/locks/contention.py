"""Long waits with a lock held that other code wants."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.catalog.effects import EffectKind
from concurlint.catalog.traits import has
from concurlint.effects.blocking.calls import Blocking, BlockingCalls
from concurlint.effects.lockset.acquisitions import Acquisitions, is_followed
from concurlint.effects.lockset.address import LockAddresses
from concurlint.effects.lockset.events import Acquisition, Hold
from concurlint.effects.lockset.locksets import LockSets
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite
from concurlint.finding import Step
from concurlint.project.modules import Code

_LONG = {EffectKind.BLOCK_NET, EffectKind.BLOCK_SLEEP, EffectKind.BLOCK_PROCESS}


@dataclass(frozen=True, slots=True, eq=False)
class LongHold:
    """A wait under a lock, and who wants the lock meanwhile."""

    code: Code
    site: CallSite
    blocking: Blocking
    hold: Hold
    wanted: Acquisition

    def steps(self) -> tuple[Step, ...]:
        """Where the lock is taken, the way to the wait, and who else takes it."""
        wanted = self.wanted
        says = f"`{wanted.code.qualname}` has to wait for it here"
        return (*self.hold.steps("takes"), *self.blocking.steps(), Step(wanted.code.span(wanted.at), says))


class Contention:
    """Looks for waits under locks that are there for more than the wait."""

    def __init__(self, program: Program) -> None:
        self._acquisitions = program[Acquisitions]
        self._locks = program[LockSets]
        self._addresses = program[LockAddresses]
        self._graph = program.graph
        self._blocking = program[BlockingCalls]
        self._waits: dict[Acquisition, bool] = {}

    def long_holds(self) -> Iterator[LongHold]:
        """The first wait under each taking of a lock that somebody takes for something quick."""
        seen: set[Acquisition] = set()
        for code in self._graph.edges:
            for site in code.scope.calls:
                for hold in self._locks.holds(code, site.order):
                    if hold.taking in seen or hold.lock.kind != "lock" or not is_followed(hold):
                        continue
                    blocking = self._long(code, site)
                    wanted = self._wanted(hold) if blocking is not None else None
                    if blocking is not None and wanted is not None:
                        seen.add(hold.taking)
                        yield LongHold(code, site, blocking, hold, wanted)

    def _long(self, code: Code, site: CallSite) -> Blocking | None:
        found = self._blocking.at(code, site)
        if found is None:
            return None
        child = found.fact.effect == EffectKind.SPAWN_PROCESS and found.fact.waits
        return found if child or found.fact.effect in _LONG or has("waits-on-queue", found.name) else None

    def _wanted(self, hold: Hold) -> Acquisition | None:
        """A taking of the same lock in another function that has no such wait under it."""
        wanted = self._addresses.everywhere(hold.lock.token)
        for code in self._graph.edges:
            for taking in self._acquisitions.of(code) if code is not hold.taking.code else ():
                if self._addresses.everywhere(taking.lock.token) == wanted and not self._waits_too(taking):
                    return taking
        return None

    def _waits_too(self, taking: Acquisition) -> bool:
        if taking not in self._waits:
            code = taking.code
            self._waits[taking] = any(
                self._long(code, site) is not None and self._is_held(taking, site) for site in code.scope.calls
            )
        return self._waits[taking]

    def _is_held(self, taking: Acquisition, site: CallSite) -> bool:
        """Whether a lock taken in a function is surely held at a call there."""
        return any(taking.lock.token == hold.lock.token for hold in self._locks.holds(taking.code, site.order))
