"""Tests of shared state that may be out of date when they are acted on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.catalog.entries import PathRole
from concurlint.catalog.kinds import kinds_with
from concurlint.catalog.traits import has, may, spelt
from concurlint.effects.accesses import Location, StateAccess
from concurlint.effects.contexts.reach import Run, thread_steps
from concurlint.effects.lockset.locksets import LockSet
from concurlint.effects.program import Program
from concurlint.effects.races.harm import RaceHarm
from concurlint.effects.races.overlap import Overlap
from concurlint.effects.races.own_paths import OwnPaths
from concurlint.facts.records import Binding, CallSite
from concurlint.facts.syntax import Attribute, Call, Compare, Constant, Expression, Item, Name, spelled, walk
from concurlint.finding import Step, Weight
from concurlint.project.callgraph import Edge, library_name
from concurlint.project.classes import holder, is_self
from concurlint.project.modules import Code


@dataclass(frozen=True, slots=True, eq=False)
class CheckThenAct:
    """A test and an act that relies on it, run by several threads with no lock around both."""

    code: Code
    test: Expression
    act: Step
    run: Run
    shown: str
    remedy: str
    location: Location | None = None  # None where it is about a file
    weight: Weight = Weight.HIGH

    def steps(self) -> tuple[Step, ...]:
        """The act, then how the code comes to run on threads."""
        return (self.act, *thread_steps(self.run))


def _same_owner(edge: Edge, touch: StateAccess) -> bool:
    """Whether the function that acts does so on the object whose state was tested: a method of the same `self`."""
    if touch.location.kind != "attribute":
        return True
    function = edge.site.call.function
    base = function.value if isinstance(function, Attribute) else None
    return touch.through_self and isinstance(base, Name) and is_self(edge.caller, base.id) is not None


def _suits_either(touch: StateAccess) -> bool:
    """Whether a change is right however the test would turn out now: `setdefault`, `discard`, `pop` with a default."""
    if touch.attr != "pop":
        return may("either-way", touch.attr)
    return any(site.order == touch.order and len(site.call.arguments) == 2 for site in touch.code.scope.calls)


def _keeps_what_it_got(touch: StateAccess, tests: list[Expression]) -> bool:
    """Whether an entry was got once, and a new one is put in its place and used: `e = d.get(k)`, `if e is None: …`,
    `d[k] = e`. Whoever comes at the same time makes one, too, and has it."""
    if touch.changes != "store" or not isinstance(touch.target, Item) or not isinstance(touch.value, Name):
        return False
    own = touch.value.id
    bindings = touch.code.scope.bindings.get(own, [])
    got = [b.value for b in bindings if isinstance(b.value, Call) and isinstance(b.value.function, Attribute)]
    base = spelled(touch.target.value)
    if not any(value.function.attr == "get" and spelled(value.function.value) == base for value in got
               if isinstance(value.function, Attribute)):  # fmt: skip
        return False
    return all(not any(spelled(part) == base for part in walk(test)) for test in tests)


def _looks_inside(test: Expression, inner: Item) -> bool:
    """Whether a test is about what is in an item, not about its being there: `k not in d[a]`, `k in d.get(a, {})`."""
    for part in walk(test):
        if isinstance(part, Item) and spelled(part.value) == spelled(inner.value):
            return True
        if isinstance(part, Compare) and any(
            op in ("In", "NotIn") and isinstance(right, Call) for op, right in part.rest
        ):
            return True
    return False


def _before(test: Expression, name: str, code: Code) -> list[Binding]:
    """The bindings of a local that a test may see: those before it, and all of the loops around it."""
    asked = next((branch for branch in code.scope.branches if branch.test is test), None)
    bindings = code.scope.bindings.get(name, [])
    if asked is None:
        return bindings
    loops = set(asked.context.loops)
    return [b for b in bindings if b.order < asked.order or not loops.isdisjoint(b.context.loops)]


def _is_caught(code: Code, site: CallSite) -> bool:
    """Whether an `except` around the act expects that the test is out of date."""
    inside = {attempt.number for attempt in site.context.attempts if attempt.part == "body"}
    return any(
        handler.attempt in inside
        and (not handler.types or any(spelt("out-of-date", spelled(t)) for t in handler.types))
        for handler in code.scope.handlers
    )


class ChecksThenActs:
    """Finds tests and what relies on them with no lock around both."""

    def __init__(self, program: Program) -> None:
        self._overlap = program[Overlap]
        self._roles = program.roles
        self._own_paths = program[OwnPaths]
        self._harm = program[RaceHarm]

    def at(self, touch: StateAccess) -> CheckThenAct | None:
        is_plain = touch.changes == "store" and isinstance(touch.value, Constant)
        if _suits_either(touch) or ((is_plain or self._is_answer(touch)) and not self._harm.is_start(touch)):
            return None
        if self._overlap.is_private_yet(touch):
            return None
        asked = [c for c in touch.context.conditions if self._asks(c.test, touch.location, touch.code)]
        tests = [condition.test for condition in asked]
        if isinstance(touch.target, Item) and isinstance(touch.target.value, Item):
            tests = [test for test in tests if _looks_inside(test, touch.target.value)]
        if _keeps_what_it_got(touch, tests) and self._is_data(touch):
            return None
        run = self._overlap.sharing.parallel_run(touch)
        if not tests:
            return self._in_helper(touch, run) if run is not None else None
        if run is None or self._overlap.own_key(touch, run):
            return None
        held = self._overlap.sharing.held(touch)
        for test in tests:
            if self._held_at(test, touch).meets(held) and (held.must or held.unknown):
                return None
        act = Step(touch.code.span(touch.place), f"`{touch.location.shown}` is changed here because of the test")
        shown, weight = touch.location.shown, self._harm.weight(touch, touch.code, asked)
        return CheckThenAct(touch.code, tests[-1], act, run, shown, self._remedy(touch), touch.location, weight)

    def _in_helper(self, touch: StateAccess, run: Run) -> CheckThenAct | None:
        """The same where the test stands in front of the call of the function that acts: `if k not in t: put(k)`."""
        for edge in self._graph_callers(touch.code):
            asked = [c for c in edge.site.context.conditions if self._asks(c.test, touch.location, edge.caller)]
            if not asked or not self._overlap.sharing.runs.get(edge.caller):
                continue
            if not _same_owner(edge, touch):
                continue
            locks = self._overlap.sharing.locks
            if locks.effective(edge.caller, edge.site.order).must or self._overlap.sharing.held(touch).must:
                continue
            act = Step(touch.code.span(touch.place), f"`{touch.location.shown}` is changed here because of the test")
            shown, weight = touch.location.shown, self._harm.weight(touch, edge.caller, asked)
            remedy = self._remedy(touch)
            return CheckThenAct(edge.caller, asked[-1].test, act, run, shown, remedy, touch.location, weight)
        return None

    def _graph_callers(self, code: Code) -> list[Edge]:
        return [edge for edge in self._overlap.graph.callers.get(code, ()) if edge.runs and edge.caller is not code]

    def _is_answer(self, touch: StateAccess) -> bool:
        """A yes or no that is worked out once and kept: whoever comes at the same time finds the same."""
        if touch.changes != "store" or touch.value is None:
            return False
        values = self._overlap.evaluator.values(touch.value, touch.code)
        return values.whole and {self._overlap.evaluator.type_name(value) for value in values} == {"builtins.bool"}

    def _is_data(self, touch: StateAccess) -> bool:
        """Whether a local name holds texts, numbers or tuples, of which one is as good as another."""
        bound = touch.code.scope.bindings.get(touch.value.id, ()) if isinstance(touch.value, Name) else ()
        made = [b.value for b in bound if not (isinstance(b.value, Call) and isinstance(b.value.function, Attribute))]
        types = {self._overlap.evaluator.type_name(v) for value in made if value is not None
                 for v in self._overlap.evaluator.values(value, touch.code)}  # fmt: skip
        fixed = {"number", "tuple", *kinds_with("text")}
        return bool(types) and all(self._roles.kind(name) in fixed for name in types)

    def _remedy(self, touch: StateAccess) -> str:
        if isinstance(touch.target, Item) and touch.changes == "store":
            return "hold one lock around the test and the store (or use `setdefault` where making it twice is fine)"
        return "hold one lock around the test and what follows from it"

    def _held_at(self, test: Expression, touch: StateAccess) -> LockSet:
        """The locks held when a test is made that a touch relies on."""
        scope, parts = touch.code.scope, {id(part) for part in walk(test)}
        orders = [access.order for access in scope.accesses if id(access.target) in parts]
        orders += [site.order for site in scope.calls if id(site.call) in parts]
        orders += [branch.order for branch in scope.branches if branch.test is test]
        return self._overlap.sharing.locks.effective(touch.code, min(orders, default=touch.order))

    def _asks(self, test: Expression, location: Location, code: Code) -> bool:
        """Whether a test looks at the location, directly or through a name bound to such a look once."""
        for part in walk(test):
            if isinstance(part, (Name, Attribute)) and self._is_at(part, location, code):
                return True
            if isinstance(part, Call) and spelled(part.function) == "hasattr" and len(part.arguments) == 2:
                named = part.arguments[1].value
                if isinstance(named, Constant) and named.value == location.name:
                    return True
            if isinstance(part, Name) and holder(code, part.id) is code:
                if any(self._looks(binding, location, code) for binding in _before(test, part.id, code)):
                    return True
        return False

    def _looks(self, binding: Binding, location: Location, code: Code) -> bool:
        """Whether a local is bound to what was looked up in the location."""
        return (
            binding.kind == "assign"
            and binding.value is not None
            and any(isinstance(p, (Name, Attribute)) and self._is_at(p, location, code) for p in walk(binding.value))
        )

    def _is_at(self, expression: Expression, location: Location, code: Code) -> bool:
        return location in (
            self._overlap.sharing.touching.locate(expression, code),
            self._overlap.sharing.touching.locate(expression, code, within=True),
        )

    def about_paths(self, code: Code) -> Iterator[CheckThenAct]:
        """`if not exists(p): make(p)` in code that several threads run."""
        runs = [run for run in self._overlap.sharing.runs.get(code, ()) if run.dispatch.several or run.dispatch.many]
        if not runs:
            return
        for branch in code.scope.branches:
            path = self._asked_path(branch.test, code)
            subject = spelled(path) if path is not None else ""
            if path is None or not subject or self._own_paths.is_own(path, code, runs[0]):
                continue
            for site, name, _ in self._overlap.graph.libraries.get(code, ()):
                role = self._roles.path_act(name)
                condition = next((c for c in site.context.conditions if c.test is branch.test), None)
                if role is None or condition is None:
                    continue
                if not self._is_about(site.call, subject) or self._tolerates(site.call, role) or _is_caught(code, site):
                    continue
                held = self._overlap.sharing.locks.effective(code, site.order)
                around = self._overlap.sharing.locks.effective(code, branch.order)
                if (held.must or held.unknown) and held.meets(around):
                    continue
                act = Step(code.span(site.call.at), f"`{spelled(site.call.function)}` relies on the test")
                weight = self._harm.of_path(name, condition)
                yield CheckThenAct(code, branch.test, act, runs[0], subject, role.instead, weight=weight)
                break

    def _asked_path(self, test: Expression, code: Code) -> Expression | None:
        for part in walk(test):
            if not isinstance(part, Call):
                continue
            names = {library_name(v) for v in self._overlap.evaluator.values(part.function, code)}
            asking = [name for name in names if has("asks-path", name)]
            if any(self._roles.class_role(name.rpartition(".")[0]) is None for name in asking) and part.arguments:
                return part.arguments[0].value
            if asking and isinstance(part.function, Attribute):
                return part.function.value
        return None

    @staticmethod
    def _is_about(call: Call, subject: str) -> bool:
        parts = [argument.value for argument in call.arguments]
        if isinstance(call.function, Attribute):
            parts.append(call.function.value)
        return any(spelled(p) == subject for p in parts)

    @staticmethod
    def _tolerates(call: Call, role: PathRole) -> bool:
        for argument in call.arguments:
            value = argument.value
            if argument.keyword is not None and argument.keyword == role.unless:
                return not (isinstance(value, Constant) and value.value is False)
        if role.name == "builtins.open":
            modes = [a.value for a in call.arguments if a.keyword == "mode"] + [
                a.value for a in call.arguments[1:2] if a.keyword is None
            ]
            text = next((str(m.value) for m in modes if isinstance(m, Constant)), "r")
            return "w" not in text and "a" not in text
        return False
