"""The dataflow solver: states of a lattice led along the edges of a graph until nothing changes."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from operator import itemgetter
from typing import Generic, TypeAlias, TypeVar

from concurlint.effects.flow.cfg import Cfg, Edge
from concurlint.facts.flow import ENTRY, RAISED, RETURNED

S = TypeVar("S")
Step: TypeAlias = tuple[int, Edge | None, S | None, S | None]
"""An order number in a block, the way on if it raises, and the states before and after it."""


@dataclass(frozen=True)
class Problem(Generic[S]):
    """What to work out. States are compared by `==`; `join` must not make an endless row of ever larger ones.

    `initial` is the state at the entry, or, backward, at the ways out. `transfer` is what the record of an order
    number in `at` makes of a state; all others leave it alone. `at_edge` is what an edge makes of it, None where it
    is not taken in that state: an edge has the test that came out true or false; one with `raised` starts where that
    record raises, and the state is then the one before the record.
    """

    initial: S
    join: Callable[[S, S], S]
    transfer: Callable[[int, S], S]
    at: Collection[int]
    at_edge: Callable[[Edge, S], S | None] | None = None


class Solution(Generic[S]):
    """The state at each place, joined over all ways; None where there is none (to it, or, backward, out of it)."""

    def __init__(self, cfg: Cfg, problem: Problem[S], is_forward: bool) -> None:
        self._cfg, self._problem = cfg, problem
        self._at, self._at_set = sorted(problem.at), frozenset(problem.at)
        self._run = self._run_forward if is_forward else self._run_backward
        self.states: list[S | None] = [None] * len(cfg.edges)
        """By block, at its start."""

    def before(self, order: int) -> S | None:
        """The state when a record is come to."""
        return self._around(order, 2)

    def after(self, order: int) -> S | None:
        """The state when a record has been done without an exception."""
        return self._around(order, 3)

    @property
    def returned(self) -> S | None:
        """The state at the end of the function and at each `return`, with all that is done on the way out."""
        return self.states[RETURNED]

    @property
    def raised(self) -> S | None:
        """The state in which an exception leaves the function."""
        return self.states[RAISED]

    def _around(self, order: int, side: int) -> S | None:
        found: S | None = None
        for block in self._cfg.blocks(order):
            for step in self._run(block, order)[0]:
                if step[0] == order:
                    found = self._joined(found, step[2] if side == 2 else step[3])
        return found

    # solving

    def solve(self, start: Collection[int], push: Callable[[int], list[int]], sign: int) -> None:
        """Work on blocks, those first that are nearest to where states come from, as long as states change."""
        rank = {block: sign * place for place, block in enumerate(self._cfg.in_order)}
        queue = [(rank[block], block) for block in start if block in rank]
        heapify(queue)
        waiting = {block for _, block in queue}
        while queue:
            _, block = heappop(queue)
            waiting.discard(block)
            for other in push(block):
                if other not in waiting and other in rank:
                    waiting.add(other)
                    heappush(queue, (rank[other], other))

    def push_forward(self, block: int) -> list[int]:
        """Lead the state of a block on; the blocks whose state that changes."""
        steps, end = self._run_forward(block)
        ways = [(edge, before) for _, edge, before, _ in steps if edge is not None]
        changed: list[int] = []
        for edge, state in (*ways, *((edge, end) for edge in self._cfg.edges[block])):
            old = self.states[edge.target]
            new = self._joined(old, self._along(edge, state))
            if new != old:
                self.states[edge.target] = new
                changed.append(edge.target)
        return changed

    def push_backward(self, block: int) -> list[int]:
        """Work out the state of a block from those after it; the blocks before it if that changes."""
        new = self._run_backward(block)[1]
        if new == self.states[block]:
            return []
        self.states[block] = new
        return self._cfg.predecessors[block]

    def _along(self, edge: Edge, state: S | None) -> S | None:
        change = self._problem.at_edge
        return state if change is None or state is None else change(edge, state)

    def _joined(self, one: S | None, other: S | None) -> S | None:
        if one is None or other is None:
            return other if one is None else one
        return one if one == other else self._problem.join(one, other)

    def _done(self, order: int, state: S | None) -> S | None:
        return state if state is None or order not in self._at_set else self._problem.transfer(order, state)

    def _events(self, block: int, also: int | None) -> list[tuple[int, Edge | None]]:
        """The order numbers in a block where a state may change or go another way, and that way."""
        orders, at = self._cfg.orders(block), self._at
        found: dict[int, Edge | None] = {} if also is None else {also: None}
        found.update(dict.fromkeys(at[bisect_left(at, orders.start) : bisect_left(at, orders.stop)]))
        found.update((edge.raised, edge) for edge in self._cfg.raises[block] if edge.raised is not None)
        return sorted(found.items(), key=itemgetter(0))

    def _run_forward(self, block: int, also: int | None = None) -> tuple[list[Step[S]], S | None]:
        """The steps through a block, and the state at its end."""
        state, steps = self.states[block], []
        for order, edge in self._events(block, also):
            before, state = state, self._done(order, state)
            steps.append((order, edge, before, state))
        return steps, state

    def _run_backward(self, block: int, also: int | None = None) -> tuple[list[Step[S]], S | None]:
        """The steps through a block, last first, and the state at its start."""
        state, steps = self.states[block] if block in (RETURNED, RAISED) else None, []
        for edge in self._cfg.edges[block]:
            state = self._joined(state, self._along(edge, self.states[edge.target]))
        for order, way in reversed(self._events(block, also)):
            after, state = state, self._done(order, state)
            if way is not None:
                state = self._joined(state, self._along(way, self.states[way.target]))
            steps.append((order, way, state, after))
        return steps, state


def forward(cfg: Cfg, problem: Problem[S]) -> Solution[S]:
    """What holds at each place by what was done on the ways to it."""
    solution = Solution(cfg, problem, is_forward=True)
    solution.states[ENTRY] = problem.initial
    solution.solve([ENTRY], solution.push_forward, 1)
    return solution


def backward(cfg: Cfg, problem: Problem[S]) -> Solution[S]:
    """What holds at each place by what will be done on the ways out of it."""
    solution = Solution(cfg, problem, is_forward=False)
    solution.states[RETURNED] = solution.states[RAISED] = problem.initial
    solution.solve(range(len(cfg.edges)), solution.push_backward, -1)
    return solution
