"""What runs while a module is imported, and which processes that starts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.effects.calls.summaries import spread
from concurlint.effects.contexts.spawns import Spawn
from concurlint.effects.flow.conditions import holds, says_main, says_type_checking
from concurlint.facts.records import CallSite, Condition
from concurlint.facts.syntax import Place
from concurlint.finding import Step
from concurlint.project.callgraph import CallGraph, Edge
from concurlint.project.modules import Code


@dataclass(frozen=True, slots=True, eq=False)
class ImportTimeCall:
    """A library call that runs at import, with the chain of calls from the module's top level."""

    code: Code
    at: Place
    site: CallSite | None
    name: str
    via: tuple[Edge, ...]

    @property
    def top(self) -> Code:
        """The module body (or class body in it) from which it is reached."""
        return self.via[0].caller if self.via else self.code

    def steps(self) -> tuple[Step, ...]:
        """The calls that lead to it, outermost first."""
        found = []
        for edge in self.via:
            where = "the top level" if edge.caller.scope.kind != "function" else f"`{edge.caller.qualname}`"
            message = f"{where} calls `{edge.callee.qualname}`"
            found.append(Step(edge.caller.span(edge.site.call.at), message))
        return tuple(found)


def is_guarded(conditions: tuple[Condition, ...], code: Code) -> bool:
    """Whether a place only runs in the main module, or never."""
    return holds(conditions, code, says_main) or holds(conditions, code, says_type_checking)


def _runs_at_import(code: Code) -> bool:
    """Module bodies, and class bodies directly in them that stand outside the guard.

    No other process runs the cells of a notebook again.
    """
    if code.module.source.is_notebook:
        return False
    current: Code | None = code
    while current is not None:
        if current.scope.kind not in ("module", "class"):
            return False
        if current.parent is not None and is_guarded(current.scope.defined.conditions, current.parent):
            return False
        current = current.parent
    return True


def calls_at_import(graph: CallGraph, dispatches: list[Spawn]) -> Iterator[ImportTimeCall]:
    """Library calls that importing some module of the project runs."""
    for code, via in reached_at_import(graph, dispatches):
        for site, name, _ in graph.libraries.get(code, ()):
            if not is_guarded(site.context.conditions, code) and not site.context.deferred:
                yield ImportTimeCall(code, site.call.at, site, name, via)


def reached_at_import(graph: CallGraph, dispatches: list[Spawn]) -> Iterator[tuple[Code, tuple[Edge, ...]]]:
    """The code that importing some module of the project runs, each function by its shortest way."""
    awaited = [d for d in dispatches if d.on == "task" and d.waits and d.site is not None]
    handed = [d for d in dispatches if d.on == "import"]

    def onward(code: Code, via: tuple[Edge, ...]) -> Iterator[tuple[Code, tuple[Edge, ...]]]:
        yield from ((handing.code, via) for handing in handed if _hands_over(handing, code))
        run = [dispatch.code for dispatch in awaited if dispatch.where is code]
        for edge in graph.edges.get(code, ()):
            if (edge.runs or edge.callee in run) and not is_guarded(edge.site.context.conditions, code):
                yield edge.callee, (*via, edge)

    nowhere: tuple[Edge, ...] = ()
    found = spread(((code, nowhere) for code in graph.edges if _runs_at_import(code)), onward)
    return ((code, ways[None]) for code, ways in found.items())


def _hands_over(dispatch: Spawn, code: Code) -> bool:
    """Whether it is this code that has somebody run the work at once: by a call, or by a decorator in it."""
    if dispatch.site is None:
        return dispatch.code.parent is code and not is_guarded(dispatch.code.scope.defined.conditions, code)
    return dispatch.where is code and not is_guarded(dispatch.site.context.conditions, code)
