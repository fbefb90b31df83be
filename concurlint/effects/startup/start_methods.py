"""By which start method a process comes about: the one that was chosen, else what platform and version give."""

from __future__ import annotations

from functools import cached_property

from concurlint.catalog.roles import Roles
from concurlint.catalog.traits import has
from concurlint.effects.program import Program
from concurlint.facts.syntax import Call, Expression
from concurlint.project.arguments import given
from concurlint.project.callgraph import library_name
from concurlint.project.modules import Code
from concurlint.project.values import Bound, Instance, Literal

UNKNOWN_METHOD = "unknown"


class StartMethods:
    """Answers with sets of `fork`, `spawn`, `forkserver`; with `unknown` among them where it is chosen at run time."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._roles = program.roles
        self._evaluator = program.evaluator
        self._config = program.config

    def of(self, made: Call, code: Code) -> frozenset[str]:
        """How the process or pool that the call makes starts its processes."""
        for target in self._evaluator.values(made.function, code):
            if isinstance(target, Bound) and self._evaluator.kind(target.owner) == "context":
                return self._of_context(target.owner)
        names = {library_name(target) for target in self._evaluator.values(made.function, code)}
        position = 1 if any(name.endswith("Executor") for name in names) else None
        context = given(made, "mp_context", position) or given(made, "context", None)
        if context is not None:
            for value in self._evaluator.values(context, code):
                if self._evaluator.kind(value) == "context":
                    return self._of_context(value)
                if value != Literal(None):
                    return frozenset({UNKNOWN_METHOD})
        return self.default

    def _of_context(self, context: object) -> frozenset[str]:
        site = context.site if isinstance(context, Instance) else None
        if site is None or not isinstance(site.call, Call):
            return frozenset({UNKNOWN_METHOD})
        method = given(site.call, "method", 0)
        return self.default if method is None else self._constant(method, site.code)

    def _constant(self, method: Expression, code: Code) -> frozenset[str]:
        value = self._evaluator.values(method, code).only()
        if isinstance(value, Literal) and isinstance(value.value, str):
            return frozenset({value.value})
        return self.default if value == Literal(None) else frozenset({UNKNOWN_METHOD})

    @cached_property
    def default(self) -> frozenset[str]:
        """What the program chose for all, else what the target platforms and version have."""
        chosen: frozenset[str] = frozenset()
        for code, calls in self._graph.libraries.items():
            for site, name, _ in calls:
                position = self._roles.start_method(name) if chooses_for_all(name, self._roles) else None
                method = given(site.call, *position) if position is not None else None
                if method is not None:
                    chosen |= self._constant(method, code)
        return chosen or self.of_platform

    @property
    def of_platform(self) -> frozenset[str]:
        """The start methods that the target platforms have by default (docs: library/multiprocessing)."""
        on_linux = "forkserver" if self._config.target_python >= (3, 14) else "fork"
        if self._config.target_platform == "linux":
            return frozenset({on_linux})
        if self._config.target_platform in ("macos", "windows"):
            return frozenset({"spawn"})
        return frozenset({on_linux, "spawn"})


def chooses_for_all(name: str, roles: Roles) -> bool:
    """Whether a call of `name` chooses the start method of the whole program."""
    return roles.start_method(name) is not None and has("chooses-for-all", name)
