"""Locks of threads that a forked child inherits in whatever state they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.catalog.traits import has
from concurlint.effects.calls.reachability import Reachability
from concurlint.effects.contexts.parallel import Parallel
from concurlint.effects.contexts.spawns import Spawn, Spawns
from concurlint.effects.lockset.acquisitions import Acquisitions
from concurlint.effects.lockset.address import Lock
from concurlint.effects.program import Program
from concurlint.effects.startup.start_methods import StartMethods
from concurlint.facts.syntax import Attribute, Call, Place
from concurlint.finding import Step
from concurlint.project.callgraph import library_name
from concurlint.project.modules import Code, Module
from concurlint.project.values import Instance, Site


@dataclass(frozen=True, slots=True, eq=False)
class _Taken:
    code: Code
    at: Place
    lock: Lock


@dataclass(frozen=True, slots=True, eq=False)
class Inherited:
    """A lock taken in a forked process that a thread of the parent may have held when it forked."""

    code: Code
    at: Place
    lock: str
    dispatch: Spawn
    thread: Spawn
    held: Code
    held_at: Place

    def steps(self) -> tuple[Step, ...]:
        """Where the process comes from, and where a thread holds the lock."""
        steps = []
        if self.dispatch.site is not None:
            message = f"a forked process runs `{self.dispatch.code.qualname}`"
            steps.append(Step(self.dispatch.where.span(self.dispatch.site.call.at), message))
        message = f"`{self.held.qualname}`, which a thread of the parent runs, holds it here"
        return (*steps, Step(self.held.span(self.held_at), message))


class InheritedLocks:
    """Compares the locks that forked work takes with those that the parent's threads take."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._roles = program.roles
        self._evaluator = program.evaluator
        self._acquisitions = program[Acquisitions]
        self._methods = program[StartMethods]
        self._parallel = program[Parallel]
        self._moments = program[Reachability]
        self._forked = [d for d in program[Spawns].all if d.on == "process" and d.site is not None and self._forks(d)]
        self._threads = [d for d in program[Spawns].all if d.on == "thread" and not d.registers]

    def _forks(self, dispatch: Spawn) -> bool:
        assert dispatch.site is not None
        made: list[tuple[Call, Code]] = [(dispatch.site.call, dispatch.where)]
        function = dispatch.site.call.function
        if isinstance(function, Attribute):
            for value in self._evaluator.values(function.value, dispatch.where):
                if isinstance(value, Instance) and value.site is not None and isinstance(value.site.call, Call):
                    if self._evaluator.kind(value) == "process-pool":
                        made = [(value.site.call, value.site.code)]
        return all("fork" in self._methods.of(call, code) for call, code in made)

    def all(self) -> Iterator[Inherited]:
        """Each taking in forked work once."""
        seen: set[tuple[Code, Place]] = set()
        if not self._forked or not self._threads:
            return
        held = [(d, taken) for d in self._threads for c in self._moments.below(d.code) for taken in self._taken(c)]
        for dispatch in self._forked:
            for code in self._moments.below(dispatch.code):
                for taken in self._taken(code):
                    other = next(
                        (
                            (thread, there)
                            for thread, there in held
                            if there.lock.identity == taken.lock.identity and self._parallel.may_meet(thread, dispatch)
                        ),
                        None,
                    )
                    if other is None or (code, taken.at) in seen or self._is_renewed(taken.lock):
                        continue
                    seen.add((code, taken.at))
                    thread, there = other
                    yield Inherited(code, taken.at, taken.lock.spelling, dispatch, thread, there.code, there.at)

    def _taken(self, code: Code) -> Iterator[_Taken]:
        for taking in self._acquisitions.of(code):
            if taking.waits and self._is_for_threads(taking.lock) and self._is_global(taking.lock):
                yield _Taken(code, taking.at, taking.lock)

    def _is_for_threads(self, lock: Lock) -> bool:
        identity = lock.identity
        if not isinstance(identity, Site) or not isinstance(identity.call, Call):
            return False
        names = {library_name(v) for v in self._evaluator.values(identity.call.function, identity.code)}
        return bool(names) and all(has("thread-primitive", name) for name in names)

    @staticmethod
    def _is_global(lock: Lock) -> bool:
        """Made once when its module is imported: parent and child mean the same lock."""
        return isinstance(lock.identity, Site) and lock.identity.code.scope.kind in ("module", "class")

    def _is_renewed(self, lock: Lock) -> bool:
        """Whether the lock's module sees to forks: it registers what to do at one, or asks which process it is."""
        module: Module | None = lock.identity.code.module if isinstance(lock.identity, Site) else None
        return module is not None and any(
            has("renews", name) for code in module.codes for _, name, _ in self._graph.libraries.get(code, ())
        )
