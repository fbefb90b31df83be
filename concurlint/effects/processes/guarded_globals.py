"""Globals that only exist where the main module is run, read by code that a freshly started process runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.catalog.traits import spelt
from concurlint.effects.calls.summaries import reached
from concurlint.effects.contexts.spawns import Spawn, Spawns
from concurlint.effects.flow.conditions import holds, says_main
from concurlint.effects.flow.names import names_in
from concurlint.effects.program import Program
from concurlint.effects.startup.start_methods import StartMethods
from concurlint.facts.records import Binding
from concurlint.facts.syntax import Attribute, Call, Place, spelled
from concurlint.finding import Step
from concurlint.project.callgraph import Edge
from concurlint.project.classes import holder
from concurlint.project.modules import Code, Module
from concurlint.project.values import Instance

_FRESH = frozenset({"spawn", "forkserver"})
_STANDARD = frozenset({"multiprocessing", "concurrent"})


@dataclass(frozen=True, slots=True, eq=False)
class MissingGlobal:
    """A global read in a worker and bound under the main guard only; `methods` have workers import the module anew."""

    code: Code
    name: str
    read: Place
    bound: Binding
    dispatch: Spawn
    via: tuple[Edge, ...]
    methods: frozenset[str]

    def steps(self) -> tuple[Step, ...]:
        """Where the name is bound, who sends the work away, and the calls from there."""
        says = f"`{self.name}` is bound here, which only the main program runs"
        steps = [Step(self.code.module.body.span(self.bound.at), says)]
        site = self.dispatch.site
        if site is not None:
            how = f"`{self.dispatch.name.rpartition('.')[2]}` has a process run `{self.dispatch.code.qualname}`"
            steps.append(Step(self.dispatch.where.span(site.call.at), how))
        for edge in self.via:
            how = f"`{edge.caller.qualname}` calls `{edge.callee.qualname}`"
            steps.append(Step(edge.caller.span(edge.site.call.at), how))
        return tuple(steps)


class GuardedGlobals:
    """Looks at the globals that code in worker processes reads."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._spawns = program[Spawns]
        self._methods = program[StartMethods]

    def missing(self) -> Iterator[MissingGlobal]:
        """Each function and name once."""
        seen: set[tuple[Code, str]] = set()
        for dispatch in self._spawns.all:
            methods = self._fresh(dispatch)
            for code, way in reached(self._graph, [dispatch.code]).items() if methods else ():
                for read in names_in(code):
                    bound = self._only_under_guard(read.id, code) if (code, read.id) not in seen else None
                    if bound is not None and not _expects(code):
                        seen.add((code, read.id))
                        yield MissingGlobal(code, read.id, read.at, bound, dispatch, way, methods)

    def _fresh(self, dispatch: Spawn) -> frozenset[str]:
        """The start methods of the work's process that import the main module anew."""
        if dispatch.on != "process" or dispatch.site is None or dispatch.name.partition(".")[0] not in _STANDARD:
            return frozenset()
        made = dispatch.site.call
        if not dispatch.name.rpartition(".")[2].islower():  # a process, or a pool by its initializer
            return self._methods.of(made, dispatch.where) & _FRESH
        function = made.function
        owners = self._graph.evaluator.values(function.value, dispatch.where) if isinstance(function, Attribute) else ()
        sites = [owner.site for owner in owners if isinstance(owner, Instance) and owner.site is not None]
        ways = [self._methods.of(site.call, site.code) for site in sites if isinstance(site.call, Call)]
        return frozenset[str]().union(*ways) & _FRESH

    def _only_under_guard(self, name: str, code: Code) -> Binding | None:
        """How a global is bound that nobody binds but the module under its main guard."""
        module = code.module
        if code is module.body or holder(code, name) is not None or module.global_writes.get(name):
            return None
        bindings = module.body.scope.bindings.get(name, ())
        if not bindings or not all(holds(b.context.conditions, module.body, says_main) for b in bindings):
            return None
        return None if self._is_set_from_elsewhere(name, module) else bindings[0]

    def _is_set_from_elsewhere(self, name: str, module: Module) -> bool:
        """Whether the module takes names from others that may bring it."""
        return bool(module.facts.stars) or name in ("__file__", "__name__", "__doc__")


def _expects(code: Code) -> bool:
    """Whether the function catches that a name is missing."""
    return any(
        not handler.types or any(spelt("unbound", spelled(kind)) for kind in handler.types)
        for handler in code.scope.handlers
    )
