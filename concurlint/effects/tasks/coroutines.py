"""Coroutines that nobody awaits."""

from __future__ import annotations

from collections.abc import Iterator

from concurlint.catalog.entries import RunsRole
from concurlint.catalog.traits import has
from concurlint.effects.contexts.spawns import Spawn, Spawns, ran
from concurlint.effects.flow.conditions import contradicts
from concurlint.effects.flow.detours import Detours
from concurlint.effects.flow.uses import is_dropped
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite
from concurlint.facts.syntax import Attribute, Await, Call, Expression, Name, Unary, walk
from concurlint.project.arguments import given, matching, merged
from concurlint.project.bindings import is_passed_on
from concurlint.project.callgraph import library_name
from concurlint.project.classes import attribute_writes
from concurlint.project.modules import Code
from concurlint.project.values import Bound, ClassOf, Coroutine, Instance, Partial, Value


class Coroutines:
    """Looks at what becomes of coroutines, and at who runs loops."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._dispatches = program[Spawns]
        self._roles = program.roles
        self._detours = program[Detours]

    # coroutines that are thrown away

    def never_awaited(self) -> Iterator[tuple[Code, CallSite, str]]:
        """Calls that make a coroutine which is dropped or taken for a truth value: "dropped" or "tested"."""
        for code in self._graph.edges:
            tested = {id(_bare(branch.test)) for branch in code.scope.branches}
            for site in code.scope.calls:
                how = self._thrown_away(code, site, tested)
                if how and self._makes_coroutine(code, site):
                    yield code, site, how

    def _thrown_away(self, code: Code, site: CallSite, tested: set[int]) -> str:
        if site.awaited:
            return ""
        if is_dropped(code, site):
            return "dropped"
        return "tested" if id(site.call) in tested else ""

    def _makes_coroutine(self, code: Code, site: CallSite) -> bool:
        callees = self._graph.evaluator.values(site.call.function, code)
        if (
            not callees.items
            or not self._graph.targets(site)
            or (not callees.whole and not self._is_method(site.call.function, code))
        ):
            return False
        return all(self._gives_coroutine(code, site, value) for value in callees)

    def _is_method(self, function: Expression, code: Code) -> bool:
        """Whether a method of known classes is called, and not a callable that somebody put into an attribute."""
        if not isinstance(function, Attribute):
            return False
        owners = self._graph.evaluator.values(function.value, code).used()
        if not owners.whole and not all(isinstance(o, Instance) and isinstance(o.of, ClassOf) for o in owners):
            return False  # the same attribute may hold the like of it that blocks: `asyncio.Queue` or `queue.Queue`
        return bool(owners.items) and not any(self._is_stored(owner, function.attr) for owner in owners)

    def _is_stored(self, owner: Value, attr: str) -> bool:
        if not isinstance(owner, Instance):
            return True
        if not isinstance(owner.of, ClassOf):
            return False
        return any(attr in attribute_writes(cls) for cls in self._graph.evaluator.lineage(owner.of.code)[0])

    def _gives_coroutine(self, code: Code, site: CallSite, value: Value) -> bool:
        name = library_name(value)
        if name:
            return has("coroutine-function", self._roles.canonical(name))
        callee = self._graph.runs(value)
        if callee is None or not callee.is_async or callee.scope.is_generator or isinstance(value, (ClassOf, Instance)):
            return False
        if callee.owner is not None and _is_protocol(self._graph.evaluator.lineage(callee.owner)[1]):
            return False  # only stands for classes that may do it otherwise
        if not all(self._is_foreign(decorator, callee) for decorator in callee.scope.decorators):
            return False
        made = self._graph.evaluator.values(site.call, code)
        return bool(made.items) and all(isinstance(each, Coroutine) for each in made)

    def _is_foreign(self, decorator: Expression, code: Code) -> bool:
        """A library's decorator that keeps functions as they are; one of the project may run the coroutine."""
        inner = decorator.function if isinstance(decorator, Call) else decorator
        values = self._graph.evaluator.values(inner, code.parent or code)
        return bool(values.items) and all(library_name(value) for value in values)

    def called_and_dropped(self) -> Iterator[Spawn]:
        """Coroutine functions handed to something that calls them and looks at nothing they return."""
        for dispatch in self._dispatches.all:
            role = self._roles.runs(dispatch.name)
            if (
                role is None
                or not (role.drops or self._is_lost(dispatch, role))
                or (role.drops and self._may_be_another(dispatch))
                or not dispatch.code.is_async
                or dispatch.code.scope.is_generator
                or self._is_ruled_out(dispatch, role)
            ):
                continue
            inner = dispatch.value
            while isinstance(inner, Partial):
                inner = inner.work
            if not isinstance(inner, Coroutine):
                yield dispatch

    def _is_ruled_out(self, dispatch: Spawn, role: RunsRole) -> bool:
        """Whether each call that brings the function here passes something else that turns the dispatch off:
        `run(f)`, `run(g, threaded=True)` for `def run(work, threaded=False)`."""
        site, code = dispatch.site, dispatch.where
        work = given(site.call, *role.work) if site is not None else None
        if site is None or not isinstance(work, Name) or not is_passed_on(work.id, code):
            return False
        parameter = next(p for p in code.scope.parameters if p.name == work.id)
        brings = []
        for edge in self._graph.callers.get(code, ()):
            call, bound = merged(edge.value, edge.site.call), isinstance(edge.value, (Bound, ClassOf, Instance))
            passed = matching(call, code, parameter, is_bound=bound)
            values = self._graph.evaluator.values(passed, edge.caller) if passed is not None else ()
            if any(ran(value) is dispatch.code for value in values):
                brings.append(any(contradicts(one, code, call, bound) for one in site.context.conditions))
        return bool(brings) and all(brings)

    @staticmethod
    def _is_lost(dispatch: Spawn, role: RunsRole) -> bool:
        """Whether a thread gives back a coroutine that nobody takes up: `await to_thread(f)`, `submit(f)`."""
        site, code = dispatch.site, dispatch.where
        if site is None or role.on == "task" or role.registers or role.many:
            return False
        taken = [given.value for given in (*code.scope.returned, *code.scope.yielded)]
        taken += [awaited.value for awaited in code.scope.awaits]
        if any(isinstance(value, Await) and any(part is site.call for part in walk(value)) for value in taken):
            return False
        taken = [b.value for bound in code.scope.bindings.values() for b in bound]
        taken += [argument.value for other in code.scope.calls for argument in other.call.arguments]
        is_taken = any(part is site.call for value in taken if value is not None for part in walk(value))
        return bool(role.error) or (role.rest and site.awaited and not is_taken)

    def _may_be_another(self, dispatch: Spawn) -> bool:
        """Whether the call may also be one that looks after what the function gives: another kind of loop."""
        roles = [
            self._roles.runs(name)
            for site, name, _ in self._graph.libraries.get(dispatch.where, ())
            if site is dispatch.site
        ]
        return any(role is None or not role.drops for role in roles)


def _is_protocol(bases: tuple[str, ...]) -> bool:
    return any(has("protocol", name) for name in bases)


def _bare(test: object) -> object:
    while isinstance(test, Unary) and test.operator == "Not":
        test = test.operand
    return test
