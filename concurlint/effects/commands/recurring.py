"""Commands that run again and again: in loops, for each event of a framework, whenever a module is loaded."""

from __future__ import annotations

from concurlint.effects.calls.summaries import reached
from concurlint.effects.contexts.spawns import Spawns
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite
from concurlint.project.modules import Code


class CommandRepetition:
    """Tells a command that a program runs all the time from one that it runs once."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        handlers = [spawn.code for spawn in program[Spawns].all if spawn.hook is not None and spawn.hook.serves]
        self._handling = frozenset(reached(program.graph, handlers))

    def is_run_often(self, code: Code, site: CallSite) -> bool:
        """Whether the call is in a loop, is made by a function called in one, or comes with each request or import."""
        if site.context.loops or code in self._handling or code.scope.kind == "module":
            return True
        return any(edge.site.context.loops for edge in self._graph.callers.get(code, ()))
