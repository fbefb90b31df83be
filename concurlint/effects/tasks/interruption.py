"""Who may cancel a coroutine: somebody in the program, or only who stops the whole program."""

from __future__ import annotations

from collections.abc import Sequence

from concurlint.catalog.traits import has
from concurlint.effects.calls.every_way import EveryWay, both
from concurlint.effects.contexts.parallel import is_command
from concurlint.effects.contexts.spawns import Spawns
from concurlint.effects.program import Program
from concurlint.facts.records import Context, Entered
from concurlint.facts.syntax import Call
from concurlint.project.callgraph import Edge, library_name
from concurlint.project.modules import Code


class Interruption:
    """Follows a coroutine up to who has it run, and looks on the way for timeouts and groups that cancel it."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._evaluator = program.evaluator
        self._roles = program.roles
        self._spawns = program[Spawns]
        self._from_outside = EveryWay(
            self._into,
            lambda edge, above: above and edge.site.awaited and not self._is_stopped(edge.caller, edge.site.context),
            both,
            otherwise=False,
            known=self._decided,
            at_most=True,
        )

    def is_from_outside(self, code: Code, context: Context) -> bool:
        """Whether a cancellation comes to this place only from Ctrl-C, on its way to the end of the program."""
        return self._from_outside.of(code) and not self._is_stopped(code, context)

    def _into(self, code: Code) -> Sequence[Edge]:
        return [edge for edge in self._graph.callers.get(code, ()) if edge.runs]

    def _decided(self, code: Code) -> bool | None:
        runs = [run for run in self._spawns.by_code.get(code, ()) if run.on == "task"]
        if not code.is_async or not all(run.waits and self._roles.runs_loop(run.name) for run in runs):
            return False
        if is_command(self._graph, code):
            return True
        return None if any(edge.site.awaited for edge in self._into(code)) else bool(runs)

    def _is_stopped(self, code: Code, context: Context) -> bool:
        """Whether something around a place cancels what stands in it, or an endless loop goes on after it."""
        if any(code.scope.loops[number].kind == "while" for number in context.loops):
            return True
        return any(self._cancels(entered, code) for entered in context.entered)

    def _cancels(self, entered: Entered, code: Code) -> bool:
        manager = entered.manager
        function = manager.function if isinstance(manager, Call) else manager
        names = {library_name(value) for value in self._evaluator.values(function, code)}
        if any(has("limits-time", name) or has("suppresses", name) for name in names):
            return True
        return any(self._evaluator.kind(value) == "task-group" for value in self._evaluator.values(manager, code))
