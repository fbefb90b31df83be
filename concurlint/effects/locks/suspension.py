"""Locks of threads that a coroutine holds while it lets other tasks run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.catalog.kinds import kinds_with
from concurlint.effects.contexts.parallel import SoleTasks
from concurlint.effects.lockset.events import Hold
from concurlint.effects.lockset.locksets import LockSets
from concurlint.effects.program import Program
from concurlint.facts.records import Awaited
from concurlint.facts.syntax import Place
from concurlint.finding import Step
from concurlint.project.modules import Code
from concurlint.project.values import Site


@dataclass(frozen=True, slots=True, eq=False)
class HeldOver:
    """A lock held at an `await`; `reentrant` when other tasks of the thread pass it."""

    code: Code
    awaited: Awaited
    hold: Hold
    reentrant: bool

    def steps(self) -> tuple[Step, ...]:
        """Where the lock is taken."""
        taking = self.hold.taking
        return (Step(taking.code.span(taking.at), f"`{self.hold.lock.spelling}` is taken here"),)


class Suspension:
    """Finds the awaits under a lock."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._locks = program[LockSets]
        self._alone = program[SoleTasks]

    def over_awaits(self) -> Iterator[HeldOver]:
        """The first await under each lock that is taken with waiting."""
        for code in self._graph.edges:
            if not code.is_async or self._alone.is_alone(code):
                continue
            seen: set[tuple[Code, Place]] = set()
            for awaited in code.scope.awaits:
                holds = self._locks.holds(code, awaited.order)
                for hold in sorted(holds, key=lambda hold: hold.lock.spelling):
                    taking = hold.taking
                    if not taking.waits or not self._is_shared(hold, code) or (taking.code, taking.at) in seen:
                        continue
                    seen.add((taking.code, taking.at))
                    yield HeldOver(code, awaited, hold, hold.lock.reentrant is True)

    @staticmethod
    def _is_shared(hold: Hold, code: Code) -> bool:
        """A lock of threads that somebody else can have: not one that this very run made."""
        made = hold.lock.identity
        mine = isinstance(made, Site) and made.code is code
        return hold.lock.kind in kinds_with("thread-lock") and not mine
