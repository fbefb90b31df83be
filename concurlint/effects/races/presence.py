"""Tests that something is there, which another thread takes away before it is used: keys, items, objects, queues."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from concurlint.catalog.kinds import kinds_with
from concurlint.catalog.traits import may, spelt
from concurlint.effects.accesses import Location, StateAccess
from concurlint.effects.contexts.reach import Run
from concurlint.effects.contexts.spawns import Spawns
from concurlint.effects.program import Program
from concurlint.effects.races.check_then_act import CheckThenAct
from concurlint.effects.races.iteration import Iterations
from concurlint.effects.races.overlap import Overlap
from concurlint.facts.records import CallSite, Condition, Context
from concurlint.facts.syntax import (
    Attribute,
    Call,
    Compare,
    Constant,
    Expression,
    Item,
    Logic,
    Name,
    Unary,
    spelled,
    walk,
)
from concurlint.finding import Step
from concurlint.project.modules import Code

_ASKING_QUEUE = "take items without asking: `get_nowait()` until it raises `Empty`, or one end mark for each worker"
_LOOKING_AGAIN = "hold one lock around the test and what relies on it, or do it without asking and catch the error"


class PresenceTests:
    """Looks at tests of shared things in code that threads run."""

    def __init__(self, program: Program) -> None:
        self._overlap = program[Overlap]
        self._iterations = program[Iterations]
        self._evaluator = program.evaluator
        self._dispatches = program[Spawns]
        self._touching = self._overlap.sharing.touching

    def all(self) -> Iterator[CheckThenAct]:
        """Every such test, once."""
        for code in self._overlap.graph.edges:
            seen: set[int] = set()
            for gap in (*self._taken_out(code), *self._queues(code), *self._keys(code), *self._objects(code)):
                if id(gap.test) not in seen:
                    seen.add(id(gap.test))
                    yield gap

    # items of a container

    def _taken_out(self, code: Code) -> Iterator[CheckThenAct]:
        """`while jobs: jobs.pop()` in several threads: the last item may be gone."""
        if not self._overlap.sharing.runs.get(code):
            return
        for site in code.scope.calls:
            function = site.call.function
            if not isinstance(function, Attribute) or not may("takes-item", function.attr) or _has_default(site):
                continue
            touch = self._container(function.value, code, site.context, site.order, site)
            if touch is None or _is_caught(code, site.context):
                continue
            tests = [test for test in _while_tests(code, site.context) if self._asks_whether_empty(test, touch, code)]
            asked = [c.test for c in site.context.conditions if self._asks_whether_empty(c.test, touch, code)]
            if asked and self._kind(function.value, code) != "deque":
                continue  # the tests of `if`s are looked at with what they change
            tests += asked
            run = self._overlap.sharing.parallel_run(touch) if tests else None
            if run is not None and not self._is_guarded(tests[-1], touch):
                yield self._gap(code, tests[-1], site.call, "takes an item out", run, touch.location)

    def _container(
        self, base: Expression, code: Code, context: Context, order: int, site: CallSite
    ) -> StateAccess | None:
        if self._kind(base, code) not in kinds_with("resized-while-looped"):
            return None
        location = self._touching.locate(base, code, within=True)
        if location is None:
            return None
        return self._touching.as_touch(location, code, base, site.statement, context, order)

    def _kind(self, base: Expression, code: Code) -> str:
        values = self._evaluator.values(base, code).used()
        kinds = {self._evaluator.kind(v) or self._evaluator.type_name(v).rpartition(".")[2] for v in values}
        return kinds.pop() if len(kinds) == 1 else ""

    def _asks_whether_empty(self, test: Expression, touch: StateAccess, code: Code) -> bool:
        """`while jobs`, `while len(jobs) > 0`, `while jobs and …`."""
        for part in _parts(test):
            inner = part.left if isinstance(part, Compare) else part
            if isinstance(inner, Call) and spelled(inner.function) == "len" and len(inner.arguments) == 1:
                inner = inner.arguments[0].value
            if isinstance(inner, (Name, Attribute)) and self._is_at(inner, touch.location, code):
                return True
        return False

    def _queues(self, code: Code) -> Iterator[CheckThenAct]:
        """`while not q.empty(): q.get()` by several workers: the one that comes last waits for ever."""
        workers = [d for d in self._dispatches.by_code.get(code, ()) if d.on in ("thread", "process") and d.several]
        runs = [Run(workers[0], code, False, ())] if workers else self._overlap.sharing.spawned(code)
        run = next((run for run in runs if run.dispatch.several), None)
        for site in code.scope.calls if run is not None else ():
            function = site.call.function
            if run is None or not isinstance(function, Attribute) or not self._waits_for_item(site, function):
                continue
            tests = [*_while_tests(code, site.context), *(c.test for c in site.context.conditions)]
            asked = [test for test in tests if _asks_queue(test, function.value)]
            if not asked or self._is_made_in(code, function.value) or _is_caught(code, site.context):
                continue
            held = self._overlap.sharing.locks.effective(code, site.order)
            if self._evaluator.values(function.value, code).items and not held.must and not held.unknown:
                if all(self._evaluator.kind(v) == "queue" for v in self._evaluator.values(function.value, code).used()):
                    name = spelled(function.value)
                    step = Step(
                        code.span(site.call.at), f"`{name}` may be empty here: `{function.attr}` waits or fails"
                    )
                    yield CheckThenAct(code, asked[-1], step, run, name, _ASKING_QUEUE)

    @staticmethod
    def _waits_for_item(site: CallSite, function: Attribute) -> bool:
        """A call that takes an item and waits for one, or fails at once; not one that waits for some time."""
        if not may("takes", function.attr):
            return False
        timed = any(argument.keyword for argument in site.call.arguments) or len(site.call.arguments) > 1
        return not timed

    @staticmethod
    def _is_made_in(code: Code, base: Expression) -> bool:
        """Whether a queue is a local one, made by the very function."""
        bindings = code.scope.bindings.get(base.id, []) if isinstance(base, Name) else []
        return any(binding.kind != "parameter" for binding in bindings)

    # keys of a dict

    def _keys(self, code: Code) -> Iterator[CheckThenAct]:
        """`if k in d: … d[k]` where another thread deletes keys."""
        for access in code.scope.accesses:
            target = access.target
            if access.kind != "read" or not isinstance(target, Item) or not access.context.conditions:
                continue
            tests = [test for test in _true_tests(access.context.conditions) if _asks_for_key(test, target)]
            test = tests[-1] if tests else None
            if test is None or _is_caught(code, access.context):
                continue
            location = self._touching.locate(target.value, code, within=True)
            if location is None or self._kind(target.value, code) != "dict":
                continue
            look = self._touching.as_touch(location, code, target.value, access.statement, access.context, access.order)
            run = self._disturbing(look, (c for c in self._overlap.by_location.get(location, ()) if _takes_key(c)))
            if run is not None and not self._is_guarded(test, look):
                yield self._gap(code, test, target, "looks the key up", run, location)

    # objects that may be None

    def _objects(self, code: Code) -> Iterator[CheckThenAct]:
        """`if self.client: self.client.send()` where another thread sets `self.client = None`."""
        for site in code.scope.calls:
            function = site.call.function
            base = function.value if isinstance(function, Attribute) else None
            if not isinstance(base, (Attribute, Name)) or not site.context.conditions:
                continue
            tests = [test for test in _true_tests(site.context.conditions) if _asks_for(test, base)]
            test = tests[-1] if tests else None
            if test is None or _is_caught(code, site.context):
                continue
            location = self._touching.locate(base, code)
            if location is None:
                continue
            look = self._touching.as_touch(location, code, base, site.statement, site.context, site.order)
            run = self._disturbing(look, (c for c in self._overlap.by_location.get(location, ()) if _lets_go(c)))
            if run is not None and not self._is_guarded(test, look):
                yield self._gap(code, test, site.call, "uses it", run, location)

    # what all have in common

    def _disturbing(self, look: StateAccess, changes: Iterable[StateAccess]) -> Run | None:
        """The run of a look, or of a change that may come between a test and the look."""
        if self._overlap.is_private_yet(look):
            return None
        for change in changes:
            if self._overlap.is_private_yet(change) or _waits_before(change) or change.code is look.code:
                if change.code is not look.code or self._overlap.sharing.parallel_run(change) is None:
                    continue
            run = self._iterations.meeting(look, change)
            held = self._overlap.sharing.held(change)
            if run is not None and not held.unknown and not self._overlap.sharing.held(look).meets(held):
                return run
        return None

    def _is_guarded(self, test: Expression, touch: StateAccess) -> bool:
        """Whether one lock is held, or may be, around the test and what relies on it."""
        held = self._overlap.sharing.held(touch)
        asked = [b.order for b in touch.code.scope.branches if any(part is test for part in walk(b.test))]
        around = self._overlap.sharing.locks.effective(touch.code, min(asked, default=touch.order))
        return held.unknown or (bool(held.must) and held.meets(around))

    def _is_at(self, expression: Expression, location: Location, code: Code) -> bool:
        return location == self._touching.locate(expression, code, within=True)

    @staticmethod
    def _gap(code: Code, test: Expression, act: Expression, what: str, run: Run, location: Location) -> CheckThenAct:
        step = Step(code.span(act.at), f"`{location.shown}` is relied on here: {code.name} {what}")
        return CheckThenAct(code, test, step, run, location.shown, _LOOKING_AGAIN, location)


def _parts(test: Expression) -> Iterator[Expression]:
    """What a test says for itself: both sides of an `and`."""
    if isinstance(test, Logic) and test.operator == "and":
        for value in test.values:
            yield from _parts(value)
    else:
        yield test


def _true_tests(conditions: Iterable[Condition]) -> Iterator[Expression]:
    """The parts of the conditions that came out true, and those of `not`s that came out false."""
    for condition in conditions:
        if condition.holds:
            yield from _parts(condition.test)
        elif isinstance(condition.test, Unary) and condition.test.operator == "Not":
            yield condition.test.operand


def _while_tests(code: Code, context: Context) -> Iterator[Expression]:
    for number in context.loops:
        loop = code.scope.loops[number]
        if loop.kind == "while" and loop.iterable is not None:
            yield loop.iterable


def _asks_queue(test: Expression, queue: Expression) -> bool:
    """Whether a test asks a queue whether it is empty, or how long it is."""
    calls = (part for part in walk(test) if isinstance(part, Call) and isinstance(part.function, Attribute))
    return any(
        may("asks-length", part.function.attr) and _same(part.function.value, queue)
        for part in calls
        if isinstance(part.function, Attribute)
    )


def _asks_for_key(test: Expression, item: Item) -> bool:
    """`k in d` for `d[k]`."""
    if not isinstance(test, Compare) or len(test.rest) != 1 or test.rest[0][0] != "In" or len(item.index) != 1:
        return False
    return _same(test.left, item.index[0]) and _same(test.rest[0][1], item.value)


def _asks_for(test: Expression, base: Expression) -> bool:
    """`x` or `x is not None`."""
    if isinstance(test, Compare) and len(test.rest) == 1 and test.rest[0][0] == "IsNot":
        right = test.rest[0][1]
        return isinstance(right, Constant) and right.value is None and _same(test.left, base)
    return _same(test, base)


def _same(one: Expression, other: Expression) -> bool:
    if isinstance(one, Constant) and isinstance(other, Constant):
        return one.value == other.value
    return bool(spelled(one)) and spelled(one) == spelled(other)


def _takes_key(change: StateAccess) -> bool:
    if change.changes == "delete":
        return isinstance(change.target, Item)
    return change.changes == "mutate" and (change.attr == "clear" or may("takes-item", change.attr))


def _lets_go(change: StateAccess) -> bool:
    return change.is_constant_store and isinstance(change.value, Constant) and change.value.value is None


def _waits_before(change: StateAccess) -> bool:
    """Whether the function waits for a thread, or ends one, before it changes the state."""
    return any(
        isinstance(site.call.function, Attribute)
        and (may("ends-thread", site.call.function.attr) or may("ends-pool", site.call.function.attr))
        and site.order < change.order
        for site in change.code.scope.calls
    )


def _has_default(site: CallSite) -> bool:
    return isinstance(site.call.function, Attribute) and len(site.call.arguments) > 1


def _is_caught(code: Code, context: Context) -> bool:
    """Whether an `except` around expects that the thing is gone."""
    inside = {attempt.number for attempt in context.attempts if attempt.part == "body"}
    return any(
        handler.attempt in inside and (not handler.types or any(_is_missing(spelled(t)) for t in handler.types))
        for handler in code.scope.handlers
    )


def _is_missing(error: str) -> bool:
    return spelt("missing", error) or may("missing", error.rpartition(".")[2])
