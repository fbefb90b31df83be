"""Who owns what a function opens: things that must be closed, made there, seen by nobody else, and left open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from concurlint.catalog.traits import listed
from concurlint.effects.flow.detours import Detours
from concurlint.effects.flow.graphs import Graphs
from concurlint.effects.flow.typestate import Moment, OpenEnd, Typestate
from concurlint.effects.program import Program
from concurlint.facts.records import Binding, CallSite
from concurlint.facts.syntax import Argument, Attribute, Await, Call, Choice, Expression, Logic, Name, Walrus, walk
from concurlint.finding import Step
from concurlint.project.arguments import matching, merged
from concurlint.project.bindings import assigned_once, bound_once
from concurlint.project.classes import holder
from concurlint.project.language import ENTERING, LEAVING
from concurlint.project.modules import Code
from concurlint.project.values import Bound, ClassOf, Function, Instance, Library, Value

_DEEPEST = 4


@dataclass(frozen=True, slots=True, eq=False)
class LeftOpen:
    """Something made by `call` in `code` that is not closed on every way: on none at all if `gap` is None."""

    code: Code
    call: Call
    type_name: str
    name: str  # "" where it is never bound to one
    closers: tuple[str, ...]
    gap: OpenEnd | None

    def steps(self) -> tuple[Step, ...]:
        """The way that leaves it open."""
        return (Step(self.code.span(self.gap.at), self.gap.what),) if self.gap is not None else ()


@dataclass(slots=True)
class _Fate:
    """What becomes of a local name: where it is closed, and whether somebody else may get hold of it."""

    closed: list[Moment] = field(default_factory=list)
    escapes: bool = False
    used: bool = False


@dataclass(frozen=True, slots=True)
class _Search:
    closers: tuple[str, ...]
    depth: int  # how many calls deep


class Resources:
    """Follows local names and nothing else: what is stored, returned or handed on belongs to others."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._roles = program.roles
        self._evaluator = program.evaluator
        self._detours = program[Detours]
        self._graphs = program[Graphs]
        self._made: dict[CallSite, str] = {}

    def left_open(self, closer: str) -> Iterator[LeftOpen]:
        """All that a method called `closer` should close, on every way, and does not."""
        for code in self._graph.edges:
            if code.scope.kind == "class":
                continue
            for site in code.scope.calls:
                type_name = self._opens(site, code, closer)
                if type_name and not self._detours.is_last_deed(code, site):
                    found = self._left(code, site, type_name)
                    if found is not None:
                        yield found

    def _opens(self, site: CallSite, code: Code, closer: str) -> str:
        """The library class of the object that a call makes for its caller, if that is to be closed by `closer`."""
        if site not in self._made:
            self._made[site] = self._class_made(site, code)
        name = self._made[site]
        return name if name and closer in self._roles.closers(name) else ""

    def _class_made(self, site: CallSite, code: Code) -> str:
        """The one library class of the object that a call makes for its caller."""
        entered = site.call.function
        if isinstance(entered, Attribute) and entered.attr in ENTERING:
            return ""  # gives back what was there before
        names: set[str] = set()
        targets = self._graph.targets(site)
        for target in targets:
            inner = target.function if isinstance(target, Bound) else target
            if isinstance(inner, Function) and not self._hands_out(inner.code, 0):
                return ""
            if not isinstance(inner, (Function, Library)):
                return ""
            if isinstance(inner, Library) and self._roles.returns(inner.name):
                return ""  # a function of a library may keep what it gives
        if not targets or not self._evaluator.values(site.call.function, code).whole:
            return ""
        for value in self._evaluator.values(site.call, code):
            if not isinstance(value, Instance) or not isinstance(value.of, Library):
                return ""
            names.add(self._roles.canonical(value.of.name))
        return names.pop() if len(names) == 1 else ""

    def _hands_out(self, code: Code, depth: int) -> bool:
        """Whether a function makes what it returns and keeps no hold of it."""
        if code.is_async or code.scope.is_generator or depth > _DEEPEST or not code.scope.returned:
            return False
        if code.scope.decorators:
            return False  # a cache, for all that is known
        return all(
            returned.value is not None and self._is_made_here(returned.value, code, depth)
            for returned in code.scope.returned
        )

    def _is_made_here(self, expression: Expression, code: Code, depth: int) -> bool:
        if isinstance(expression, Name):
            made = assigned_once(expression.id, code)
            if made is None or expression.id in code.scope.globals | code.scope.nonlocals:
                return False
            used = sum(part.scope.uses.get(expression.id, 0) for part in code.family())
            return used == 1 and self._is_made_here(made, code, depth)
        if not isinstance(expression, Call):
            return False
        for target in self._evaluator.values(expression.function, code):
            inner = target.function if isinstance(target, Bound) else target
            if isinstance(inner, Function) and not self._hands_out(inner.code, depth + 1):
                return False
            if not isinstance(inner, (Function, Library)):
                return False
        return True

    def _left(self, code: Code, site: CallSite, type_name: str) -> LeftOpen | None:
        closers = self._roles.closers(type_name)
        cfg = self._graphs.of(code)
        if not cfg.after(site.order).returns:
            return None  # in use as long as the program runs
        binding = self._binding(code, site.call)
        if binding is None:
            lost = site.dropped or self._is_used_once(code, site, closers)
            return LeftOpen(code, site.call, type_name, "", closers, None) if lost else None
        fate = self._fate(code, binding.name, closers, 0)
        if fate.escapes or (code.scope.kind == "module" and (fate.closed or not fate.used)):
            return None
        after = cfg.after(binding.order)
        later = [one for one in fate.closed if one.order in after]
        if not later:
            return LeftOpen(code, site.call, type_name, binding.name, closers, None) if not fate.closed else None
        gap = Typestate(cfg, binding.name, Moment(site.context, binding.order), later).gap()
        return LeftOpen(code, site.call, type_name, binding.name, closers, gap) if gap is not None else None

    def _is_used_once(self, code: Code, site: CallSite, closers: tuple[str, ...]) -> bool:
        """`Pool().map(…)`: nobody has a name for it any more."""
        for other in code.scope.calls:
            function = other.call.function
            if isinstance(function, Attribute) and function.value is site.call:
                return function.attr not in closers and not function.attr.startswith("_")
        return False

    def _binding(self, code: Code, call: Call) -> Binding | None:
        """The one binding of a local name to what a call makes."""
        scope = code.scope
        found = [
            binding
            for name, bindings in scope.bindings.items()
            for binding in bindings
            if binding.kind == "assign"
            and not binding.path
            and binding.value is not None
            and _may_be(binding.value, call)
            and name not in scope.globals | scope.nonlocals
        ]
        return found[0] if len(found) == 1 else None

    def _fate(self, code: Code, name: str, closers: tuple[str, ...], depth: int) -> _Fate:
        """What the function (and those inside it, and those it passes the name to) do with a local name."""
        fate = _Fate()
        if depth > _DEEPEST or (code.scope.kind == "module" and self._is_imported(code, name)):
            fate.escapes = True
            return fate
        for part in code.family():
            if part is not code and (holder(part, name) or code.module.body) is not code:
                continue
            if name in part.scope.globals or (part is not code and code.scope.kind == "module"):
                fate.escapes = fate.escapes or name in part.scope.uses or name in part.scope.globals
                continue
            known = self._in(part, name, _Search(closers, depth), fate, inner=part is not code)
            if known < part.scope.uses.get(name, 0) or name in part.scope.nonlocals:
                fate.escapes = True  # used in a way that is not understood
        return fate

    def _is_imported(self, code: Code, name: str) -> bool:
        return any(
            binding.imported is not None
            and binding.imported.name == name
            and module.absolute(binding.imported) == code.module.name
            for module in self._evaluator.project.loaded
            for scope in module.facts.scopes
            for binding in scope.bindings.get(name, ())
        )

    def _in(self, part: Code, name: str, search: _Search, fate: _Fate, *, inner: bool) -> int:
        """Notes the uses of the name in one code object; how many were understood."""
        known = 0
        for site in part.scope.calls:
            function = site.call.function
            if isinstance(function, Attribute) and _is(function.value, name):
                known += 1
                fate.used = True
                if function.attr in search.closers or function.attr in ENTERING | LEAVING:
                    self._close(fate, Moment(site.context, site.order), inner)
            for argument in site.call.arguments:
                if _is(argument.value, name):
                    known += 1
                    self._passed(part, site, argument, search, fate, inner=inner)
        for entered, context, order in part.scope.entered:
            if _is(entered.manager, name):
                known += 1
                self._close(fate, Moment(context, order), inner)
        for access in part.scope.accesses:
            if access.kind == "read" and isinstance(access.target, Attribute) and _is(access.target.value, name):
                known += 1
                fate.used = True
                fate.escapes = fate.escapes or access.target.attr in search.closers
        return known + sum(_is(bare, name) for test in _tests(part) for bare in _bare(test))

    @staticmethod
    def _close(fate: _Fate, moment: Moment, inner: bool) -> None:
        if inner:
            fate.escapes = True  # closed when an inner function is called, whenever that may be
        else:
            fate.closed.append(moment)

    def _passed(
        self, part: Code, site: CallSite, argument: Argument, search: _Search, fate: _Fate, *, inner: bool
    ) -> None:
        """The name is handed to a call: a function of the project is followed, a library may keep it."""
        targets = self._graph.targets(site)
        fate.escapes = fate.escapes or not targets or bool(argument.star)
        for value in targets:
            name = next((n for s, n, v in self._graph.libraries.get(part, ()) if s is site and v is value), "")
            if name:
                role = self._roles.runs(name)
                lent = role is not None and role.pool is not None
                fate.escapes = fate.escapes or not (lent or listed("only-looks", name))
                continue
            callee = self._graph.runs(value)
            parameter = None if callee is None else self._parameter(callee, site, argument, value)
            if callee is None or parameter is None or callee.is_async or callee.scope.is_generator:
                fate.escapes = True
                continue
            below = self._fate(callee, parameter, search.closers, search.depth + 1)
            fate.escapes = fate.escapes or below.escapes
            if below.closed:
                self._close(fate, Moment(site.context, site.order), inner)

    @staticmethod
    def _parameter(callee: Code, site: CallSite, argument: Argument, value: Value) -> str | None:
        call = merged(value, site.call)
        bound = isinstance(value, (Bound, ClassOf, Instance))
        for parameter in callee.scope.parameters:
            if matching(call, callee, parameter, is_bound=bound) is argument.value:
                return parameter.name if bound_once(parameter.name, callee) is not None else None
        return None


