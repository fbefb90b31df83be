"""Tasks that wait for tasks of the very pool they run in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.catalog.traits import has, listed, may
from concurlint.effects.calls.summaries import reached
from concurlint.effects.contexts.spawns import Spawn, Spawns
from concurlint.effects.flow.conditions import holds
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite
from concurlint.facts.syntax import Attribute, Call, Constant, Expression, Name, spelled, walk
from concurlint.project.bindings import names_of
from concurlint.project.callgraph import Edge
from concurlint.project.classes import is_self
from concurlint.project.modules import Code
from concurlint.project.values import Instance, Site, Values


@dataclass(frozen=True, slots=True, eq=False)
class SelfWait:
    """A wait in `code` for work that is sent by `sent` to the pool in which `dispatch` has `code` run."""

    code: Code
    site: CallSite
    dispatch: Spawn
    via: tuple[Edge, ...]
    sent: tuple[Code, Expression]


class SelfDeadlocks:
    """Finds waits of a pool's tasks for other tasks of the same pool."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._dispatches = program[Spawns].all
        self._roles = program.roles
        self._evaluator = program.evaluator

    def all(self) -> Iterator[SelfWait]:
        """One for each waiting call."""
        seen: set[CallSite] = set()
        for dispatch in self._dispatches:
            if dispatch.on != "thread" or dispatch.site is None or dispatch.hook is not None:
                continue
            pools = self._pools(dispatch.site.call, dispatch.where)
            if not pools:
                continue
            below = reached(self._graph, [dispatch.code])
            shared = {pool for pool in pools if pool.code not in below and self._is_one(dispatch, pool)}
            for code, via in below.items() if shared else ():
                for site, sent in self._waits(code):
                    where, call = sent
                    if site not in seen and where in below and self._pools(call, where) & shared:
                        seen.add(site)
                        yield SelfWait(code, site, dispatch, via, sent)

    def _pools(self, call: Expression, code: Code) -> set[Site]:
        """Where the pool was made whose method a call is."""
        if not isinstance(call, Call) or not isinstance(call.function, Attribute):
            return set()
        values = self._evaluator.values(call.function.value, code).used()
        return {
            value.site
            for value in values
            if isinstance(value, Instance) and value.site is not None and self._evaluator.kind(value) == "thread-pool"
        }

    def _is_one(self, dispatch: Spawn, pool: Site) -> bool:
        """Whether the pool is the same object for the sender and the task, as far as the text tells.

        A pool that each object makes for itself is another one in another object's methods.
        """
        if pool.code.scope.kind == "module" or pool.code.owner is None:
            return True
        site = dispatch.site
        work = site.call.arguments[0].value if site is not None and site.call.arguments else None
        if isinstance(work, Attribute) and isinstance(work.value, Name):
            return is_self(dispatch.where, work.value.id) is not None
        return dispatch.code.parent is dispatch.where

    def _waits(self, code: Code) -> Iterator[tuple[CallSite, tuple[Code, Expression]]]:
        """The waiting calls of a function, each with the call that sent what it waits for."""
        libraries = self._graph.libraries.get(code, ())
        for site, name, _ in libraries:
            last = name.rpartition(".")[2]
            function = site.call.function
            role = self._roles.runs(name)
            if role is not None and role.on == "thread":
                blocks = role.waits or has("gives-all", name)
                if blocks or (role.error == "iterator" and self._is_consumed(code, site)):
                    yield site, (code, site.call)
            elif has("waits-for-futures", name):
                if len(site.call.arguments) == 1:
                    yield from self._futures(site, self._evaluator.elements.of(site.call.arguments[0].value, code))
            elif isinstance(function, Attribute) and may("waits-for-work", last) and not _has_timeout(site.call):
                if self._is_done(code, site, spelled(function.value)):
                    continue
                yield from self._futures(site, self._evaluator.values(function.value, code).used())

    @staticmethod
    def _is_done(code: Code, site: CallSite, future: str) -> bool:
        """Whether the work was seen to be over: `if future.done():`."""
        return bool(future) and holds(
            site.context.conditions,
            code,
            lambda test: True if isinstance(test, Call) and spelled(test.function) == f"{future}.done" else None,
        )

    def _futures(self, site: CallSite, values: Values) -> Iterator[tuple[CallSite, tuple[Code, Expression]]]:
        for value in values:
            if isinstance(value, Instance) and value.site is not None and self._evaluator.kind(value) == "future":
                yield site, (value.site.code, value.site.call)

    def _is_consumed(self, code: Code, site: CallSite) -> bool:
        """Whether the results of `map` are asked for in the same function."""
        if any(loop.iterable is not None and _holds(loop.iterable, site.call) for loop in code.scope.loops):
            return True
        names = set(names_of(site.call, code))
        if any(isinstance(loop.iterable, Name) and loop.iterable.id in names for loop in code.scope.loops):
            return True
        return any(
            listed("uses-up", name)
            and any(_holds(a.value, site.call) or _is_named(a.value, names) for a in other.call.arguments)
            for other, name, _ in self._graph.libraries.get(code, ())
        )


def _holds(outer: Expression, call: Call) -> bool:
    return any(part is call for part in walk(outer))


def _is_named(expression: Expression, names: set[str]) -> bool:
    return isinstance(expression, Name) and expression.id in names


def _has_timeout(call: Call) -> bool:
    return any(not (isinstance(a.value, Constant) and a.value.value is None) for a in call.arguments)
