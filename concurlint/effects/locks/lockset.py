"""Which locks are held where: `with`, acquire to release, context managers that take one, callers that hold one."""

from __future__ import annotations

from dataclasses import dataclass

from concurlint.effects.contexts.spawns import Spawns
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite, Context
from concurlint.facts.syntax import Attribute, Call, Expression, Name, spelled
from concurlint.project.callgraph import Edge
from concurlint.project.classes import is_self
from concurlint.project.modules import Code
from concurlint.project.values import Bound, ClassOf, Function, Instance, Library, Site, Value

LOCK_KINDS = {"lock", "semaphore", "async-lock", "async-semaphore", "green-lock", "file-lock", "rw-lock"}
_HARMLESS = {
    "file", "thread-pool", "process-pool", "interpreter-pool", "executor", "stack", "child", "manager",
    "path", "connection", "cursor", "session", "socket", "task-group", "dict", "list", "str", "client",
    "response", "archive", "temporary-directory", "buffer", "engine", "pipeline", "progress", "console", "server",
    "connection-pool", "remote-executor", "parallel", "async-client", "thread", "process", "result", "future",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock by where it was made, or by the attribute that holds it when that is not seen."""

    identity: Site | tuple[Code | None, str]
    kind: str
    spelling: str


@dataclass(frozen=True, slots=True)
class LockSet:
    """The locks known to be held at a place; `unknown` when something entered there may be a lock too."""

    locks: frozenset[Lock]
    unknown: bool

    def __or__(self, other: LockSet) -> LockSet:
        return LockSet(self.locks | other.locks, self.unknown or other.unknown)

    def meets(self, other: LockSet) -> bool:
        """Whether the same lock may protect both sides."""
        mine = {lock.identity for lock in self.locks}
        return self.unknown or other.unknown or any(lock.identity in mine for lock in other.locks)


NONE_HELD = LockSet(frozenset(), False)


class LockSets:
    """Answers which locks are held at a place of the program."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._effects = program.effects
        self._evaluator = program.evaluator
        # who calls `asyncio.run` keeps its locks meanwhile
        started = (one for one in program[Spawns].all if not (one.on == "task" and one.waits))
        self._outside = frozenset(one.code for one in started)
        self._managers: dict[Expression, LockSet] = {}
        self._spans: dict[Code, list[tuple[int, int, LockSet]]] = {}
        self._always: dict[Code, LockSet] = {}

    def of_value(self, value: Value, spelling: str) -> Lock | None:
        """The lock that a value is; None when it is none."""
        kind = self._evaluator.kind(value)
        if kind not in LOCK_KINDS or not isinstance(value, Instance):
            return None
        if value.site is not None:
            below = self._below(value.site)
            return Lock(below or value.site, kind, spelling)
        return Lock((None, spelling), kind, spelling)

    def _below(self, site: Site) -> Site | None:
        """The lock a `Condition(lock)` was made on, which taking the condition takes."""
        call = site.call
        if not isinstance(call, Call) or not call.arguments:
            return None
        for argument in call.arguments:
            if argument.keyword not in (None, "lock") or argument.star:
                continue
            for value in self._evaluator.values(argument.value, site.code):
                if self._evaluator.kind(value) == "lock" and isinstance(value, Instance) and value.site is not None:
                    return value.site
        return None

    def of(self, expression: Expression, code: Code) -> LockSet:
        """The locks an expression stands for."""
        values = self._evaluator.values(expression, code)
        spelling = spelled(expression)
        found: set[Lock] = set()
        unknown = False
        for value in values:
            lock = self.of_value(value, spelling)
            if lock is None:
                unknown = unknown or self._may_lock(value)
            elif isinstance(value, Instance) and value.site is None:
                found.add(self._by_path(expression, code, lock))
            else:
                found.add(lock)
        if not values.items or not values.whole:
            unknown = unknown or not found
        return LockSet(frozenset(found), unknown)

    def _by_path(self, expression: Expression, code: Code, lock: Lock) -> Lock:
        if isinstance(expression, Attribute) and isinstance(expression.value, Name):
            cls = is_self(code, expression.value.id)
            if cls is not None:
                return Lock((cls, expression.attr), lock.kind, lock.spelling)
        return lock

    def _may_lock(self, value: Value) -> bool:
        """Whether entering a value might take a lock for all that is known."""
        if isinstance(value, Instance) and isinstance(value.of, ClassOf):
            return True
        kind = self._evaluator.kind(value)
        if kind:
            return kind not in _HARMLESS
        name = self._evaluator.type_name(value)
        return not name.startswith(("builtins.", "contextlib.", "io.", "unittest.", "pathlib.", "tempfile."))

    def manager(self, expression: Expression, code: Code) -> LockSet:
        """The locks that are held inside `with expression:`."""
        known = self._managers.get(expression)
        if known is None:
            self._managers[expression] = NONE_HELD
            known = self._managers[expression] = self._manager(expression, code)
        return known

    def _manager(self, expression: Expression, code: Code) -> LockSet:
        if isinstance(expression, Call):
            held = NONE_HELD
            callees = self._evaluator.values(expression.function, code)
            for value in callees:
                inner = value.function if isinstance(value, Bound) else value
                if isinstance(inner, Function):
                    held |= self._inside_context_manager(inner.code)
                elif isinstance(inner, Library) and self._is_known_call(inner.name):
                    continue
                elif isinstance(inner, (ClassOf, Library)):
                    held |= self._object(expression, code)
            return held if callees.items else LockSet(frozenset(), True)
        return self._object(expression, code)

    def _is_known_call(self, name: str) -> bool:
        """A library call of which enough is known to say that it gives no lock."""
        if self._evaluator.roles.kind(name) in LOCK_KINDS:
            return False
        if name.startswith("builtins.") and name.count(".") > 1:
            return False  # what a container's method gives may well be a lock
        if name.startswith(("contextlib.", "builtins.", "unittest.", "tempfile.", "warnings.")):
            return True
        fact = self._effects.lookup(name)
        return fact is not None and fact.effect != "block_lock"

    def _object(self, expression: Expression, code: Code) -> LockSet:
        held = self.of(expression, code)
        if held.locks or not held.unknown:
            return held
        values = self._evaluator.values(expression, code)
        expanded = NONE_HELD
        for value in values:
            if not isinstance(value, Instance) or not isinstance(value.of, ClassOf):
                return held
            expanded |= self._enter_method(value)
        return expanded if values.items else held

    def _enter_method(self, value: Instance) -> LockSet:
        for name in ("__enter__", "__aenter__"):
            for method in self._evaluator.attribute(value, name):
                if isinstance(method, Bound) and isinstance(method.function, Function):
                    code = method.function.code
                    held = NONE_HELD
                    for site in code.scope.calls:
                        function = site.call.function
                        if isinstance(function, Attribute) and function.attr in ("acquire", "__enter__"):
                            held |= self.of(function.value, code)
                    return held
        return LockSet(frozenset(), True)

    def _inside_context_manager(self, code: Code) -> LockSet:
        if not code.scope.is_generator:
            return LockSet(frozenset(), True)
        held = NONE_HELD
        for place in code.scope.yielded:
            held |= self.at(code, place.context, place.order)
        return held

    def at(self, code: Code, context: Context, order: int) -> LockSet:
        """The locks held at a place, by its own function alone."""
        held = NONE_HELD
        for entered in context.entered:
            held |= self.manager(entered.manager, code)
        for start, end, taken in self._acquired(code):
            if start < order < end:
                held |= taken
        return held

    def _acquired(self, code: Code) -> list[tuple[int, int, LockSet]]:
        """Stretches (in evaluation order) between an acquire and the last release of the same spelling."""
        if code not in self._spans:
            spans: list[tuple[int, int, LockSet]] = []
            for site in code.scope.calls:
                function = site.call.function
                if isinstance(function, Attribute) and function.attr in (
                    "acquire",
                    "__enter__",
                    "enter_context",
                ):
                    subject: Expression = function.value
                    if function.attr == "enter_context" and site.call.arguments:
                        subject, held = function.value, self.manager(site.call.arguments[0].value, code)
                        end = 1 << 30
                    else:
                        held = self.of(subject, code)
                        end = self._released(code, spelled(subject), site)
                    if held.locks or held.unknown:
                        spans.append((site.order, end, held))
            self._spans[code] = spans
        return self._spans[code]

    def _released(self, code: Code, spelling: str, acquired: CallSite) -> int:
        ends = [
            site.order
            for site in code.scope.calls
            if isinstance(site.call.function, Attribute)
            and site.call.function.attr in ("release", "__exit__")
            and spelled(site.call.function.value) == spelling
            and site.order > acquired.order
        ]
        return max(ends) if ends else 1 << 30

    def callers(self, code: Code) -> list[Edge]:
        """The calls that reach a function; those of a method it overrides reach it through `self`."""
        edges = list(self._graph.callers.get(code, ()))
        if code.owner is not None and not code.name.startswith("__"):
            for base in self._evaluator.lineage(code.owner)[0][1:]:
                for binding in base.scope.bindings.get(code.name, ()):
                    if binding.kind == "def" and binding.scope is not None:
                        overridden = base.module.codes[binding.scope]
                        edges += self._graph.callers.get(overridden, ())
        return edges

    def always(self, code: Code) -> LockSet:
        """The locks that every known caller of a function holds when it calls it."""
        if code not in self._always:
            self._work_out(code)
        return self._always[code]

    def _work_out(self, code: Code) -> None:
        """Greatest fixed point over all that leads to `code`: in a circle of calls everything is held until
        some way into the circle comes without."""
        region: dict[Code, list[tuple[LockSet, Code]]] = {}
        queue = [code]
        for current in queue:
            if current in region or current in self._always:
                continue
            edges = [] if current in self._outside else self.callers(current)
            region[current] = [
                (self.at(edge.caller, edge.site.context, edge.site.order), edge.caller) for edge in edges
            ]
            queue += [edge.caller for edge in edges]
        found: dict[Code, LockSet | None] = dict.fromkeys(region)
        changed = True
        while changed:
            changed = False
            for current, ways in region.items():
                met = self._meet(current, ways, found)
                if met != found[current]:
                    found[current] = met
                    changed = True
        for current in region:
            self._always[current] = found[current] or NONE_HELD

    def _meet(self, code: Code, ways: list[tuple[LockSet, Code]], found: dict[Code, LockSet | None]) -> LockSet | None:
        """What all ways hold; None while nothing limits it yet."""
        if not ways:
            return self._of_decorators(code)
        met: LockSet | None = None
        for here, caller in ways:
            above = self._always.get(caller) or found.get(caller)
            if above is None:
                continue
            around = here | above
            met = around if met is None else LockSet(met.locks & around.locks, met.unknown or around.unknown)
        return met if met is None else met | self._of_decorators(code)

    def _of_decorators(self, code: Code) -> LockSet:
        """The locks that the wrapper put around a function by a project decorator holds while it calls it."""
        found = NONE_HELD
        for decorator in code.scope.decorators:
            for value in self._evaluator.values(decorator, code.parent or code):
                if isinstance(value, Function):
                    found |= self._of_wrapper(value.code)
        return found

    def _of_wrapper(self, decorator: Code) -> LockSet:
        own = {parameter.name for parameter in decorator.scope.parameters}
        held: LockSet | None = None
        for wrapper in decorator.children:
            for site in wrapper.scope.calls:
                function = site.call.function
                if isinstance(function, Name) and function.id in own:
                    around = self.at(wrapper, site.context, site.order)
                    held = (
                        around if held is None else LockSet(held.locks & around.locks, held.unknown or around.unknown)
                    )
        return held or NONE_HELD

    def effective(self, code: Code, context: Context, order: int) -> LockSet:
        """Locks held at a place: its own function's and those all its callers hold."""
        return self.at(code, context, order) | self.always(code)
