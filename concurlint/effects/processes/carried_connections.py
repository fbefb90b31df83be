"""Connections that a module opens while it is loaded, and that forked children use along with their parent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.catalog.kinds import kinds_with
from concurlint.catalog.traits import has
from concurlint.effects.calls.summaries import reached
from concurlint.effects.calls.witness import links
from concurlint.effects.contexts.spawns import Spawn, Spawns
from concurlint.effects.flow.conditions import is_for_tests
from concurlint.effects.program import Program
from concurlint.effects.startup.start_methods import StartMethods
from concurlint.facts.records import CallSite
from concurlint.facts.syntax import Attribute, Call, spelled
from concurlint.finding import Step
from concurlint.project.callgraph import Edge
from concurlint.project.modules import Code
from concurlint.project.values import Instance, Site

_STANDARD = frozenset({"multiprocessing", "concurrent"})


@dataclass(frozen=True, slots=True, eq=False)
class Carried:
    """A call on a connection of the module, in what a forked child runs."""

    code: Code
    site: CallSite
    name: str
    made: Site
    dispatch: Spawn
    via: tuple[Edge, ...]

    def steps(self) -> tuple[Step, ...]:
        """Where the connection is opened, and who has a process run the code."""
        steps = [Step(self.made.code.span(self.made.call.at), "the connection is opened here, in the parent")]
        if self.dispatch.site is not None:
            how = f"`{self.dispatch.name.rpartition('.')[2]}` has a process run `{self.dispatch.code.qualname}`"
            steps.append(Step(self.dispatch.where.span(self.dispatch.site.call.at), how))
        return (*steps, *links(self.via))


class CarriedConnections:
    """Looks at the connections that code in forked workers uses."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._evaluator = program.evaluator
        self._spawns = program[Spawns]
        self._methods = program[StartMethods]

    def all(self) -> Iterator[Carried]:
        """Each connection once, at its first use."""
        seen: set[int] = set()
        for dispatch in self._spawns.all:
            if is_for_tests(dispatch.where) or not self._forks(dispatch):
                continue
            below = reached(self._graph, [dispatch.code])
            for code, way in below.items():
                for site in code.scope.calls:
                    made = self._connection(code, site)
                    if made is None or id(made.call) in seen or self._is_renewed(made, below):
                        continue
                    if dispatch.several or self._is_used_beside(made, below):
                        seen.add(id(made.call))
                        yield Carried(code, site, spelled(site.call.function), made, dispatch, way)

    def _forks(self, dispatch: Spawn) -> bool:
        """Whether the process has its parent's memory, on one of the target platforms."""
        if dispatch.on != "process" or dispatch.site is None or dispatch.name.partition(".")[0] not in _STANDARD:
            return False
        made = dispatch.site.call
        if not dispatch.name.rpartition(".")[2].islower():  # a process, or a pool by its initializer
            return "fork" in self._methods.of(made, dispatch.where)
        function = made.function
        owners = self._evaluator.values(function.value, dispatch.where) if isinstance(function, Attribute) else ()
        sites = [owner.site for owner in owners if isinstance(owner, Instance) and owner.site is not None]
        return any("fork" in self._methods.of(site.call, site.code) for site in sites if isinstance(site.call, Call))

    def _connection(self, code: Code, site: CallSite) -> Site | None:
        """Where the one connection that a method is called on is opened, if a module does it while it is loaded."""
        function = site.call.function
        if not isinstance(function, Attribute):
            return None
        values = self._evaluator.values(function.value, code).used()
        if len(values.items) != 1 or not isinstance(values.items[0], Instance):
            return None
        made, kind = values.items[0].site, self._evaluator.kind(values.items[0])
        if made is None or made.code.scope.kind != "module" or not isinstance(made.call, Call):
            return None
        is_open = kind in kinds_with("connected-when-made")
        name = self._evaluator.type_name(values.items[0])
        return made if is_open and not has("connects-late", name) else None

    def _is_used_beside(self, made: Site, below: dict[Code, tuple[Edge, ...]]) -> bool:
        """Whether anybody else uses the connection."""
        others = [code for code in self._graph.edges if code not in below and not is_for_tests(code)]
        return any(self._connection(code, site) == made for code in others for site in code.scope.calls)

    def _is_renewed(self, made: Site, below: dict[Code, tuple[Edge, ...]]) -> bool:
        """Whether the child opens a connection of its own under that name, or looks which process it is."""
        names = {
            name
            for name, bindings in made.code.scope.bindings.items()
            if any(binding.value is made.call for binding in bindings)
        }
        written = {name for code in below for name in code.scope.globals if name in code.scope.bindings}
        asks = any(
            has("renews", name) or name == "os.getpid"
            for code in below
            for _, name, _ in self._graph.libraries.get(code, ())
        )
        return bool(names & (written | set(made.code.module.global_writes))) or asks or not names
