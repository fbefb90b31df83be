"""Who calls whom: every call site with what it reaches, and every function with its callers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from concurlint.catalog.traits import guessed, listed
from concurlint.facts.records import CallSite, Condition
from concurlint.facts.syntax import Argument, Attribute, Call, Expression, Logic, Name, Unary
from concurlint.project.arguments import given
from concurlint.project.classes import holder
from concurlint.project.evaluate import Evaluator
from concurlint.project.implicit_calls import SPECIAL, implicit_calls, lines_read
from concurlint.project.modules import Code, Module
from concurlint.project.values import (
    Bound,
    ClassOf,
    Function,
    Instance,
    Library,
    Literal,
    Partial,
    Value,
)


@dataclass(frozen=True, slots=True, eq=False)
class Edge:
    """One call site reaching one function of the project. `value` is the callee as it was found."""

    caller: Code
    site: CallSite
    callee: Code
    value: Value
    consumed: bool = False

    @property
    def runs(self) -> bool:
        """Whether the callee's body runs right here: a coroutine does when it is awaited, a generator
        when the call stands where it is iterated over or entered."""
        if self.callee.scope.is_generator:
            return self.consumed
        return self.site.awaited or not self.callee.is_async


class CallGraph:
    """Call sites resolved, code object by code object, from the given modules on."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self.edges: dict[Code, list[Edge]] = {}
        self.callers: dict[Code, list[Edge]] = {}
        self.libraries: dict[Code, list[tuple[CallSite, str, Value]]] = {}
        self.named: set[str] = set()
        self.read_sites: dict[Code, list[CallSite]] = {}  # calls that no call says: properties, functions of `map`
        self.items: dict[CallSite, Expression] = {}  # what those of `map` and the like are run on, item by item
        self._targets: dict[CallSite, tuple[Value, ...]] = {}

    def build(self, modules: Iterable[Module]) -> None:
        """Resolve all calls of the modules and of every function they lead to.

        Built again after `evaluator.callers` has been set, parameters are bound as well.
        """
        self.edges, self.callers, self.libraries, self._targets = {}, {}, {}, {}
        self.read_sites, self.items = {}, {}
        self.extend(code for module in modules for code in module.codes)

    def extend(self, codes: Iterable[Code]) -> None:
        """Resolve the calls of further code objects and of all they lead to."""
        queue = [code for code in codes if code not in self.edges]
        seen = set(queue)
        roots: set[Code] = set()
        for code in queue:
            for callee in self._resolve(code):
                # the other methods of a class share its state with the one that is called
                root = callee.owner or callee
                if root in roots:
                    continue
                roots.add(root)
                for part in root.family():
                    if part not in seen and part not in self.edges:
                        seen.add(part)
                        queue.append(part)

    def known_callers(self) -> dict[Code, list[tuple[Call, Code, Value]]]:
        """Every function with the calls that reach it."""
        return {
            callee: [(edge.site.call, edge.caller, edge.value) for edge in edges]
            for callee, edges in self.callers.items()
        }

    def _resolve(self, code: Code) -> Iterator[Code]:
        self.edges[code] = []
        self.libraries[code] = []
        for site in code.scope.calls:
            if self._is_never_reached(site.context.conditions, code):
                continue
            values = tuple(self.evaluator.values(site.call.function, code).used())
            self._targets[site] = values
            for value in values:
                name = library_name(value)
                if name:
                    self.named.add(name)
                    self.libraries[code].append((site, name, value))
                callee = self.runs(value)
                if callee is not None:
                    yield self._join(code, site, callee, value)
                elif name:
                    yield from self._applied(code, site, name)
                if isinstance(value, ClassOf):
                    yield from self._made(code, site, value)
        yield from self._properties(code)
        yield from self._implicit(code)
        self._read_by_line(code)
        if code.scope.kind == "class":
            self.named.update(self.evaluator.lineage(code)[1])
        for child in code.children:
            for decorator in child.scope.decorators:
                yield from self._decorate(code, child, decorator)

    def _is_never_reached(self, conditions: tuple[Condition, ...], code: Code) -> bool:
        """Whether a place stands under a constant that says no: `_IS_SYNC = False` … `if _IS_SYNC:`."""
        for condition in conditions:
            test, holds = condition.test, condition.holds
            while isinstance(test, Unary) and test.operator == "Not":
                test, holds = test.operand, not holds
            if isinstance(test, Logic) and (test.operator == "and") is holds:
                if self._is_never_reached(tuple(Condition(each, holds) for each in test.values), code):
                    return True
            if isinstance(test, Name) and holder(code, test.id) in (None, code.module.body):
                known = self.evaluator.values(test, code).only()
                if isinstance(known, Literal) and isinstance(known.value, bool) and known.value is not holds:
                    return True
        return False

    def _properties(self, code: Code) -> Iterator[Code]:
        """Reading a property of the project runs its function, assigning to it that of its setter."""
        for access in code.scope.accesses:
            target = access.target
            if access.kind not in ("read", "write") or not isinstance(target, Attribute):
                continue
            if target.attr not in self.evaluator.project.property_names:
                continue
            for value in self.evaluator.values(target.value, code).used():
                callee = self.evaluator.property_of(value, target.attr)
                if access.kind == "write":
                    callee = self.evaluator.attributes.setter_of(value, target.attr)
                if callee is not None:
                    stored = access.value if access.kind == "write" else None
                    call = Call(target, (Argument(stored, None, 0),) if stored is not None else (), target.at)
                    site = CallSite(call, access.context, access.order, access.statement, False, False)
                    bound = Bound(Function(callee), value) if isinstance(value, Instance) else Function(callee)
                    self._targets[site] = (bound,)
                    self.read_sites.setdefault(code, []).append(site)
                    yield self._join(code, site, callee, bound)

    def _made(self, code: Code, site: CallSite, cls: ClassOf) -> Iterator[Code]:
        """What making an object runs beside its `__init__`: the metaclass's `__call__`, and `__new__`."""
        names = self.evaluator.project.method_names
        if "__new__" in names:
            for made in self.evaluator.attribute(cls, "__new__"):
                callee = self.runs(made)
                if callee is not None:
                    yield self._join(code, site, callee, Bound(Function(callee), cls))
        for meta in self.metaclasses(cls.code) if "__call__" in names else ():
            callee = self._method(Instance(meta), "__call__")
            if callee is not None:
                yield self._join(code, site, callee, Bound(Function(callee), Instance(meta)))

    def metaclasses(self, cls: Code) -> Iterator[ClassOf]:
        """The project's metaclasses of a class, its own and those of its bases."""
        for base in self.evaluator.lineage(cls)[0]:
            for argument in base.scope.bases:
                if argument.keyword == "metaclass":
                    for value in self.evaluator.values(argument.value, base.parent or base):
                        if isinstance(value, ClassOf):
                            yield value

    def _implicit(self, code: Code) -> Iterator[Code]:
        """Methods of the project that syntax or a builtin runs."""
        for found in implicit_calls(code, self.evaluator.project.method_names & SPECIAL):
            for value in self.evaluator.values(found.owner, code).used():
                for method in self.evaluator.attribute(value, found.method) if isinstance(value, Instance) else ():
                    callee = self.runs(method)
                    if callee is not None:
                        self._targets[found.site] = (method,)
                        self.read_sites.setdefault(code, []).append(found.site)
                        yield self._join(code, found.site, callee, method)

    def _read_by_line(self, code: Code) -> None:
        """A loop over standard input waits for each line, as its `readline` does."""
        for found in lines_read(code):
            names = {library_name(value) for value in self.evaluator.values(found.owner, code)}
            if len(names) == 1 and listed("read-by-line", name := names.pop()):
                method = Library(f"{name}.{found.method}")
                self._targets[found.site] = (method,)
                self.read_sites.setdefault(code, []).append(found.site)
                self.libraries[code].append((found.site, method.name, method))

    def _applied(self, code: Code, site: CallSite, name: str) -> Iterator[Code]:
        """Functions of the project that a library call runs on each item of what it is given."""
        parameter = self.evaluator.roles.applies(name)
        work = given(site.call, *parameter) if parameter is not None else None
        if work is None or (listed("lazy", name) and not self._is_used_up(code, site)):
            return
        plain = [a.value for a in site.call.arguments if a.keyword is None and a.value is not work]
        items = plain[0] if plain else getattr(site.call.function, "value", work)
        for value in self.evaluator.values(work, code):
            callee = self.runs(value)
            if callee is not None and not isinstance(value, ClassOf):
                call = Call(work, (Argument(items, None, 1),), site.call.at)
                inner = replace(site, call=call, awaited=False, dropped=False)
                self._targets[inner] = (value,)
                self.read_sites.setdefault(code, []).append(inner)
                self.items[inner] = items
                yield self._join(code, inner, callee, value)

    def _is_used_up(self, code: Code, site: CallSite) -> bool:
        """Whether an iterator is iterated over in the expression that makes it, or by the loop around."""
        if any(loop.iterable is site.call and not loop.is_async for loop in code.scope.loops):
            return not site.context.deferred
        for other in code.scope.calls:
            if any(argument.value is site.call for argument in other.call.arguments):
                values = self.evaluator.values(other.call.function, code)
                names = {library_name(value) for value in values}
                return bool(names) and all(self.evaluator.roles.passes(n) or listed("uses-up", n) for n in names)
        return False

    def sites(self, code: Code) -> Iterator[CallSite]:
        """The calls in a code object, and those that no call says: properties, functions of `map`."""
        yield from code.scope.calls
        yield from self.read_sites.get(code, ())

    def _join(self, code: Code, site: CallSite, callee: Code, value: Value) -> Code:
        edge = Edge(code, site, callee, value, self._is_consumed(code, site, callee))
        self.edges[code].append(edge)
        self.callers.setdefault(callee, []).append(edge)
        return callee

    def _is_consumed(self, code: Code, site: CallSite, callee: Code) -> bool:
        if not callee.scope.is_generator:
            return False
        if self.evaluator.method_kind(callee) == "context":
            return any(entered.manager is site.call for entered, _, _ in code.scope.entered)
        return any(loop.iterable is site.call for loop in code.scope.loops)

    def _decorate(self, code: Code, child: Code, decorator: Expression) -> Iterator[Code]:
        """A decorator is called with what it decorates, where that is defined."""
        for value in self.evaluator.values(decorator, code):
            callee = self.runs(value)
            if callee is not None and not isinstance(value, ClassOf):
                argument = Argument(Name(child.scope.name, child.scope.at), None, 0)
                call = Call(decorator, (argument,), child.scope.at)
                site = CallSite(call, child.scope.defined, 0, child.scope.at, False, False)
                yield self._join(code, site, callee, value)

    def without(self, modules: Collection[Module]) -> CallGraph:
        """The same graph with nothing in it that stands in the given modules."""
        other = CallGraph(self.evaluator)
        other.named, other._targets = self.named, self._targets
        keep = [code for code in self.edges if code.module not in modules]
        other.edges = {c: [e for e in self.edges[c] if e.callee.module not in modules] for c in keep}
        other.callers = {
            callee: [edge for edge in edges if edge.caller.module not in modules]
            for callee, edges in self.callers.items()
            if callee.module not in modules
        }
        other.libraries = {code: self.libraries[code] for code in keep}
        other.items = self.items
        other.read_sites = {code: sites for code, sites in self.read_sites.items() if code in other.edges}
        return other

    def targets(self, site: CallSite) -> tuple[Value, ...]:
        """What a call site may call."""
        return self._targets.get(site, ())

    def runs(self, value: Value) -> Code | None:
        """The project code whose body a call of `value` runs."""
        match value:
            case Function(code=code) | Bound(function=Function(code=code)):
                return code
            case Partial(work=work):
                return self.runs(work)
            case ClassOf():
                return self._method(Instance(value), "__init__") or self._after_init(Instance(value))
            case Instance(of=ClassOf()):
                return self._method(value, "__call__")
        return None

    def _after_init(self, instance: Instance) -> Code | None:
        """What a made `__init__` calls at its end, if it hands nothing on."""
        hooks = (self._method(instance, name) for name in sorted(guessed("after-init")))
        return next((hook for hook in hooks if hook is not None and len(hook.scope.parameters) == 1), None)

    def _method(self, instance: Instance, name: str) -> Code | None:
        for found in self.evaluator.attribute(instance, name):
            if isinstance(found, Bound) and isinstance(found.function, Function):
                return found.function.code
        return None


def library_name(value: Value) -> str:
    """The dotted name of a library callable, `""` for anything else."""
    if isinstance(value, Library):
        return value.name
    if isinstance(value, Bound) and isinstance(value.function, Library):
        return value.function.name
    if isinstance(value, Partial):
        return library_name(value.work)
    if isinstance(value, Instance) and isinstance(value.of, Library):
        return f"{value.of.name}.__call__"
    return ""
