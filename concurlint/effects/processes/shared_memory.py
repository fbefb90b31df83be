"""Memory that processes share, changed in two steps by several of them: `counter.value += 1`, `table[key] += 1`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.catalog.traits import has, may
from concurlint.effects.calls.summaries import reached
from concurlint.effects.contexts.spawns import Spawn, Spawns
from concurlint.effects.lockset.locksets import LockSets
from concurlint.effects.program import Program
from concurlint.facts.records import Access, CallSite
from concurlint.facts.syntax import (
    Attribute,
    Call,
    Collection,
    Comprehension,
    Expression,
    Item,
    Place,
    Table,
    spelled,
    walk,
)
from concurlint.finding import Step
from concurlint.project.callgraph import Edge
from concurlint.project.modules import Code
from concurlint.project.values import Instance, Site


@dataclass(frozen=True, slots=True, eq=False)
class SharedChange:
    """A change of shared memory in code that processes run; `is_lost`: of a copy that nobody else sees."""

    code: Code
    at: Place
    shown: str
    dispatch: Spawn
    via: tuple[Edge, ...]
    is_lost: bool = False

    def steps(self) -> tuple[Step, ...]:
        """How the code comes to run in processes."""
        dispatch, steps = self.dispatch, []
        if dispatch.site is not None:
            says = f"`{dispatch.name.rpartition('.')[2]}` has processes run `{dispatch.code.qualname}`"
            steps.append(Step(dispatch.where.span(dispatch.site.call.at), says))
        for edge in self.via:
            says = f"`{edge.caller.qualname}` calls `{edge.callee.qualname}`"
            steps.append(Step(edge.caller.span(edge.site.call.at), says))
        return tuple(steps)


class SharedMemory:
    """Looks at what code in processes does to what they share."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._evaluator = program.evaluator
        self._locks = program[LockSets]
        self._dispatches = [d for d in program[Spawns].all if d.on == "process"]

    def changes(self) -> Iterator[SharedChange]:
        """Updates with no lock by several processes, and changes of plain objects taken out of a manager's."""
        seen: set[tuple[Code, Place]] = set()
        for dispatch in self._dispatches:
            for code, way in reached(self._graph, [dispatch.code]).items():
                for at, shown, is_lost in self._changed(code):
                    if (code, at) in seen or not (is_lost or self._is_by_several(dispatch)):
                        continue
                    seen.add((code, at))
                    yield SharedChange(code, at, shown, dispatch, way, is_lost)

    def _is_by_several(self, dispatch: Spawn) -> bool:
        """Whether the work runs in several processes at once."""
        same = [one for one in self._dispatches if one.code is dispatch.code and one.site is not None]
        return dispatch.several or len({id(one.site) for one in same}) > 1

    def _changed(self, code: Code) -> Iterator[tuple[Place, str, bool]]:
        for access in code.scope.accesses:
            base = self._base(access.target)
            if access.kind == "read" or base is None:
                continue
            if self._is_inner(base, code):
                yield access.statement, spelled(base.value) if isinstance(base, Item) else "", True
            elif self._updates(access) and self._is_shared(base, code):
                held = self._locks.effective(code, access.order)
                if not held.must and not held.unknown:
                    yield access.statement, spelled(access.target) or spelled(base), False
        for site in code.scope.calls:
            if self._alters(site) and isinstance(site.call.function, Attribute):
                base = site.call.function.value
                if self._is_inner(base, code) and isinstance(base, Item):
                    yield site.statement, spelled(base.value), True

    @staticmethod
    def _base(target: Expression) -> Expression | None:
        """What a store changes: `v` of `v.value`, `d` of `d[k]`, `d[k]` of `d[k][j]`."""
        return target.value if isinstance(target, (Attribute, Item)) else None

    @staticmethod
    def _alters(site: CallSite) -> bool:
        function = site.call.function
        return isinstance(function, Attribute) and (may("resizes", function.attr) or may("reorders", function.attr))

    @staticmethod
    def _updates(access: Access) -> bool:
        """`x += 1`, `x = x + 1`, `d[k] = d.get(k, 0) + 1`."""
        if access.kind == "augment":
            return True
        target, value = access.target, access.value
        if access.kind != "write" or value is None:
            return False
        base = spelled(target.value) if isinstance(target, (Attribute, Item)) else ""
        for part in walk(value):
            if isinstance(part, (Attribute, Item)) and type(part) is type(target) and spelled(part.value) == base:
                return bool(base)
            if isinstance(part, Call) and isinstance(part.function, Attribute) and may("looks-up", part.function.attr):
                if base and spelled(part.function.value) == base:
                    return True
        return False

    def _is_shared(self, base: Expression, code: Code) -> bool:
        values = self._evaluator.values(base, code).used()
        return bool(values.items) and all(has("shared-by-processes", self._evaluator.type_name(v)) for v in values)

    def _is_inner(self, base: Expression, code: Code) -> bool:
        """`d[k]` of a manager's container, which gives a copy, where what is put there are plain containers."""
        if not isinstance(base, Item):
            return False
        values = self._evaluator.values(base.value, code).used()
        if not values.items or not all(has("gives-copies", self._evaluator.type_name(v)) for v in values):
            return False
        sites = {value.site for value in values if isinstance(value, Instance)}
        stored = [value for one in sites if one is not None for value in self._stored(one)]
        plain = any(isinstance(value, (Collection, Table, Comprehension)) for value, _ in stored)
        return plain and not any(self._is_shared(value, home) for value, home in stored)

    def _stored(self, made: Site) -> Iterator[tuple[Expression, Code]]:
        """What is put into a manager's container: where it is made, and as items."""
        if isinstance(made.call, Call):
            for argument in made.call.arguments:
                if isinstance(argument.value, Table):
                    yield from ((value, made.code) for value in argument.value.values)
        for code in self._graph.edges:
            for access in code.scope.accesses:
                if access.kind == "write" and isinstance(access.target, Item) and access.value is not None:
                    owners = self._evaluator.values(access.target.value, code).used()
                    if any(isinstance(owner, Instance) and owner.site == made for owner in owners):
                        yield access.value, code
