"""What the results of calls tell about the locks that these tried to take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from concurlint.effects.flow.cfg import Cfg, Edge
from concurlint.effects.flow.dataflow import Solution
from concurlint.effects.lockset.address import Lock
from concurlint.effects.lockset.events import UNTOLD, Take, Told
from concurlint.effects.lockset.held import Held, State, told
from concurlint.facts.flow import RETURNED, Way
from concurlint.facts.syntax import Await, Compare, Constant, Expression, Name, Walrus
from concurlint.project.modules import Code


@dataclass(frozen=True, slots=True)
class Left:
    """A lock that a function leaves taken or given away, and what its result tells of that."""

    held: Held
    told: Told


class Results:
    """The calls of one function that take locks, by their results."""

    def __init__(self, code: Code, takes: Iterable[Take]) -> None:
        self._scope = code.scope
        self._takes: dict[int, list[Take]] = {}
        for take in takes:
            if take.site is not None and take.told != UNTOLD:
                self._takes.setdefault(id(take.site.call), []).append(take)

    def on(self, edge: Edge, state: State) -> State | None:
        """The state on an edge that a test leads to; None where it cannot be taken."""
        if edge.test is None or edge.way not in (Way.TRUE, Way.FALSE) or not self._takes:
            return state
        test, holds = edge.test, edge.way == Way.TRUE
        if isinstance(test, Compare) and len(test.rest) == 1 and isinstance(test.rest[0][1], Constant):
            operator, constant = test.rest[0][0], test.rest[0][1].value
            if operator in ("Is", "IsNot", "Equal", "NotEqual") and isinstance(constant, bool):
                test, holds = test.left, (holds == constant) == (operator in ("Is", "Equal"))
        if not holds and any(take.least > 0 and take.told[1] is False for take in self._takes.get(id(_bare(test)), ())):
            return None
        return self._if(test, holds, state)

    def _if(self, value: Expression, holds: bool, state: State) -> State:
        """The state where a value is known to be true, or false."""
        for take in self._made_by(value):
            got = take.told[0 if holds else 1]
            state = state if got is None else told(state, take, got=got)
        return state

    def _made_by(self, value: Expression) -> list[Take]:
        """What the call has taken that gives a value, directly or through a name that is false otherwise."""
        value = _bare(value)
        if isinstance(value, Name):
            bindings = self._scope.bindings.get(value.id, ())
            values = [binding.value for binding in bindings if not binding.path and binding.kind != "augment"]
            calls = [one for one in values if not (isinstance(one, Constant) and not one.value)]
            if len(values) < len(bindings) or len(calls) != 1 or calls[0] is None:
                return []
            value = _bare(calls[0])
        return self._takes.get(id(value), [])

    # the function's own result

    def told_by(self, lock: Lock, solution: Solution[State], graph: Cfg) -> Told:
        """What the function's result tells about a lock that it leaves taken at times."""
        states: dict[bool, list[State]] = {True: [], False: []}
        for holds, state in self._returned(solution):
            states[holds].append(state)
        ends = {block for block, edges in enumerate(graph.edges) if any(edge.target == RETURNED for edge in edges)}
        with_return = {block for returned in self._scope.returned for block in graph.blocks(returned.order)}
        if ends - with_return and solution.returned is not None:
            states[False].append(solution.returned)
        return _got(lock, states[True]), _got(lock, states[False])

    def _returned(self, solution: Solution[State]) -> Iterator[tuple[bool, State]]:
        """The locks at each `return`, by whether what is returned may be true, and may be false."""
        for returned in self._scope.returned:
            state, value = solution.before(returned.order), returned.value or Constant(None, returned.at)
            known = bool(value.value) if isinstance(value, Constant) else None
            for holds in (True, False):
                if state is not None and known in (holds, None):
                    yield holds, self._if(value, holds, state)


def _got(lock: Lock, states: list[State]) -> bool | None:
    counts = [state[lock.token] if lock.token in state else Held(lock, 0, 0, frozenset()) for state in states]
    if counts and all(held.least > 0 for held in counts):
        return True
    return False if all(held.most <= 0 for held in counts) else None


def _bare(value: Expression) -> Expression:
    while isinstance(value, (Await, Walrus)):
        value = value.value
    return value
