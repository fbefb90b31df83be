"""What is handed over and what is dropped: callables, tasks, locks that only their maker has."""

from __future__ import annotations

from collections.abc import Iterator

from concurlint.catalog.roles import Roles
from concurlint.effects.contexts.spawns import Dispatches
from concurlint.effects.locks.lockset import LOCK_KINDS
from concurlint.facts.records import CallSite
from concurlint.facts.syntax import (
    Attribute,
    Binary,
    Call,
    Collection,
    Compare,
    Comprehension,
    Constant,
    Expression,
    Name,
    Table,
    Text,
)
from concurlint.finding import Step
from concurlint.project.arguments import given, merged
from concurlint.project.callgraph import CallGraph
from concurlint.project.classes import holder
from concurlint.project.modules import Code
from concurlint.project.values import (
    Bound,
    ClassOf,
    Container,
    Coroutine,
    Function,
    Instance,
    Library,
    Literal,
    Partial,
    Value,
)

_PLAIN = {"builtins.str", "builtins.int", "builtins.float", "builtins.bool", "builtins.list", "builtins.dict",
          "builtins.tuple", "builtins.set", "builtins.bytes", "builtins.NoneType"}  # fmt: skip

_PLAIN_EXPRESSIONS = (Binary, Compare, Constant, Text, Collection, Table, Comprehension, type(None))
_OF_LOCKS = {"acquire", "release", "locked", "__enter__", "__exit__", "notify", "notify_all", "wait", "wait_for"}
_MOST_HANDS = 4


