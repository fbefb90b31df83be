"""Tasks that nobody keeps: the event loop itself holds them only weakly."""

from __future__ import annotations

from collections.abc import Iterator

from concurlint.effects.contexts.spawns import Spawns
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite
from concurlint.facts.syntax import (
    Name,
)
from concurlint.finding import Step
from concurlint.project.modules import Code

_MOST_HANDS = 4


class KeptTasks:
    """What becomes of the tasks that calls make."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._roles = program.roles
        self._dispatches = program[Spawns]

    def dropped_tasks(self) -> Iterator[tuple[Code, CallSite, str, tuple[Step, ...]]]:
        """Calls whose task lives only as long as somebody keeps it, and nobody does; the steps lead to its making."""
        for code, calls in self._graph.libraries.items():
            for site, name, _ in calls:
                role = self._roles.runs(name)
                if role is None or not role.weak:
                    continue
                if self._is_dropped(code, site):
                    yield code, site, name, ()
                elif _gives_back(code, site):
                    made = Step(code.span(site.call.at), f"`{code.qualname}` gives back what `{name}` made")
                    yield from self._dropped_by_callers(code, name, (made,))
                    yield from self._dropped_by_loop(code, site, name, made)

    def _dropped_by_loop(
        self, code: Code, site: CallSite, name: str, made: Step
    ) -> Iterator[tuple[Code, CallSite, str, tuple[Step, ...]]]:
        """What a callback of the event loop gives back, which the loop does not look at."""
        for dispatch in self._dispatches.by_code.get(code, ()):
            role = self._roles.runs(dispatch.name)
            if role is None or not role.drops or dispatch.on != "task" or dispatch.site is None:
                continue
            if code.scope.kind == "lambda":
                says = f"`{dispatch.name.rpartition('.')[2]}` drops what its callback gives back"
                yield code, site, name, (Step(dispatch.where.span(dispatch.site.call.at), says),)
            else:
                yield dispatch.where, dispatch.site, code.qualname, (made,)
            return

    def _dropped_by_callers(
        self, code: Code, name: str, steps: tuple[Step, ...]
    ) -> Iterator[tuple[Code, CallSite, str, tuple[Step, ...]]]:
        """Calls of a function that makes a task for its caller, where the caller drops it."""
        if code.is_async or code.scope.is_generator or len(steps) > _MOST_HANDS:
            return
        for edge in self._graph.callers.get(code, ()):
            several = any(e.site is edge.site and e is not edge for e in self._graph.edges.get(edge.caller, ()))
            if several or not edge.runs:
                continue
            if self._is_dropped(edge.caller, edge.site):
                yield edge.caller, edge.site, code.qualname, steps
            elif _gives_back(edge.caller, edge.site):
                gives = f"`{edge.caller.qualname}` gives back what `{code.qualname}` gave"
                step = Step(edge.caller.span(edge.site.call.at), gives)
                yield from self._dropped_by_callers(edge.caller, name, (step, *steps))
                yield from self._dropped_by_loop(edge.caller, edge.site, code.qualname, step)

    def _is_dropped(self, code: Code, site: CallSite) -> bool:
        if site.dropped:
            return True
        return code.scope.kind == "function" and any(
            binding.value is site.call and binding.kind == "assign" and not binding.path
            for name, bindings in code.scope.bindings.items()
            if self._is_never_read(code, name, site)
            for binding in bindings
        )

    @staticmethod
    def _is_never_read(code: Code, name: str, site: CallSite) -> bool:
        """Whether a local name is there for nothing; any but `_` keeps its task while the function goes on."""
        if any(name in part.scope.uses or name in part.scope.nonlocals for part in code.family()):
            return False
        if name in code.scope.globals | code.scope.nonlocals:
            return False
        waits = any(awaited.order > site.order or site.context.loops for awaited in code.scope.awaits)
        return name == "_" or not (waits or code.scope.is_generator)


def _gives_back(code: Code, site: CallSite) -> bool:
    """Whether a function does nothing with what a call gave but return it."""
    names = {
        binding.name
        for bindings in code.scope.bindings.values()
        for binding in bindings
        if binding.value is site.call and binding.kind == "assign" and not binding.path
    }
    for returned in code.scope.returned:
        if returned.value is site.call:
            return True
        if isinstance(returned.value, Name) and returned.value.id in names:
            return code.scope.uses.get(returned.value.id) == 1
    return False