def _is(expression: Expression, name: str) -> bool:
    return isinstance(expression, Name) and expression.id == name


def _may_be(expression: Expression, call: Call) -> bool:
    """Whether the value of an expression may be the very result of a call in it."""
    match expression:
        case Choice(body=body, orelse=orelse):
            return _may_be(body, call) or _may_be(orelse, call)
        case Logic(values=values):
            return any(_may_be(value, call) for value in values)
        case Walrus(value=value) | Await(value=value):
            return _may_be(value, call)
    return expression is call


def _tests(code: Code) -> list[Expression]:
    """The tests in a function: of `if` and `while`, and of conditional expressions around what is recorded."""
    found = {id(branch.test): branch.test for branch in code.scope.branches}
    contexts = {id(site.context): site.context for site in code.scope.calls}
    contexts.update({id(access.context): access.context for access in code.scope.accesses})
    for context in contexts.values():
        found.update({id(condition.test): condition.test for condition in context.conditions})
    return list(found.values())


def _bare(test: Expression) -> Iterator[Expression]:
    """The names that a test asks for as they are, not for an attribute of theirs."""
    hidden: set[int] = set()
    for part in walk(test):
        if isinstance(part, Attribute):
            hidden.add(id(part.value))
        elif isinstance(part, Call):
            hidden.update(id(argument.value) for argument in part.arguments)
    yield from (part for part in walk(test) if isinstance(part, Name) and id(part) not in hidden)
