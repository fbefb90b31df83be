"""What may happen at the same time: work and its starter, two pieces of work, coroutines of one event loop."""

from __future__ import annotations

from concurlint.catalog.traits import has
from concurlint.effects.calls.every_way import EveryWay, both
from concurlint.effects.calls.summaries import reached
from concurlint.effects.contexts.lifetimes import Lifetimes
from concurlint.effects.contexts.spawns import Spawn, Spawns
from concurlint.effects.program import Program
from concurlint.facts.syntax import Call
from concurlint.project.callgraph import CallGraph, Edge, library_name
from concurlint.project.modules import Code


class Parallel:
    """Whether two things may happen in parallel; where nothing is known, they may."""

    def __init__(self, program: Program) -> None:
        self._lifetimes = program[Lifetimes]

    def goes_on_at(self, spawn: Spawn, code: Code, order: int) -> bool:
        """Whether who started work may come to a record before it has waited for the work."""
        return self._lifetimes.of(spawn).holds(code, order)

    def is_called_meanwhile(self, spawn: Spawn, code: Code) -> bool:
        """Whether who started work may call a function before it has waited for the work."""
        return code in self._lifetimes.of(spawn).called

    def is_over_at(self, spawn: Spawn, code: Code, order: int) -> bool:
        """Whether every way to a record has waited for the work in that very function."""
        return self._lifetimes.is_over(spawn, code, order)

    def is_left_alone(self, spawn: Spawn) -> bool:
        """Whether work may go on when all that started it is left, as far as that is known."""
        lifetime = self._lifetimes.of(spawn)
        return not lifetime.is_known or lifetime.outlives

    def may_come_beside(self, spawn: Spawn, code: Code, order: int) -> bool:
        """Whether the program's main thread may be at a record while work goes on, for all that is known."""
        return self.is_left_alone(spawn) or self.goes_on_at(spawn, code, order)

    def may_meet(self, one: Spawn, other: Spawn) -> bool:
        """Whether two pieces of work, or two runs of one, may go on at once."""
        return one.several if one is other else self._lifetimes.of(one).may_meet(self._lifetimes.of(other))


class SoleTasks:
    """Tells of coroutines whether anybody else is kept waiting while they block."""

    _run_to_end = False

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._dispatches = program[Spawns]
        self._alone = EveryWay(
            self._into,
            lambda edge, above: edge.site.awaited and above,
            both,
            otherwise=False,
            known=self._decided,
            at_most=True,
        )

    def is_alone(self, code: Code) -> bool:
        """Whether a coroutine runs in nothing but commands, and starts no tasks itself."""
        return self._alone.of(code)

    def _runs(self, code: Code) -> list[Spawn]:
        return [dispatch for dispatch in self._dispatches.by_code.get(code, ()) if dispatch.on == "task"]

    def _into(self, code: Code) -> list[Edge]:
        runs = self._runs(code)
        return [edge for edge in self._graph.callers.get(code, ()) if edge.site.awaited or not runs]

    def _decided(self, code: Code) -> bool | None:
        runs = self._runs(code)
        if not code.is_async or self._starts_tasks(code):
            return False
        if runs and not (self._run_to_end and all(run.waits for run in runs)):
            return False
        if is_command(self._graph, code):
            return True  # what calls it is around it, by other decorators
        return None if self._into(code) else bool(runs)

    def _starts_tasks(self, code: Code) -> bool:
        below = set(reached(self._graph, code.family()))
        return any(dispatch.on == "task" and dispatch.where in below for dispatch in self._dispatches.all)


class SoleEndedTasks(SoleTasks):
    """The same, with coroutines for whose end a plain function waits: `asyncio.run(main())`."""

    _run_to_end = True


def is_command(graph: CallGraph, code: Code) -> bool:
    """Whether a decorator makes a coroutine a command that is run for itself."""
    for decorator in code.scope.decorators:
        inner = decorator.function if isinstance(decorator, Call) else decorator
        for value in graph.evaluator.values(inner, code.parent or code):
            if has("command", library_name(value)):
                return True
    return False
