"""How thread and process objects are made and set going: what makes one run nothing, or run here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.catalog.entries import HookRole, RunsRole
from concurlint.effects.flow.conditions import is_for_tests
from concurlint.effects.flow.dominators import are_apart
from concurlint.effects.flow.graphs import Graphs
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite
from concurlint.facts.syntax import Attribute, Call, Constant, Expression, Name, spelled
from concurlint.project.arguments import given, has_stars, merged
from concurlint.project.classes import is_self
from concurlint.project.modules import Code
from concurlint.project.values import Bound, ClassOf, Function, Instance, Library, Literal, Value


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """A call on a thread or process (or its class) that does not start the work it seems to start."""

    code: Code
    site: CallSite
    what: str  # "thread" | "process"
    given: Expression | None = None

    @property
    def object(self) -> str:
        """The object whose method is called, as it is written; `""` if it has no name."""
        function = self.site.call.function
        return spelled(function.value) if isinstance(function, Attribute) else ""


class Construction:
    """Looks at the calls that make thread and process objects, and at those of their methods."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._roles = program.roles
        self._evaluator = program.evaluator
        self._graphs = program[Graphs]

    def run_here(self) -> Iterator[Start]:
        """Calls of the method that `start()` would run elsewhere."""
        for code in self._graph.edges:
            if is_for_tests(code):
                continue
            for site in code.scope.calls:
                what = self._own_run(site)
                if what and not self._is_meant(code, site):
                    yield Start(code, site, what)

    def _own_run(self, site: CallSite) -> str:
        """`thread` or `process` if the call is of the `run` of such an object, whatever it may be."""
        found: set[str] = set()
        for value in self._graph.targets(site):
            hook = self._runner(value, site)
            if hook is None:
                return ""
            found.add(hook.what)
        return min(found, default="")

    def _runner(self, value: Value, site: CallSite) -> HookRole | None:
        function = site.call.function
        if not isinstance(value, Bound) or not isinstance(function, Attribute) or not isinstance(value.owner, Instance):
            return None
        if isinstance(function.value, Call) and isinstance(value.function, Function):
            return None  # `Worker().run()`: nobody keeps the object to start it, so it is meant; and `super().run()`
        if isinstance(function.value, Call) and spelled(function.value.function) == "super":
            return None
        hook = self._hook(value.owner.of)
        return hook if hook is not None and function.attr in hook.methods else None

    def _hook(self, of: ClassOf | Library) -> HookRole | None:
        """How objects of the class run on a thread or in a process of their own, if they do."""
        libraries = self._evaluator.lineage(of.code)[1] if isinstance(of, ClassOf) else self._roles.ancestry(of.name)
        hooks = (self._roles.override(library) for library in libraries)
        return next((hook for hook in hooks if hook is not None and hook.what in ("thread", "process")), None)

    def _is_meant(self, code: Code, site: CallSite) -> bool:
        """A class that runs its own work on demand, or a program that chooses between `run()` and `start()`."""
        function = site.call.function
        assert isinstance(function, Attribute)
        base = function.value
        if isinstance(base, Name) and is_self(code, base.id) is not None:
            return code.name != "__init__"
        name = spelled(base)
        return any(
            isinstance(other.call.function, Attribute)
            and other.call.function.attr == "start"
            and spelled(other.call.function.value) == name != ""
            and are_apart(self._graphs.of(code), other.order, site.order)
            for other in code.scope.calls
        )

    def without_target(self) -> Iterator[Start]:
        """Threads and processes whose work is passed where the group stands, which must be None."""
        for code, calls in self._graph.libraries.items():
            for site, name, value in calls:
                role = self._roles.runs(name)
                if role is None or role.group is None:
                    continue
                call = merged(value, site.call)
                group = given(call, *role.group)
                if group is not None and self._is_work(group, code, call, role):
                    yield Start(code, site, role.on, group)
            yield from self._by_parent(code)

    def _by_parent(self, code: Code) -> Iterator[Start]:
        """`super().__init__(work)` in a subclass."""
        for site in code.scope.calls:
            function = site.call.function
            if not isinstance(function, Attribute) or function.attr != "__init__":
                continue
            for value in self._graph.targets(site):
                if not isinstance(value, Bound) or not isinstance(value.function, Library):
                    continue
                role = self._roles.runs(value.function.name.removesuffix(".__init__"))
                group = given(site.call, *role.group) if role is not None and role.group is not None else None
                if role is not None and group is not None and self._is_work(group, code, site.call, role):
                    yield Start(code, site, role.on, group)

    def _is_work(self, group: Expression, code: Code, call: Call, role: RunsRole) -> bool:
        """Whether what is passed as group is not None: by its value, or as there is nothing else to run."""
        if isinstance(group, Constant) and group.value is None:
            return False
        values = self._evaluator.values(group, code)
        if values.items:
            return all(value != Literal(None) for value in values)
        alone = given(call, *role.work) is None and not has_stars(call)
        return alone and spelled(group).rpartition(".")[2] != "group"
