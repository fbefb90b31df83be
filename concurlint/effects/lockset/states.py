"""The locks of each function at each of its records, led along its control-flow graph, and what a run leaves held."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property, partial, reduce

from concurlint.effects.calls.access_paths import Path
from concurlint.effects.flow.cfg import Edge as Way
from concurlint.effects.flow.dataflow import Problem, Solution, forward
from concurlint.effects.flow.graphs import Graphs
from concurlint.effects.lockset.address import Lock, LockAddresses, Token
from concurlint.effects.lockset.decorators import DecoratorLocks
from concurlint.effects.lockset.events import UNTOLD, Operations, Take, lifted
from concurlint.effects.lockset.held import NOTHING_HELD, State, closed, given, joined, taken, undone
from concurlint.effects.lockset.managers import is_leaving
from concurlint.effects.lockset.operations import LockOperations
from concurlint.effects.lockset.results import Left, Results
from concurlint.effects.program import Program
from concurlint.project.callgraph import Edge
from concurlint.project.modules import Code

_Change = Callable[[State], State]
_MOST_ROUNDS = 3  # in which what a function leaves held is worked out again, in circles of calls


class LockStates:
    """Solves each function once, with what the functions of the project that it calls leave held."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._graphs = program[Graphs]
        self._operations = program[LockOperations]
        self._addresses = program[LockAddresses]
        self._decorators = program[DecoratorLocks]
        self._leaving: dict[Code, tuple[Left, ...]] = {}
        self._solutions: dict[Code, Solution[State] | None] = {}
        self._outer: dict[Code, list[Take]] = {}

    def before(self, code: Code, order: int) -> State | None:
        """The locks held when a run comes to a record, None where none does."""
        assert self._left is self._leaving
        solution = self._solution(code)
        return NOTHING_HELD if solution is None else solution.before(order)

    def left(self, code: Code) -> tuple[Left, ...]:
        """What a run of a function leaves taken or has given away at its end; a context manager, while it is open."""
        return self._left.get(code, ())

    def around(self, code: Code) -> list[Take]:
        """What decorators take around a function."""
        if code not in self._outer:
            self._outer[code] = []  # a decorator that decorates itself
            self._outer[code] = self._decorators.around(code, self.before) if code.scope.decorators else []
        return self._outer[code]

    def releases(self, code: Code, lock: Lock) -> set[int]:
        """The order numbers at which a function, or one that it calls, gives back a lock."""
        own = {give.order for give in self._operations.of(code).gives if give.lock and give.lock.token == lock.token}
        called = (take for takes in self._called(code).values() for take in takes if take.most < 0)
        return own | {take.order for take in called if take.lock.token == lock.token}

    def order(self, edge: Edge) -> int:
        """The order number of a call; that of what `with` does last stands where the block is left."""
        exits = edge.caller.scope.flow.exits if is_leaving(edge) else ()
        return next((out for out, into in exits if into == edge.site.order), edge.site.order)

    def is_wrapping(self, edge: Edge) -> bool:
        """Whether a call is that of a decorated function in the wrapper that a decorator has put around it."""
        return edge.caller in self._decorators.wrappers(edge.callee)

    # what functions leave

    @cached_property
    def _left(self) -> dict[Code, tuple[Left, ...]]:
        """Worked out from the functions that take or give without `with`, and from their callers where something is
        left."""
        entering: dict[Code, list[Code]] = {}
        queue: deque[Code] = deque()
        for code in self._graph.edges:
            operations = self._operations.of(code)
            for edge in (edge for entry in operations.entries for edge in entry.edges):
                entering.setdefault(edge.callee, []).append(code)
            if operations.takes or operations.gives or (operations.entries and code.scope.is_generator):
                queue.append(code)
        rounds: Counter[Code] = Counter()
        while queue:
            code = queue.popleft()
            rounds[code] += 1
            self._solutions.pop(code, None)
            found = tuple(self._leaves(code))
            if rounds[code] <= _MOST_ROUNDS and _counts(found) != _counts(self._leaving.get(code, ())):
                self._leaving[code] = found
                queue += [edge.caller for edge in self._graph.callers.get(code, ())]
                queue += entering.get(code, ())
        return self._leaving

    def _leaves(self, code: Code) -> Iterator[Left]:
        solution, operations = self._solution(code), self._operations.of(code)
        if solution is None:
            return
        ends = [solution.before(place.order) for place in code.scope.yielded] if code.scope.is_generator else []
        known = [state for state in ends or [solution.returned] if state is not None]
        state = reduce(joined, known) if known else NOTHING_HELD
        for take in self.around(code):
            state = undone(state, take)
        telling = not (operations.gives or operations.entries or code.scope.is_generator)
        results = Results(code, operations.takes) if telling else None
        for held in state.values():
            yield Left(held, results.told_by(held.lock, solution, self._graphs.of(code)) if results else UNTOLD)

    # one function

    def _solution(self, code: Code) -> Solution[State] | None:
        """None where nothing ever happens to a lock."""
        if code not in self._solutions:
            self._solutions[code] = None
            problem = self._problem(code)
            self._solutions[code] = forward(self._graphs.of(code), problem) if problem is not None else None
        return self._solutions[code]

    def _problem(self, code: Code) -> Problem[State] | None:
        operations = self._operations.of(code)
        entered = self._entered(operations)
        stacked = [take for takes in entered.values() for take in takes if take.stack]
        changes: dict[int, list[_Change]] = {}
        undoing: dict[int, list[_Change]] = {}
        for take in operations.takes:
            changes.setdefault(take.order, []).append(partial(taken, take=take))
        for give in operations.gives:
            change = partial(given, give=give) if give.lock else partial(closed, give=give, takes=stacked)
            undoing.setdefault(give.order, []).append(change)
        for order, takes in entered.items():
            changes.setdefault(order, []).extend(partial(taken, take=take) for take in takes)
            for out in (out for out, into in code.scope.flow.exits if into == order):
                undoing.setdefault(out, []).extend(partial(undone, take=take) for take in reversed(takes))
        called = self._called(code)
        for order, takes in called.items():
            changes.setdefault(order, []).extend(partial(taken, take=take) for take in takes)
        initial = reduce(taken, self.around(code), NOTHING_HELD)
        if not changes and not undoing and not initial:
            return None
        at = {order: [*changes.get(order, ()), *undoing.get(order, ())] for order in {**changes, **undoing}}

        def transfer(order: int, state: State) -> State:
            return reduce(lambda so_far, change: change(so_far), at[order], state)

        asked = Results(code, [*operations.takes, *(take for takes in called.values() for take in takes)])

        def at_edge(edge: Way, state: State) -> State | None:
            if edge.raised is not None:  # giving back does not fail
                return reduce(lambda so_far, change: change(so_far), undoing.get(edge.raised, ()), state)
            return asked.on(edge, state)

        return Problem(initial, joined, transfer, at, at_edge)

    def _entered(self, operations: Operations) -> dict[int, list[Take]]:
        """What each `with` item takes, by its order number."""
        found: dict[int, list[Take]] = {}
        for entry in operations.entries:
            by_calls = (replace(take, stack=entry.stack) for take in self._by_calls(list(entry.edges), entry.order))
            takes = [*entry.takes, *by_calls]
            if takes:
                found[entry.order] = takes
        return found

    def _called(self, code: Code) -> dict[int, list[Take]]:
        """What calls leave taken or give away, by order number."""
        by_site: dict[int, list[Edge]] = {}
        entered = {order for _, _, order in code.scope.entered}
        for edge in self._graph.edges.get(code, ()) if self._leaving else ():
            if edge.runs and not edge.consumed and edge.site.order not in entered:
                by_site.setdefault(edge.site.order, []).append(edge)
        found: dict[int, list[Take]] = {}
        for order, edges in by_site.items():
            if any(edge.callee in self._leaving for edge in edges):
                takes = self._by_calls(edges, order)
                if takes:
                    found[order] = takes
        return found

    def _by_calls(self, edges: list[Edge], order: int) -> list[Take]:
        """What one of several functions leaves, as their caller sees it: as much as all do, and as any may."""
        found: dict[Token, list[Take]] = {}
        for edge in edges:
            for left in self._leaving.get(edge.callee, ()):
                held, where = left.held, edge.site.call.at
                lock = self._addresses.at_caller(held.lock, edge)
                if lock is None:  # one that only the callee has a name for
                    token = Path("local", edge.caller, f"{held.lock.spelling} by {where[0]}:{where[1]}")
                    lock = replace(held.lock, token=token, is_sure=False)
                hold = min(held.by, key=lambda h: h.taking.order, default=None)
                by = lifted(hold, lock, edge) if hold is not None else None
                take = Take(order, lock, held.least, held.most, by, "", edge.site, left.told)
                found.setdefault(lock.token, []).append(take)
        return [_together(takes, len(takes) == len(edges)) for takes in found.values()]


def _together(takes: list[Take], by_all: bool) -> Take:
    if len(takes) == 1 and by_all:
        return takes[0]
    least, most = min(take.least for take in takes), max(take.most for take in takes)
    if not by_all:
        least, most = min(0, least), max(0, most)
    return Take(takes[0].order, takes[0].lock, least, most, takes[0].hold)


def _counts(left: tuple[Left, ...]) -> set[tuple[Token, int, int]]:
    return {(one.held.lock.token, one.held.least, one.held.most) for one in left}
