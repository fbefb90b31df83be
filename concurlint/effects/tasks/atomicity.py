"""State that a task reads, leaves for an await, and writes by what it read before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.effects.accesses import Location, StateAccess, as_copied
from concurlint.effects.contexts.reach import Run
from concurlint.effects.flow.graphs import Graphs
from concurlint.effects.program import Program
from concurlint.effects.races.sharing import TaskSharing
from concurlint.facts.records import Awaited, Branch
from concurlint.facts.syntax import Attribute, Await, Call, Expression, Item, Name, Place, walk
from concurlint.finding import Step


@dataclass(frozen=True, slots=True, eq=False)
class Torn:
    """A write by a value from before an await, or by a check from before it (`checked`)."""

    touch: StateAccess
    read: Place
    awaited: Place
    checked: bool
    run: Run

    def steps(self) -> tuple[Step, ...]:
        """The read, the await, and who runs it several times."""
        code, dispatch = self.touch.code, self.run.dispatch
        verb = "checked" if self.checked else "read"
        at = dispatch.site.call.at if dispatch.site is not None else dispatch.code.scope.at
        where = dispatch.where if dispatch.site is not None else dispatch.code
        return (
            Step(code.span(self.read), f"`{self.touch.location.shown}` is {verb} here"),
            Step(code.span(self.awaited), "other tasks run at this await"),
            Step(where.span(at), f"several tasks may run `{dispatch.code.qualname}` (`{dispatch.name}`)"),
        )


class Atomicity:
    """Looks at the writes in coroutines that several tasks run; `sharing` is that of tasks."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._sharing = program[TaskSharing]
        self._graphs = program[Graphs]

    def torn(self) -> Iterator[Torn]:
        """Every such write for which nobody holds a lock."""
        for code in self._sharing.runs:
            if not code.is_async or self._sharing.is_before_sharing(code):
                continue
            told: set[Location] = set()
            for touch in self._sharing.touching.touches(code):
                if touch.location in told:
                    continue
                found = self._torn(touch)
                held = self._sharing.held(touch)
                run = self._sharing.parallel_run(touch) if found is not None else None
                if found is not None and run is not None and not held.must and not held.unknown:
                    told.add(touch.location)
                    yield Torn(touch, *found, run)

    def _torn(self, touch: StateAccess) -> tuple[Place, Place, bool] | None:
        if touch.changes == "update":
            return self._read_before(touch)
        if touch.changes == "store" and touch.value is not None and not touch.is_constant_store:
            return self._checked_before(touch)
        return None

    def _read_before(self, touch: StateAccess) -> tuple[Place, Place, bool] | None:
        """The read and the await of `x = x + await f()`, `x += await f()`, `n = x; await …; x = n + 1`."""
        assert touch.value is not None
        reads = [p for p in walk(touch.value) if self._is(p, touch)]
        for part in walk(touch.value):
            if not isinstance(part, Await):
                continue
            if touch.target is not touch.value and not reads:
                return touch.place, part.at, False  # `x += await f()` reads x first
            before = [read for read in reads if read.at[:2] < part.at[:2]]
            if before:
                return before[0].at, part.at, False
        for part in walk(touch.value):
            if isinstance(part, Name):
                found = self._copied(part, touch)
                if found is not None:
                    return found
        return None

    def _copied(self, name: Name, touch: StateAccess) -> tuple[Place, Place, bool] | None:
        """A local copy made before an await."""
        bindings = as_copied(touch.code.scope.bindings.get(name.id, []))
        if not bindings or bindings[0].value is None:
            return None
        if not any(self._is(part, touch) for part in walk(bindings[0].value)):
            return None
        awaited = self._await_between(touch, bindings[0].order)
        return (bindings[0].at, awaited.at, False) if awaited is not None else None

    def _checked_before(self, touch: StateAccess) -> tuple[Place, Place, bool] | None:
        """The test that a store depends on and an await between."""
        tests = [b for b in touch.code.scope.branches if self._guards(b, touch)]
        if not tests or touch.value is None:
            return None
        last = max(tests, key=lambda branch: branch.order)
        inside = next((p for p in walk(touch.value) if isinstance(p, Await)), None)
        if inside is not None:
            return last.at, inside.at, True
        if not self._comes_from_await(touch):
            return None
        awaited = self._await_between(touch, last.order)
        return (last.at, awaited.at, True) if awaited is not None else None

    def _comes_from_await(self, touch: StateAccess) -> bool:
        """Whether the stored value is made of a local that was awaited."""
        names = {part.id for part in walk(touch.value) if isinstance(part, Name)} if touch.value is not None else ()
        bindings = [b for name in names for b in touch.code.scope.bindings.get(name, [])]
        return any(b.value is not None and any(isinstance(p, Await) for p in walk(b.value)) for b in bindings)

    def _guards(self, branch: Branch, touch: StateAccess) -> bool:
        held = any(condition.test is branch.test for condition in touch.context.conditions)
        return held and any(self._is(part, touch) for part in walk(branch.test))

    def _await_between(self, touch: StateAccess, start: int) -> Awaited | None:
        """An await on some way from a read to the write."""
        between = set(self._graphs.of(touch.code).suspensions_between(start, touch.order))
        return next((awaited for awaited in touch.code.scope.awaits if awaited.order in between), None)

    def _is(self, expression: Expression, touch: StateAccess) -> bool:
        """Whether an expression reads the touched state."""
        if isinstance(expression, Call):
            return False
        if not isinstance(expression, (Attribute, Name, Item)):
            return False
        target: Expression = touch.target
        if isinstance(target, Item) and not isinstance(expression, Item):
            expression = Item(expression, (), expression.at)
        return self._sharing.touching.locate(expression, touch.code, within=isinstance(target, Item)) == touch.location
