"""Which locks are held where: by the function itself, on the ways through its graph, and by all that call it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from concurlint.effects.calls.every_way import EveryWay
from concurlint.effects.contexts.spawns import Spawns
from concurlint.effects.lockset.address import Lock, Origin
from concurlint.effects.lockset.events import Hold
from concurlint.effects.lockset.held import NOTHING_HELD, Held, State
from concurlint.effects.lockset.states import LockStates
from concurlint.effects.program import Program
from concurlint.project.callgraph import Edge
from concurlint.project.modules import Code


@dataclass(frozen=True, slots=True)
class LockSet:
    """The locks that are held whenever a run comes to a place, and those that may be.

    Where the two differ it depends on the way. `is_open`: something else was entered that may be a lock for all that
    is known, or no run is known to come there. Either way it is not known what is held.
    """

    must: frozenset[Lock]
    may: frozenset[Lock]
    is_open: bool = False

    @property
    def unknown(self) -> bool:
        """Whether there may be more than surely is."""
        return self.is_open or self.must != self.may

    def __or__(self, other: LockSet) -> LockSet:
        return LockSet(self.must | other.must, self.may | other.may, self.is_open or other.is_open)

    def meets(self, other: LockSet) -> bool:
        """Whether the same lock may protect both sides."""
        return self.is_open or other.is_open or any(one.may_be(two) for one in self.may for two in other.may)

    @property
    def identities(self) -> frozenset[Origin]:
        """Where the locks that are surely held may have been made."""
        return frozenset(origin for lock in self.must for origin in lock.made)


NONE_HELD = LockSet(frozenset(), frozenset())


class LockSets:
    """Answers which locks are held at a place of the program."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._evaluator = program.evaluator
        self._states = program[LockStates]
        # who calls `asyncio.run` keeps its locks meanwhile
        started = (one for one in program[Spawns].all if not (one.on == "task" and one.waits))
        self._outside = frozenset(one.code for one in started)
        self._at: dict[tuple[Code, int], LockSet] = {}
        self._always = EveryWay(self._into, self._at_call, _shared, NONE_HELD)

    # by its own function

    def at(self, code: Code, order: int) -> LockSet:
        """The locks held when a run comes to a record, by its own function alone."""
        key = (code, order)
        if key not in self._at:
            self._at[key] = _as_set(self._states.before(code, order))
        return self._at[key]

    def holds(self, code: Code, order: int) -> list[Hold]:
        """The locks that every run holds which comes to a record, each with where it was taken."""
        state = self._states.before(code, order) or NOTHING_HELD
        return [_shown(held) for held in state.values() if held.least > 0 and held.lock.kind and held.by]

    # by all that call it

    def callers(self, code: Code) -> list[Edge]:
        """The calls that reach a function; those of a method it overrides reach it through `self`."""
        edges = list(self._graph.callers.get(code, ()))
        if code.owner is not None and not code.name.startswith("__"):
            for base in self._evaluator.lineage(code.owner)[0][1:]:
                for binding in base.scope.bindings.get(code.name, ()):
                    if binding.kind == "def" and binding.scope is not None:
                        edges += self._graph.callers.get(base.module.codes[binding.scope], ())
        return [edge for edge in edges if not self._states.is_wrapping(edge)]

    def effective(self, code: Code, order: int) -> LockSet:
        """Locks held at a place: those of its own function, and those all its callers hold."""
        return self._around(code, order, self.always(code))

    def _around(self, code: Code, order: int, outer: LockSet) -> LockSet:
        """The locks held at a place when `outer` are held around the function, some of which it may give away."""
        state = self._states.before(code, order) if outer.may else NOTHING_HELD
        given = [held for held in (state or {}).values() if held.least < 0]
        if given:
            sure = [held.lock for held in given if held.most < 0]
            must = _without(outer.must, (held.lock for held in given))
            outer = LockSet(must, _without(outer.may, sure), outer.is_open)
        return self.at(code, order) | outer

    def always(self, code: Code) -> LockSet:
        """The locks that every known caller of a function holds when it calls it."""
        return self._always.of(code)

    def _into(self, code: Code) -> list[Edge]:
        return [] if code in self._outside else self.callers(code)

    def _at_call(self, edge: Edge, above: LockSet) -> LockSet:
        return self._around(edge.caller, self._states.order(edge), above)


def _as_set(state: State | None) -> LockSet:
    if state is None:  # no run comes there
        return LockSet(frozenset(), frozenset(), is_open=True)
    held = [one for one in state.values() if one.most > 0]
    locks = [one for one in held if one.lock.kind]
    must = frozenset(one.lock for one in locks if one.least > 0)
    return LockSet(must, frozenset(one.lock for one in locks), len(locks) < len(held))


def _shown(held: Held) -> Hold:
    """The first of the places where a lock may have been taken."""
    return min(held.by, key=lambda hold: (len(hold.via), hold.taking.code.span(hold.taking.at)))


def _without(locks: frozenset[Lock], others: Iterable[Lock]) -> frozenset[Lock]:
    gone = list(others)
    return frozenset(lock for lock in locks if not any(lock.may_be(other) for other in gone))


def _shared(one: LockSet, other: LockSet) -> LockSet:
    """What two ways into a function have in common: no more than is known of the better known of them."""
    must = _in_both(one.must, other.must)
    if one.is_open == other.is_open:
        return LockSet(must, must | _in_both(one.may, other.may), one.is_open)
    return LockSet(must, must | (other if one.is_open else one).may)


def _in_both(mine: frozenset[Lock], yours: frozenset[Lock]) -> frozenset[Lock]:
    return frozenset(lock for lock in mine if any(lock.may_be(your) for your in yours))