class Handing:
    """Looks at single calls that take work, and at what becomes of what they give back."""

    def __init__(self, graph: CallGraph, roles: Roles, dispatches: Dispatches) -> None:
        self._graph = graph
        self._roles = roles
        self._dispatches = dispatches
        self._evaluator = graph.evaluator

    def handed_over(self) -> Iterator[tuple[Code, CallSite, str, Expression]]:
        """Calls that want a callable for a thread or process, with the expression they get."""
        for code, calls in self._graph.libraries.items():
            for site, name, value in calls:
                role = self._roles.runs(name)
                if role is None or role.on == "task":
                    continue
                work = given(merged(value, site.call), *role.work)
                if work is not None:
                    yield code, site, name, work

    def is_surely_not_callable(self, work: Expression, code: Code) -> bool:
        """Whether nothing that the expression may be can be called."""
        if isinstance(work, Name):
            made = self._made_by_call(work, code)
            return made is not None and self.is_surely_not_callable(*made)
        if not isinstance(work, Call):
            return False
        if self._returns_plain(work, code):
            return True
        values = self._evaluator.values(work, code)
        return bool(values.items) and values.whole and not any(self._callable(v) for v in values)

    def _made_by_call(self, name: Name, code: Code) -> tuple[Call, Code] | None:
        """The call whose result a name holds, if it is bound just once."""
        home = holder(code, name.id) or code.module.body
        bindings = home.scope.bindings.get(name.id, [])
        if len(bindings) == 1 and bindings[0].kind == "assign" and isinstance(bindings[0].value, Call):
            return (bindings[0].value, home) if not bindings[0].path else None
        return None

    def _returns_plain(self, call: Call, code: Code) -> bool:
        """A call of project functions whose every return is arithmetic, a comparison, text or a display."""
        codes = [self._graph.runs(value) for value in self._evaluator.values(call.function, code)]
        if not codes or not self._evaluator.values(call.function, code).whole:
            return False
        for callee in codes:
            if callee is None or callee.scope.is_generator or callee.name == "__init__" or not callee.scope.returned:
                return False
            if not all(isinstance(returned.value, _PLAIN_EXPRESSIONS) for returned in callee.scope.returned):
                return False
        return True

    def _callable(self, value: Value) -> bool:
        match value:
            case Function() | Bound() | Partial() | ClassOf() | Library():
                return True
            case Instance(of=ClassOf(code=cls)):
                known = self._evaluator.lineage(cls)[2] and not self._evaluator.lineage(cls)[1]
                return bool(self._evaluator.attribute(value, "__call__").items) or not known
            case Instance(of=Library(name=name)):
                return name not in _PLAIN
            case Literal() | Container() | Coroutine():
                return False
        return True

    def dropped_tasks(self) -> Iterator[tuple[Code, CallSite, str, tuple[Step, ...]]]:
        """Calls whose task lives only as long as somebody keeps it, and nobody does; the steps lead to its making."""
        for code, calls in self._graph.libraries.items():
            for site, name, _ in calls:
                role = self._roles.runs(name)
                if role is None or not role.weak:
                    continue
                if self._is_dropped(code, site):
                    yield code, site, name, ()
                elif _gives_back(code, site):
                    made = Step(code.span(site.call.at), f"`{code.qualname}` gives back what `{name}` made")
                    yield from self._dropped_by_callers(code, name, (made,))
                    yield from self._dropped_by_loop(code, site, name, made)

    def _dropped_by_loop(
        self, code: Code, site: CallSite, name: str, made: Step
    ) -> Iterator[tuple[Code, CallSite, str, tuple[Step, ...]]]:
        """What a callback of the event loop gives back, which the loop does not look at."""
        for dispatch in self._dispatches.by_code.get(code, ()):
            role = self._roles.runs(dispatch.name)
            if role is None or not role.drops or dispatch.on != "task" or dispatch.site is None:
                continue
            if code.scope.kind == "lambda":
                says = f"`{dispatch.name.rpartition('.')[2]}` drops what its callback gives back"
                yield code, site, name, (Step(dispatch.where.span(dispatch.site.call.at), says),)
            else:
                yield dispatch.where, dispatch.site, code.qualname, (made,)
            return

    def _dropped_by_callers(
        self, code: Code, name: str, steps: tuple[Step, ...]
    ) -> Iterator[tuple[Code, CallSite, str, tuple[Step, ...]]]:
        """Calls of a function that makes a task for its caller, where the caller drops it."""
        if code.is_async or code.scope.is_generator or len(steps) > _MOST_HANDS:
            return
        for edge in self._graph.callers.get(code, ()):
            several = any(e.site is edge.site and e is not edge for e in self._graph.edges.get(edge.caller, ()))
            if several or not edge.runs:
                continue
            if self._is_dropped(edge.caller, edge.site):
                yield edge.caller, edge.site, code.qualname, steps
            elif _gives_back(edge.caller, edge.site):
                gives = f"`{edge.caller.qualname}` gives back what `{code.qualname}` gave"
                step = Step(edge.caller.span(edge.site.call.at), gives)
                yield from self._dropped_by_callers(edge.caller, name, (step, *steps))
                yield from self._dropped_by_loop(edge.caller, edge.site, code.qualname, step)

    def _is_dropped(self, code: Code, site: CallSite) -> bool:
        if site.dropped:
            return True
        return code.scope.kind == "function" and any(
            binding.value is site.call and binding.kind == "assign" and not binding.path
            for name, bindings in code.scope.bindings.items()
            if self._is_never_read(code, name, site)
            for binding in bindings
        )

    @staticmethod
    def _is_never_read(code: Code, name: str, site: CallSite) -> bool:
        """Whether a local name is there for nothing; any but `_` keeps its task while the function goes on."""
        if any(name in part.scope.uses or name in part.scope.nonlocals for part in code.family()):
            return False
        if name in code.scope.globals | code.scope.nonlocals:
            return False
        waits = any(awaited.order > site.order or site.context.loops for awaited in code.scope.awaits)
        return name == "_" or not (waits or code.scope.is_generator)

    def private_locks(self) -> Iterator[tuple[Code, Call, str]]:
        """Locks made and taken within one run of one function, with nobody else to see them."""
        for code, calls in self._graph.libraries.items():
            if code.scope.kind not in ("function", "lambda"):
                continue
            for site, name, _ in calls:
                if self._roles.kind(self._roles.canonical(name)) not in LOCK_KINDS - {"file-lock"}:
                    continue
                if self._taken_at_once(code, site.call) or self._only_local(code, site.call):
                    yield code, site.call, name

    @staticmethod
    def _taken_at_once(code: Code, call: Call) -> bool:
        if any(entered.manager is call for entered, _, _ in code.scope.entered):
            return True
        return any(
            isinstance(other.call.function, Attribute)
            and other.call.function.value is call
            and other.call.function.attr in ("acquire", "__enter__")
            for other in code.scope.calls
        )

    @staticmethod
    def _only_local(code: Code, call: Call) -> bool:
        """Bound to a local name that is used for nothing but taking and releasing it here."""
        scope = code.scope
        for name, bindings in scope.bindings.items():
            if len(bindings) != 1 or bindings[0].value is not call or bindings[0].path:
                continue
            if bindings[0].kind not in ("assign", "with") or name in scope.globals | scope.nonlocals:
                return False
            if any(name in inner.scope.uses for inner in code.family() if inner is not code):
                return False
            taken = sum(_is_name(e.manager, name) for e, _, _ in scope.entered)
            called = sum(
                isinstance(s.call.function, Attribute)
                and _is_name(s.call.function.value, name)
                and s.call.function.attr in _OF_LOCKS
                for s in scope.calls
            )
            takes = taken + sum(_is_method(s.call.function, name, ("acquire", "__enter__")) for s in scope.calls)
            return takes > 0 and taken + called == scope.uses.get(name, 0)
        return False


def _is_method(function: Expression, name: str, attrs: tuple[str, ...]) -> bool:
    return isinstance(function, Attribute) and function.attr in attrs and _is_name(function.value, name)


def _is_name(expression: Expression, name: str) -> bool:
    return isinstance(expression, Name) and expression.id == name


def _gives_back(code: Code, site: CallSite) -> bool:
    """Whether a function does nothing with what a call gave but return it."""
    names = {
        binding.name
        for bindings in code.scope.bindings.values()
        for binding in bindings
        if binding.value is site.call and binding.kind == "assign" and not binding.path
    }
    for returned in code.scope.returned:
        if returned.value is site.call:
            return True
        if isinstance(returned.value, Name) and returned.value.id in names:
            return code.scope.uses.get(returned.value.id) == 1
    return False
