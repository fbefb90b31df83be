"""Who runs what where: threads, pools, tasks and framework hooks, with the functions they are handed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from concurlint.catalog.entries import HookRole, RunsRole
from concurlint.catalog.traits import has
from concurlint.effects.contexts.delayed import Delayed
from concurlint.effects.contexts.frameworks import makes_greenlets
from concurlint.effects.contexts.repetition import Repetition
from concurlint.effects.contexts.userroles import RoleNames
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite
from concurlint.facts.syntax import Attribute, Call, Collection, Comprehension, Constant, Expression, Name, Star, Table
from concurlint.finding import Confidence
from concurlint.project.arguments import given, merged, positional
from concurlint.project.bindings import assigned_once
from concurlint.project.callgraph import library_name
from concurlint.project.modules import Code
from concurlint.project.values import (
    Bound,
    ClassOf,
    Coroutine,
    Function,
    Instance,
    Literal,
    Partial,
    Site,
    Value,
)

_ANY = ("*",)


@dataclass(frozen=True, slots=True, eq=False)
class Spawn:
    """One call (or framework hook) that has `work` run on a thread, in a process or as a task.

    `code` is the function run, `value` how it was handed over, `name` the library call that dispatches;
    `passed` are the expressions that become its arguments, by position and keyword.
    """

    where: Code
    site: CallSite | None
    on: str
    name: str
    code: Code
    value: Value
    many: bool
    repeated: bool
    items: Expression | None = None
    passed: tuple[Expression, ...] = ()
    named: dict[str, Expression] = field(default_factory=dict)
    hook: HookRole | None = None
    alone: bool = False  # in a pool of one worker
    waits: bool = False  # the dispatching call returns when the work is done
    registers: bool = False  # a framework will call it when something happens
    confidence: Confidence = Confidence.HIGH

    @property
    def several(self) -> bool:
        """Whether the work may run several times side by side."""
        return self.many or self.repeated


def ran(value: Value) -> Code | None:
    """The project function that runs when a handed-over value is called."""
    match value:
        case Function(code=code) | Bound(function=Function(code=code)):
            return code
        case Coroutine(function=code):
            return code
        case Partial(work=work):
            return ran(work)
    return None


def handed_arguments(role: RunsRole, call: Call) -> tuple[tuple[Expression, ...], dict[str, Expression]]:
    """What a dispatching call passes on to the callable it takes, by position and by keyword."""
    passed: tuple[Expression, ...] = ()
    named: dict[str, Expression] = {}
    if role.rest:
        start = (role.work[1] or 0) + 1
        passed = tuple(a.value for a in positional(call)[start:])
        named = {a.keyword: a.value for a in call.arguments if a.keyword is not None}
    if role.arguments:
        found = given(call, *role.arguments)
        if isinstance(found, Collection):
            passed = found.items
    if role.keywords:
        table = given(call, *role.keywords)
        if isinstance(table, Table):
            for key, value in zip(table.keys, table.values, strict=True):
                if isinstance(key, Constant) and isinstance(key.value, str):
                    named[key.value] = value
    return passed, named


class Spawns:
    """Finds every dispatch of the program."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._evaluator = program.evaluator
        self._roles = program.roles
        self._names = RoleNames(program.evaluator, program.roles)
        self._repetition = Repetition(program)
        self._delayed = Delayed(program.graph, program.roles)
        self.all: list[Spawn] = []
        self.by_code: dict[Code, list[Spawn]] = {}
        self._done: set[Code] = set()
        self.extend()

    def extend(self) -> None:
        """Find the dispatches in code that the graph has got since, and add what they run to the graph."""
        graph, start = self._graph, len(self.all)
        while len(self._done) < len(graph.edges):
            for code in [code for code in graph.edges if code not in self._done]:
                self._done.add(code)
                self.all.extend(self._in(code))
                self.all.extend(self._hooked(code))
            graph.extend(part for dispatch in self.all[start:] for part in dispatch.code.family())
        for dispatch in self.all[start:]:
            self.by_code.setdefault(dispatch.code, []).append(dispatch)

    def _in(self, code: Code) -> Iterator[Spawn]:
        for site, name, value in self._graph.libraries[code]:
            role = self._roles.runs(name)
            if role is not None:
                yield from self._by_role(code, site, name, role, value)
            elif has("gathers", name):
                yield from self._gathered(code, site, name)
        for site in code.scope.calls:
            for target in self._graph.targets(site):
                if isinstance(target, ClassOf):
                    yield from self._subclass(code, site, target)
                role = self._roles.runs(self._names.of_own(target))
                if role is not None:
                    yield from self._by_role(code, site, role.name, role, target)
            for work in self._delayed.decorated(code, site):
                run = ran(work.value)
                if run is not None and self._delayed.says_threads(code, site, work.role):
                    repeated = self._repetition.of(code, site)
                    yield Spawn(
                        code,
                        site,
                        "thread",
                        work.role.name,
                        run,
                        work.value,
                        False,
                        repeated,
                        None,
                        work.passed,
                        work.named,
                    )
        yield from self._stored(code)

    def _stored(self, code: Code) -> Iterator[Spawn]:
        """Callables stored where a library looks for its callbacks: `client.on_message = f`."""
        for access in code.scope.accesses:
            if access.kind != "write" or not isinstance(access.target, Attribute) or access.value is None:
                continue
            if not self._roles.may_be_assigned(access.target.attr):
                continue
            for place in self._evaluator.values(access.target, code):
                hook = self._roles.assigned(library_name(place))
                for value in self._evaluator.values(access.value, code) if hook is not None else ():
                    run = ran(value)
                    if run is not None and hook is not None and self._is_used(hook.needs):
                        on = "thread" if self._sent_to_threads.intersection(hook.by) else hook.on
                        yield Spawn(code, None, on, hook.name, run, value, hook.many, False, hook=hook)

    @cached_property
    def _sent_to_threads(self) -> set[str]:
        """The library functions that something has run on a thread."""
        found: set[str] = set()
        for code, calls in self._graph.libraries.items():
            for site, name, callee in calls:
                role = self._roles.runs(name)
                call = merged(callee, site.call)
                work = given(call, *role.work) if role is not None else None
                if role is not None and work is not None and self._where(role, call, code) == "thread":
                    found.update(library_name(value) for value in self._evaluator.values(work, code))
        return found

    def _by_role(self, code: Code, site: CallSite, name: str, role: RunsRole, callee: Value) -> Iterator[Spawn]:
        call = merged(callee, site.call)
        work = given(call, *role.work)
        if work is None or not self._is_used(role.needs):
            return
        on = self._where(role, call, code)
        if role.thread_words and self._delayed.says_threads(code, site, role):
            on = "thread"
        elif role.called and on == "here":
            return  # nobody says who runs it
        if not on or (on == "thread" and makes_greenlets(code, self._graph)):
            return
        passed, named = self._delayed.arguments(code, site) if role.called else handed_arguments(role, call)
        items = given(call, *role.items) if role.items else None
        one_worker = self._repetition.one_worker(code, site)
        seen: set[Code] = set()
        for value in self._evaluator.values(work, code):
            run = ran(value) or self._graph.runs(value)
            if run is not None and run not in seen:
                seen.add(run)
                yield Spawn(
                    code, site, on, name, run, value,
                    role.many and not _single(items) and not one_worker,
                    self._repetition.of(code, site), items, passed, named, None, one_worker, role.waits, role.registers,
                )  # fmt: skip
        for told in (role.then, role.on_error):
            callback = given(call, *told) if told is not None else None
            for value in self._evaluator.values(callback, code) if callback is not None else ():
                run = ran(value) or self._graph.runs(value)
                if run is not None and told is not None:
                    yield Spawn(code, site, "thread", f"{name}.{told[0]}", run, value, False, False, alone=True)

    def _gathered(self, code: Code, site: CallSite, name: str) -> Iterator[Spawn]:
        """The coroutines that a call waits for side by side: `gather(a(), b())`, `gather(*[f(x) for x in xs])`."""
        for argument in site.call.arguments:
            inner: Expression = argument.value
            many = argument.star == 1
            while many and isinstance(inner, Star):
                inner = inner.value
            if many and isinstance(inner, Name):
                inner = assigned_once(inner.id, code) or inner
            if many and isinstance(inner, Comprehension) and len(inner.results) == 1:
                inner = inner.results[0]
            for value in self._evaluator.values(inner, code):
                if isinstance(value, Coroutine):
                    alike = sum(self._gives(a.value, code, value.function) for a in site.call.arguments)
                    yield Spawn(code, site, "task", name, value.function, value, many, alike > 1)

    def _gives(self, expression: Expression, code: Code, function: Code) -> bool:
        values = self._evaluator.values(expression, code)
        return any(isinstance(value, Coroutine) and value.function is function for value in values)

    def _where(self, role: RunsRole, call: Call, code: Code) -> str:
        """Thread, process …; for calls that take the pool as an argument, where that pool runs things."""
        if role.pool is None:
            return role.on
        pool = given(call, *role.pool)
        if pool is None:
            return role.on
        values = self._evaluator.values(pool, code)
        kinds = {"thread" if v == Literal(None) else self._evaluator.kind(v) for v in values}
        if not kinds or (not values.whole and kinds != {"process-pool"}):
            return ""
        if kinds <= {"thread", "thread-pool"}:
            return "thread"
        return "process" if kinds == {"process-pool"} else ""

    def _subclass(self, code: Code, site: CallSite, target: ClassOf) -> Iterator[Spawn]:
        """An instance of a project class whose overridden method a thread or process runs."""
        _, libraries, _ = self._evaluator.lineage(target.code)
        for library in libraries:
            hook = self._roles.override(library)
            if hook is None or hook.what not in ("thread", "process"):
                continue
            if makes_greenlets(code, self._graph):
                return
            instance = Instance(target, Site(code, site.call))
            for name in hook.methods:
                for value in self._evaluator.attribute(instance, name):
                    run = ran(value)
                    if run is not None:
                        repeated = self._repetition.of(code, site)
                        yield Spawn(code, site, hook.on, library, run, value, False, repeated, hook=hook)
            return

    def runs_thread_of_class(self, code: Code) -> bool:
        """Whether this is the method that a thread of its class runs, whoever makes one."""
        if code.owner is None:
            return False
        _, libraries, _ = self._evaluator.lineage(code.owner)
        hooks = [self._roles.override(library) for library in libraries]
        return any(hook is not None and hook.what == "thread" and code.name in hook.methods for hook in hooks)

    def _hooked(self, code: Code) -> Iterator[Spawn]:
        """Functions and methods that a framework calls by decorator or base class."""
        if code.name == "__del__" and code.owner is not None:
            method = Bound(Function(code), Instance(ClassOf(code.owner)))
            yield Spawn(code, None, "anywhere", "finalizer", code, method, False, False)
        for decorator in code.scope.decorators:
            inner = decorator.function if isinstance(decorator, Call) else decorator
            for value in self._evaluator.values(inner, code.parent or code):
                hook = self._roles.decorator(self._names.of(value))
                if hook is not None:
                    on = "task" if code.is_async and hook.on == "thread" else hook.on
                    yield Spawn(code, None, on, hook.name, code, Function(code), hook.many, False, hook=hook)
        if code.scope.kind != "class":
            return
        classes, libraries, _ = self._evaluator.lineage(code)
        generated = tuple(f"{base.module.name}.{base.name}" for base in classes[1:])
        named = tuple(self._names.of_own(ClassOf(base)) for base in classes[1:])
        for library in dict.fromkeys((*libraries, *generated, *named)):
            hook = self._roles.override(library) or self._roles.pattern(library)
            if hook is None or hook.what in ("thread", "process") or not self._is_used(hook.needs):
                continue
            for child in _overriding(code, hook):
                on = "task" if child.is_async else hook.on
                method = Bound(Function(child), Instance(ClassOf(code)))
                yield Spawn(child, None, on, library, child, method, hook.many, False, hook=hook)

    def _is_used(self, names: tuple[str, ...]) -> bool:
        """Whether the project names one of these library things in a call or as a base class."""
        return not names or bool(set(names) & self._graph.named)


def _overriding(cls: Code, hook: HookRole) -> list[Code]:
    """The methods that a framework calls. Where it may be any, and some are coroutines, those are meant: their class
    is one for an event loop, and what else it has are helpers."""
    methods = [child for child in cls.children if child.scope.kind == "function" and _named(child.name, hook.methods)]
    coroutines = [child for child in methods if child.is_async]
    return coroutines if coroutines and hook.methods == _ANY else methods


def _single(items: Expression | None) -> bool:
    return isinstance(items, Collection) and len(items.items) <= 1


def _named(name: str, patterns: tuple[str, ...]) -> bool:
    if patterns == _ANY:
        return not name.startswith("_")
    return any(name == p or (p.endswith("*") and name.startswith(p[:-1])) for p in patterns)
