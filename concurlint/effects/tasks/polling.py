"""Coroutines that wait in a way another would do better: polls by timer, awaits one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.catalog.traits import has
from concurlint.effects.accesses import Location, StateAccesses
from concurlint.effects.flow.dependence import takes_only_the_item
from concurlint.effects.lockset.locksets import LockSets
from concurlint.effects.program import Program
from concurlint.facts.records import Awaited, CallSite, Loop
from concurlint.facts.syntax import Attribute, Await, Call, Constant, Expression, Name, spelled, walk
from concurlint.project.callgraph import library_name
from concurlint.project.modules import Code

_DEEPEST = 6


@dataclass(frozen=True, slots=True, eq=False)
class Poll:
    """A loop that sleeps and looks at `asked` again; `remedy` is what waits for it."""

    code: Code
    loop: Loop
    asked: str
    remedy: str
    changed: tuple[Code, tuple[int, int, int, int]] | None


class Polling:
    """Looks at loops that await."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._roles = program.roles
        self._locks = program[LockSets]
        self._touches = program[StateAccesses]

    # polls

    def polls(self) -> Iterator[Poll]:
        """Loops of nothing but a sleep and a test of what the program itself changes."""
        for code in self._graph.edges:
            if not code.is_async:
                continue
            for loop in code.scope.loops:
                if loop.kind != "while" or loop.iterable is None or not self._only_sleeps(code, loop):
                    continue
                for test in self._tests(code, loop):
                    found = self._asked(code, loop, test)
                    if found is not None:
                        yield found
                        break

    @staticmethod
    def _tests(code: Code, loop: Loop) -> list[Expression]:
        """The test of the loop, or for `while True` those of the ways out."""
        assert loop.iterable is not None
        if not isinstance(loop.iterable, Constant):
            return [loop.iterable]
        return [b.test for b in code.scope.branches if b.ends and b.context.loops[-1:] == (loop.number,)]

    def _only_sleeps(self, code: Code, loop: Loop) -> bool:
        inside = [a for a in code.scope.awaits if loop.number in a.context.loops]
        if not inside or not all(self._is_sleep(a.value, code) for a in inside):
            return False
        asked = {id(part) for test in self._tests(code, loop) for part in walk(test)}
        slept = {id(a.value) for a in inside}
        for site in code.scope.calls:
            within = loop.number in site.context.loops
            if within and id(site.call) not in asked | slept and not self._is_quiet(site):
                return False
        writes = [a for a in code.scope.accesses if loop.number in a.context.loops and a.kind != "read"]
        inner = [other for other in code.scope.loops if loop.number in other.context.loops]
        return not writes and not inner

    def _is_sleep(self, value: Expression | None, code: Code) -> bool:
        while isinstance(value, Await):
            value = value.value
        if not isinstance(value, Call):
            return False
        return any(has("sleep", library_name(v)) for v in self._graph.evaluator.values(value.function, code))

    def _is_quiet(self, site: CallSite) -> bool:
        names = [library_name(value) for value in self._graph.targets(site)]
        return bool(names) and all(name and self._roles.is_quiet(name) for name in names)

    def _asked(self, code: Code, loop: Loop, test: Expression) -> Poll | None:
        """What the test looks at; None if anything in it is not of the program's own making."""
        found: Poll | None = None
        for part in walk(test):
            if isinstance(part, Call):
                names = {library_name(v) for v in self._graph.evaluator.values(part.function, code)}
                remedies = {self._roles.instead_of_polling(name) for name in names}
                if not names or "" in remedies:
                    return None
                found = found or Poll(code, loop, f"{spelled(part.function)}()", remedies.pop(), None)
            elif isinstance(part, (Attribute, Name)) and found is None:
                changed = self._changed_elsewhere(self._touches.locate(part, code), code)
                if changed is not None:
                    found = Poll(code, loop, spelled(part), "", changed)
        return found

    def _changed_elsewhere(
        self, location: Location | None, code: Code
    ) -> tuple[Code, tuple[int, int, int, int]] | None:
        if location is None:
            return None
        for other in self._graph.edges:
            if other is code or other.name in ("__init__", "<lambda>") or other.scope.kind in ("module", "class"):
                continue
            for touch in self._touches.touches(other):
                if touch.location == location:
                    return other, touch.place
        return None

    # one by one

    def one_by_one(self) -> Iterator[tuple[Code, Loop, Awaited, str]]:
        """Loops whose every round awaits a request that needs nothing of the round before."""
        for code in self._graph.edges:
            for loop in code.scope.loops if code.is_async else ():
                found = self._independent(code, loop)
                if found is not None:
                    yield code, loop, *found

    def _independent(self, code: Code, loop: Loop) -> tuple[Awaited, str] | None:
        if loop.kind == "while" or loop.is_async or loop.leaves or loop.target is None:
            return None
        awaits = [a for a in code.scope.awaits if loop.number in a.context.loops]
        inner = [other for other in code.scope.loops if loop.number in other.context.loops]
        if len(awaits) != 1 or inner or awaits[0].context.conditions != loop.context.conditions:
            return None
        call = awaits[0].value
        while isinstance(call, Await):
            call = call.value
        if not isinstance(call, Call) or not takes_only_the_item(code, loop, call):
            return None
        held = self._locks.at(code, awaits[0].order)
        if held.must or held.unknown or not self._is_request(call, code, set()):
            return None
        return awaits[0], spelled(call.function)

    def _is_request(self, call: Call, code: Code, active: set[Code]) -> bool:
        """A call that asks something of the network or a thread and changes nothing here."""
        values = self._graph.evaluator.values(call.function, code)
        names = [library_name(value) for value in values]
        if values.items and all(names):
            return all(has("independent", name) for name in names)
        callees = [self._graph.runs(value) for value in values]
        if not callees or (not values.whole and len(callees) != 1):
            return False
        return all(callee is not None and self._only_requests(callee, active) for callee in callees)

    def _only_requests(self, code: Code, active: set[Code]) -> bool:
        if not code.is_async or code.scope.is_generator or code in active or len(active) > _DEEPEST:
            return False
        if self._touches.touches(code) or code.scope.decorators:
            return False
        asked = False
        for awaited in code.scope.awaits:
            if self._locks.at(code, awaited.order).must:
                return False
            value = awaited.value
            while isinstance(value, Await):
                value = value.value
            if not isinstance(value, Call):
                return False
            if self._is_request(value, code, active | {code}):
                asked = True
            elif not self._reads_answer(value, code):
                return False
        return asked

    def _reads_answer(self, call: Call, code: Code) -> bool:
        """`async with Client()` and `await response.json()` around a request."""
        values = self._graph.evaluator.values(call.function, code)
        return any(has("answer", library_name(value)) for value in values)
