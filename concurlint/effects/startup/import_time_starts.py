"""Starts of processes while a module is imported."""

from __future__ import annotations

from collections.abc import Iterator

from concurlint.effects.contexts.spawns import Spawns
from concurlint.effects.program import Program
from concurlint.effects.startup.import_time import ImportTimeCall, calls_at_import, is_guarded, reached_at_import
from concurlint.facts.syntax import Call
from concurlint.project.arguments import given
from concurlint.project.modules import Module
from concurlint.project.values import NOTHING, Bound, Instance, Literal, Value


class ImportTimeStarts:
    """Which calls at import start processes."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._roles = program.roles
        self._config = program.config
        self._evaluator = program.evaluator
        self._dispatches = program[Spawns].all

    def all(self) -> Iterator[tuple[ImportTimeCall, str]]:
        """Starts of processes at import: the call, and what it starts in words."""
        linux = self._config.target_platform == "linux"
        yield from self._iterated_at_import()
        first: set[object] = set()
        for call in calls_at_import(self._graph, self._dispatches):
            what = self._roles.starts(call.name) or self._pool_handed_over(call)
            if not what or (linux and self._forces_fork(call.top.module)):
                continue
            pool = self._pool_of(call)
            if pool is None or pool not in first:
                first.add(pool)
                yield call, what

    def _iterated_at_import(self) -> Iterator[tuple[ImportTimeCall, str]]:
        """Loops at import over objects that start workers when iterated."""
        for code, via in reached_at_import(self._graph, self._dispatches):
            for loop in code.scope.loops:
                if loop.iterable is None or is_guarded(loop.context.conditions, code):
                    continue
                for value in self._evaluator.values(loop.iterable, code):
                    role = self._roles.iterated(self._evaluator.type_name(value))
                    made = value.site if isinstance(value, Instance) else None
                    if role is None or made is None or not isinstance(made.call, Call):
                        continue
                    workers = given(made.call, *role.workers)
                    known = self._evaluator.values(workers, made.code).only() if workers is not None else Literal(0)
                    if isinstance(known, Literal) and known.value:
                        yield ImportTimeCall(code, loop.at, None, role.name, via), role.what

    def _pool_of(self, call: ImportTimeCall) -> Value | None:
        """The pool a call gives work to: only the first call starts its workers."""
        if call.site is None:
            return None
        function = call.site.call.function
        values = self._evaluator.values(function, call.code).items
        owner = values[0].owner if values and isinstance(values[0], Bound) else None
        return owner if owner is not None and self._evaluator.kind(owner) == "process-pool" else None

    def _pool_handed_over(self, call: ImportTimeCall) -> str:
        """A process pool that another call (`run_in_executor`) puts to work."""
        role = self._roles.runs(call.name)
        if role is None or role.pool is None or call.site is None:
            return ""
        pool = given(call.site.call, *role.pool)
        values = self._evaluator.values(pool, call.code) if pool is not None else NOTHING
        kinds = {self._evaluator.kind(value) for value in values}
        return "a process pool's workers" if kinds == {"process-pool"} else ""

    def _forces_fork(self, module: Module) -> bool:
        for code in module.codes:
            for site, name, _ in self._graph.libraries.get(code, ()):
                position = self._roles.start_method(name)
                if position is not None:
                    method = given(site.call, *position)
                    if method is not None and self._evaluator.values(method, code).only() == Literal("fork"):
                        return True
        return False
