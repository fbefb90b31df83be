"""What holds on every way into a function: by all calls that lead to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Generic, TypeVar

from concurlint.project.callgraph import Edge
from concurlint.project.modules import Code

State = TypeVar("State")


class EveryWay(Generic[State]):
    """The greatest fixed point over all callers: a circle of calls holds what all ways into it have in common.

    `into` are the calls that lead to a function, `known` its state where that is clear without them, else None; `at`
    is the state at a call by that around its caller, `meet` what two ways have in common. `otherwise` is the state
    where nobody calls, and of a circle of calls that nobody enters; with `at_most`, such a circle has that, as far as
    the calls in it allow.
    """

    def __init__(
        self,
        into: Callable[[Code], Sequence[Edge]],
        at: Callable[[Edge, State], State],
        meet: Callable[[State, State], State],
        otherwise: State,
        known: Callable[[Code], State | None] = lambda _: None,
        at_most: State | None = None,
    ) -> None:
        self._into, self._at, self._meet, self._otherwise, self._known = into, at, meet, otherwise, known
        self._at_most = at_most
        self._settled: dict[Code, State] = {}

    def of(self, code: Code) -> State:
        """The state around a function."""
        if code not in self._settled:
            self._settle(code)
        return self._settled[code]

    def _settle(self, code: Code) -> None:
        """Work out all that leads to a function and is not worked out yet."""
        region: dict[Code, Sequence[Edge]] = {}
        queue = [code]
        for current in queue:
            if current in region or current in self._settled:
                continue
            state = self._known(current)
            if state is not None:
                self._settled[current] = state
                continue
            region[current] = self._into(current)
            queue += [edge.caller for edge in region[current]]
        found = {current: self._at_most if edges else self._otherwise for current, edges in region.items()}
        changed = True
        while changed:
            changed = False
            for current, edges in region.items():
                above = [(edge, self._settled.get(edge.caller, found.get(edge.caller))) for edge in edges]
                states = [self._at(edge, state) for edge, state in above if state is not None]
                if states and (met := reduce(self._meet, states)) != found[current]:
                    found[current] = met
                    changed = True
        self._settled |= {c: self._otherwise if state is None else state for c, state in found.items()}


def both(one: bool, other: bool) -> bool:
    """What two ways have in common, where it is asked whether something holds."""
    return one and other
