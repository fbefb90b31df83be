"""Which locks a call or a run of a function may take, each with the way there."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from concurlint.catalog.traits import may
from concurlint.effects.calls.summaries import Summaries, summaries
from concurlint.effects.flow.conditions import contradicts
from concurlint.effects.lockset.address import Lock, LockAddresses
from concurlint.effects.lockset.events import Acquisition, Hold, lifted
from concurlint.effects.lockset.operations import LockOperations
from concurlint.effects.lockset.states import LockStates
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite, Condition
from concurlint.facts.syntax import Attribute, Call, Expression, spelled
from concurlint.project.arguments import merged
from concurlint.project.callgraph import Edge
from concurlint.project.modules import Code
from concurlint.project.values import Bound, ClassOf, Instance

_KINDS = {"lock", "async-lock", "semaphore", "async-semaphore"}
_MOST_KEPT = 40


class Acquisitions:
    """Finds the locks that functions and calls take, those that are surely one object wherever they are met."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._addresses = program[LockAddresses]
        self._operations = program[LockOperations]
        self._states = program[LockStates]
        self._own: dict[Code, tuple[Acquisition, ...]] = {}

    def of(self, code: Code) -> tuple[Acquisition, ...]:
        """The places in a function itself that take a lock, in order."""
        if code not in self._own:
            operations = self._operations.of(code)
            takes = [*operations.takes, *(take for entry in operations.entries for take in entry.takes)]
            found = [take.hold.taking for take in takes if take.hold is not None and is_followed(take.hold)]
            self._own[code] = tuple(sorted(found, key=lambda taking: taking.order))
        return self._own[code]

    def releases(self, code: Code) -> Iterator[tuple[CallSite, Lock]]:
        """The calls in a function itself that give back a lock."""
        for give in self._operations.of(code).gives:
            if give.lock is not None and give.site is not None and give.lock.kind in _KINDS:
                yield give.site, give.lock

    @cached_property
    def _reached(self) -> Summaries[Hold]:
        return summaries(
            self._graph,
            self._taken(),
            self._through,
            key=lambda hold: hold.lock.token,
            holds=lambda hold, _: is_followed(hold),
            most=_MOST_KEPT,
        )

    def _taken(self) -> Iterator[tuple[Code, Hold]]:
        """What each function takes itself, and its decorators around it."""
        for code in self._graph.edges:
            yield from ((code, take.hold) for take in self._states.around(code) if take.hold is not None)
            yield from ((code, Hold(t.lock, t)) for t in self.of(code) if t.waits and not self._is_let_in(t))

    def _is_let_in(self, taking: Acquisition) -> bool:
        """Whether the caller does not have the lock: it was given away first, or asked whether anybody has it."""
        held = (self._states.before(taking.code, taking.order) or {}).get(taking.lock.token)
        return (held is not None and held.least < 0) or any(
            isinstance(condition.test, Call)
            and isinstance(condition.test.function, Attribute)
            and may("asks-lock", condition.test.function.attr)
            and not condition.holds
            and self._is_of(condition.test.function.value, taking)
            for condition in taking.context.conditions
        )

    def _is_of(self, expression: Expression, taking: Acquisition) -> bool:
        lock = self._addresses.of(expression, taking.code).lock
        return lock is not None and lock.token == taking.lock.token

    def _through(self, edge: Edge, hold: Hold) -> Hold | None:
        """What a call takes by what its callee takes, if this very call gets there."""
        if not edge.runs or self._states.is_wrapping(edge):
            return None
        first = hold.via[0].site.context if hold.via else hold.taking.context
        call, bound = merged(edge.value, edge.site.call), isinstance(edge.value, (Bound, ClassOf, Instance))
        if any(contradicts(c, edge.callee, call, bound) for c in (*first.conditions, *hold.asked)):
            return None
        lock = self._addresses.at_caller(hold.lock, edge)
        return lifted(hold, lock, edge) if lock is not None else None

    def taken_by(self, edge: Edge) -> list[Hold]:
        """The locks that a call may take, as its caller sees them, each by the shortest way."""
        through = [self._through(edge, hold) for hold in self._reached.get(edge.callee, {}).values()]
        return [hold for hold in through if hold is not None]

    def taken_in(self, code: Code) -> list[Hold]:
        """The locks that a run of a function may take, itself or by calls."""
        return list(self._reached.get(code, {}).values())


def is_followed(hold: Hold) -> bool:
    """Whether a lock is surely one object wherever its token is met, and of a kind that waits for others."""
    return hold.lock.is_sure and hold.lock.kind in _KINDS


def opposite(one: tuple[Condition, ...], other: tuple[Condition, ...]) -> bool:
    """Whether two places ask the same thing and stand on different sides of the answer."""
    sides = {spelled(c.test): c.holds for c in one if spelled(c.test)}
    return any(sides.get(spelled(c.test), c.holds) is not c.holds for c in other)
