"""The small type inference: what an expression may stand for, followed through names, attributes and calls."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable

from concurlint.catalog.roles import Roles
from concurlint.facts.records import (
    Attribute,
    Await,
    Binary,
    Binding,
    Call,
    Choice,
    Collection,
    Compare,
    Comprehension,
    Constant,
    Expression,
    Import,
    Item,
    Lambda,
    Logic,
    Name,
    Parameter,
    Star,
    Table,
    Text,
    Unary,
    Walrus,
)
from concurlint.project.arguments import matching
from concurlint.project.classes import attribute_writes, class_bindings, holder, is_self, lineage
from concurlint.project.elements import Elements
from concurlint.project.modules import Code, Module, Project
from concurlint.source import SourceFile
from concurlint.project.values import (
    NOTHING,
    UNKNOWN,
    Bound,
    ClassOf,
    Container,
    Coroutine,
    Function,
    Instance,
    Library,
    Literal,
    ModuleOf,
    Namespace,
    Parent,
    Partial,
    Site,
    Value,
    Values,
    one,
    union,
)

_BUILTINS = frozenset(dir(builtins))
_DEEPEST = 60
_CONTAINERS = {"builtins.list", "builtins.tuple", "builtins.set", "builtins.dict", "builtins.frozenset"}


class Evaluator:
    """Answers what expressions stand for; each answer is kept.

    `callers` maps a function to the calls known to reach it; parameters are bound through it once the
    call graph has been built. `is_known` tells whether the catalogue has a fact on a dotted name.
    """

    def __init__(self, project: Project, roles: Roles, is_known: Callable[[str], bool]) -> None:
        self.project = project
        self.roles = roles
        self.callers: dict[Code, list[tuple[Call, Code, Value]]] = {}
        self._is_known = is_known
        self._memo: dict[tuple[int, int], Values] = {}
        self._active: set[tuple[int, int]] = set()
        self._returns: dict[Code, Values] = {}
        self._lineages: dict[Code, tuple[tuple[Code, ...], tuple[str, ...], bool]] = {}
        self._depth = 0
        self.elements = Elements(self)

    def forget(self) -> None:
        """Drop what was worked out, because more callers are known now."""
        self._memo.clear()
        self._returns.clear()

    # expressions

    def values(self, expression: Expression, code: Code) -> Values:
        """What `expression`, standing in `code`, may be."""
        key = (id(expression), id(code))
        known = self._memo.get(key)
        if known is not None:
            return known
        if key in self._active or self._depth > _DEEPEST:
            return UNKNOWN
        self._active.add(key)
        self._depth += 1
        try:
            found = self._values(expression, code)
        finally:
            self._active.discard(key)
            self._depth -= 1
        self._memo[key] = found
        return found

    def _values(self, expression: Expression, code: Code) -> Values:
        match expression:
            case Name(id=name):
                return self.name(code, name)
            case Attribute(value=value, attr=attr):
                return self._spread(self.values(value, code), lambda v: self.attribute(v, attr))
            case Call():
                return self._result(expression, code)
            case Constant(value=value):
                return one(Literal(value))
            case Text():
                return one(Instance(Library("builtins.str"), Site(code, expression)))
            case Binary(operator=operator, left=left, right=right):
                return self._combined(operator, self.values(left, code), self.values(right, code))
            case Compare() | Unary(operator="Not"):
                return one(Instance(Library("builtins.bool")))
            case Unary(operand=operand):
                return self.values(operand, code)
            case Logic(operator=operator, values=parts):
                left, right = (self.values(part, code) for part in parts)
                if operator == "or":
                    left = Values(tuple(v for v in left if v != Literal(None)), left.whole)
                return union((left, right))
            case Choice(body=body, orelse=orelse):
                return union((self.values(body, code), self.values(orelse, code)))
            case Item():
                return self.elements.item(expression, code)
            case Collection(kind=kind) | Comprehension(kind=kind):
                return one(Container(kind, code, expression))
            case Table():
                return one(Container("dict", code, expression))
            case Lambda(scope=scope):
                return one(Function(code.module.codes[scope]))
            case Await(value=value):
                return self._spread(self.values(value, code), self._awaited)
            case Walrus(value=value) | Star(value=value):
                return self.values(value, code)
            case _:
                return UNKNOWN

    @staticmethod
    def _spread(values: Values, each: Callable[[Value], Values]) -> Values:
        if not values.items:
            return values
        found = union(each(value) for value in values)
        return found if values.whole else Values(found.items, False)

    def _awaited(self, value: Value) -> Values:
        if isinstance(value, Coroutine):
            return self.returns(value.function)
        if isinstance(value, Instance) and isinstance(value.of, Library):
            kind = self.roles.kind(value.of.name)
            return UNKNOWN if kind in ("async-future", "future") else one(value)
        return UNKNOWN

    def _combined(self, operator: str, left: Values, right: Values) -> Values:
        names = {self.type_name(v) for v in (*left, *right)}
        if "builtins.str" in names and operator in ("Add", "Modulo", "Multiply"):
            return one(Instance(Library("builtins.str")))
        if "builtins.list" in names and operator == "Add":
            return one(Instance(Library("builtins.list")))
        numbers = {"builtins.int", "builtins.float", "builtins.bool"}
        if names and names <= numbers and left.items and right.items:
            return one(Instance(Library("builtins.float" if "builtins.float" in names else "builtins.int")))
        if operator == "BitOr":
            return union((left, right))
        return UNKNOWN

    def type_name(self, value: Value) -> str:
        """The dotted name of a value's library type, `""` where it has none."""
        if isinstance(value, Literal):
            return f"builtins.{type(value.value).__name__}"
        if isinstance(value, Container):
            return f"builtins.{value.kind}"
        if isinstance(value, Instance) and isinstance(value.of, Library):
            return value.of.name
        return ""

    def kind(self, value: Value) -> str:
        """The catalogue's kind of a value (`lock`, `thread-pool` …), through its bases; `""` if none."""
        if isinstance(value, Instance) and isinstance(value.of, ClassOf):
            _, libraries, _ = self.lineage(value.of.code)
            return next((k for k in map(self.roles.kind, libraries) if k), "")
        name = self.type_name(value)
        return self.roles.kind(name) if name else ""

    # names

    def name(self, code: Code, name: str) -> Values:
        """What a name may stand for where it is used in `code`."""
        home = holder(code, name)
        if home is None:
            return self.global_name(code.module, name)
        cls = is_self(code, name)
        if cls is not None:
            return self._self_value(home, cls)
        return union(self.binding(binding, home) for binding in home.scope.bindings[name])

    def _self_value(self, method: Code, cls: Code) -> Values:
        keeps = {self._keeps(d, method.parent or method) for d in method.scope.decorators}
        if "class" in keeps or method.name in ("__new__", "__init_subclass__", "__class_getitem__"):
            return one(ClassOf(cls))
        return one(Instance(ClassOf(cls)))

    def global_name(self, module: Module, name: str) -> Values:
        """What a global name of a module, or else a builtin, may stand for."""
        found = self.namespace(module, name)
        if found is not None:
            return found
        if name in _BUILTINS:
            return one(Library(f"builtins.{name}"))
        return UNKNOWN

    def namespace(self, module: Module, name: str, seen: frozenset[str] = frozenset()) -> Values | None:
        """What the module binds `name` to, None if nothing there does."""
        body = module.body
        bindings = body.scope.bindings.get(name, [])
        written = module.global_writes.get(name, [])
        if bindings or written:
            parts = [self.binding(binding, body) for binding in bindings]
            parts += [self.binding(binding, code) for binding, code in written]
            return union(parts)
        unknown = False
        for imported, _ in module.facts.stars:
            target = module.absolute(imported)
            if target in seen:
                continue
            other = self.project.module(target, module.source)
            if other is None:
                unknown = unknown or not self.project.knows(target, module.source)
                continue
            if other.facts.exported is not None and name not in other.facts.exported:
                continue
            if other.facts.exported is None and name.startswith("_"):
                continue
            found = self.namespace(other, name, seen | {target})
            if found is not None:
                return found
        return UNKNOWN if unknown and name not in _BUILTINS else None

    def binding(self, binding: Binding, code: Code) -> Values:
        """What one binding gives its name."""
        match binding.kind:
            case "assign" | "with" | "for":
                return self._assigned(binding, code)
            case "annotate":
                return NOTHING if binding.annotation is None else self.annotated(binding.annotation, code)
            case "import":
                return self.imported(binding.imported, code.module) if binding.imported else UNKNOWN
            case "def":
                return self._defined(code.module.codes[binding.scope or 0], code)
            case "class":
                return one(ClassOf(code.module.codes[binding.scope or 0]))
            case "parameter":
                return self._parameter(binding, code)
            case "delete":
                return NOTHING
            case "augment" if binding.value is not None:
                added = self.values(binding.value, code)
                return Values(tuple(v for v in added if isinstance(v, Container)), False)
            case _:
                return UNKNOWN

    def _assigned(self, binding: Binding, code: Code) -> Values:
        parts: list[Values] = []
        if binding.annotation is not None:
            parts.append(self.annotated(binding.annotation, code))
        if binding.value is not None:
            if binding.kind == "for":
                given = self.elements.of(binding.value, code, binding.path)
            elif binding.kind == "with":
                given = self.elements.entered(binding.value, code)
            else:
                given = self.elements.at_path(binding.value, code, binding.path)
            if parts and parts[0].items:
                return union((parts[0], Values(given.items, True)))
            parts.append(given)
        return union(parts) if parts else UNKNOWN

    def imported(self, imported: Import, module: Module) -> Values:
        """What an import binds its name to."""
        target = module.absolute(imported)
        near = module.source
        if imported.name is None:
            return self.dotted(target if imported.whole else target.partition(".")[0], near)
        source = self.project.module(target, near)
        if source is not None:
            if source is not module or imported.name not in module.body.scope.bindings:
                found = self.namespace(source, imported.name)
                if found is not None and (found.items or not self.project.knows(f"{target}.{imported.name}", near)):
                    return found
            inner = f"{target}.{imported.name}"
            return self.dotted(inner, near) if self.project.knows(inner, near) else UNKNOWN
        if self.project.knows(target, near):
            return self.dotted(f"{target}.{imported.name}", near)
        if imported.level:
            return UNKNOWN
        return one(Library(self.roles.canonical(f"{target}.{imported.name}")))

    def dotted(self, name: str, importer: SourceFile | None = None) -> Values:
        """The module, package or library thing of that dotted name, as a file would import it."""
        module = self.project.module(name, importer)
        if module is not None:
            return one(ModuleOf(module))
        if self.project.knows(name, importer):
            return one(Namespace(name))
        return one(Library(self.roles.canonical(name)))

    # functions and parameters

    def _keeps(self, decorator: Expression, code: Code) -> str:
        """What a decorator leaves of a function: see `Roles.keeps`; `""` where that is unknown."""
        inner = decorator.function if isinstance(decorator, Call) else decorator
        if isinstance(inner, Attribute) and inner.attr in ("setter", "getter", "deleter"):
            return "property"
        for value in self.values(inner, code):
            if isinstance(value, Bound):
                value = value.function
            if isinstance(value, Library):
                kept = self.roles.keeps(value.name)
                if kept:
                    return kept
                return ""
            if isinstance(value, Function):
                return self._keeps_inside(value.code, isinstance(decorator, Call))
        return ""

    def _keeps_inside(self, decorator: Code, called: bool) -> str:
        """A project decorator keeps the function if it returns it, or a wrapper marked with `wraps`."""
        layers = decorator.children if called else []
        for maker in (decorator, *layers):
            own = {p.name for p in maker.scope.parameters}
            for returned in maker.scope.returned:
                value = returned.value
                if isinstance(value, Name) and value.id in own and maker.scope.kind == "function":
                    return "same"
                if isinstance(value, Name):
                    for child in maker.children:
                        if child.scope.name == value.id and not child.is_async and any(
                            self._keeps(d, maker) == "same" for d in child.scope.decorators
                        ):
                            return "same"
        return ""

    def _defined(self, code: Code, around: Code) -> Values:
        kinds = [self._keeps(d, around) for d in code.scope.decorators]
        if not kinds:
            return one(Function(code))
        if any(not kind for kind in kinds):
            return UNKNOWN
        return one(Function(code))

    def method_kind(self, code: Code) -> str:
        """`property`, `static`, `class`, `context` or `""` by a function's decorators."""
        for decorator in code.scope.decorators:
            kept = self._keeps(decorator, code.parent or code)
            if kept in ("property", "static", "class", "context"):
                return kept
        return ""

    def _parameter(self, binding: Binding, code: Code) -> Values:
        scope = code.scope
        index = next((i for i, p in enumerate(scope.parameters) if p.name == binding.name), -1)
        if index < 0:
            return UNKNOWN
        parameter = scope.parameters[index]
        if parameter.kind in ("args", "kwargs"):
            kind = "builtins.tuple" if parameter.kind == "args" else "builtins.dict"
            return one(Instance(Library(kind)))
        parts: list[Values] = []
        if parameter.annotation is not None:
            declared = self.annotated(parameter.annotation, code)
            if declared.items:
                return declared
        if parameter.default is not None and code.parent is not None:
            default = self.values(parameter.default, code.parent)
            parts.append(Values(tuple(v for v in default if v != Literal(None)), default.whole))
        parts += self.passed(code, parameter)
        found = union(parts)
        return Values(found.items, False)

    def passed(self, code: Code, parameter: Parameter) -> Iterable[Values]:
        """What every known call of `code` passes for one of its parameters."""
        for call, caller, callee in self.callers.get(code, ()):
            given = matching(call, code, parameter, is_bound=isinstance(callee, (Bound, ClassOf, Instance)))
            if given is not None:
                yield self.values(given, caller)

    def annotated(self, annotation: Expression, code: Code) -> Values:
        """Instances of what an annotation names; nothing known for what it does not name plainly."""
        return self.elements.annotated(annotation, code)

    def returns(self, code: Code) -> Values:
        """What calling a function gives when its body has run."""
        known = self._returns.get(code)
        if known is not None:
            return known
        self._returns[code] = UNKNOWN
        parts = [
            self.values(returned.value, code) if returned.value is not None else one(Literal(None))
            for returned in code.scope.returned
        ]
        found = union(parts) if parts else one(Literal(None))
        if not found.whole and code.scope.returns is not None:
            declared = self.annotated(code.scope.returns, code)
            found = union((Values(found.items, True), declared)) if declared.items else found
        self._returns[code] = found
        return found

    # attributes

    def lineage(self, cls: Code) -> tuple[tuple[Code, ...], tuple[str, ...], bool]:
        """Project classes, library bases and whether all bases are known: see `classes.lineage`."""
        if cls not in self._lineages:
            self._lineages[cls] = ((cls,), (), False)
            self._lineages[cls] = lineage(self, cls)
        return self._lineages[cls]

    def attribute(self, value: Value, attr: str) -> Values:
        """What `value.attr` may be."""
        match value:
            case Library(name=name):
                return one(Library(self.roles.canonical(f"{name}.{attr}")))
            case ModuleOf(module=module):
                found = self.namespace(module, attr)
                dotted = f"{module.name}.{attr}"
                if found is None or not found.items:
                    return self.dotted(dotted) if self.project.knows(dotted) else found or UNKNOWN
                return found
            case Namespace(name=name):
                dotted = f"{name}.{attr}"
                return self.dotted(dotted) if self.project.knows(dotted) else UNKNOWN
            case ClassOf(code=cls):
                return self._member(value, self.lineage(cls)[0], attr)
            case Instance(of=ClassOf(code=cls)):
                return self._member(value, self.lineage(cls)[0], attr)
            case Instance(of=Library(name=name)):
                return one(Bound(Library(self.library_method(self.roles.ancestry(name), attr)), value))
            case Parent(code=cls, owner=owner):
                return self._member(owner, self.lineage(cls)[0][1:], attr)
            case Container() | Literal():
                made = Instance(Library(self.type_name(value)))
                return one(Bound(Library(f"{self.type_name(value)}.{attr}"), made))
            case _:
                return UNKNOWN

    def library_method(self, ancestry: tuple[str, ...], attr: str) -> str:
        """The dotted name under which a method of a library class (or its bases) is known."""
        names = [self.roles.canonical(f"{name}.{attr}") for name in ancestry]
        return next((name for name in names if self._is_known(name)), names[0])

    def _member(self, owner: Value, codes: tuple[Code, ...], attr: str) -> Values:
        assert isinstance(owner, (Instance, ClassOf))
        parts: list[Values] = []
        for cls in codes:
            for access, code in attribute_writes(cls).get(attr, ()):
                parts.append(self._written(access.value, access.annotation, code))
        for _, bindings in class_bindings(codes, attr):
            parts += [self._class_attribute(owner, binding, _) for binding in bindings]
            break
        if parts:
            return union(parts)
        if codes:
            _, libraries, known = self.lineage(codes[0])
            if libraries:
                name = self.library_method(libraries, attr)
                return Values((Bound(Library(name), owner),), known)
        return UNKNOWN

    def _written(self, value: Expression | None, annotation: Expression | None, code: Code) -> Values:
        declared = self.annotated(annotation, code) if annotation is not None else NOTHING
        if value is None:
            return declared if declared.items else UNKNOWN
        given = self.values(value, code)
        return union((declared, Values(given.items, True))) if declared.items else given

    def _class_attribute(self, owner: Instance | ClassOf, binding: Binding, cls: Code) -> Values:
        if binding.kind != "def":
            return self.binding(binding, cls)
        method = cls.module.codes[binding.scope or 0]
        kind = self.method_kind(method)
        if kind == "property":
            return self.returns(method) if isinstance(owner, Instance) else UNKNOWN
        found = self._defined(method, cls)
        if kind == "static" or not found.items:
            return found
        if kind == "class":
            of = owner.of if isinstance(owner, Instance) and isinstance(owner.of, ClassOf) else owner
            return one(Bound(Function(method), of if isinstance(of, ClassOf) else owner))
        return one(Bound(Function(method), owner)) if isinstance(owner, Instance) else found

    def property_of(self, value: Value, attr: str) -> Code | None:
        """The function that reading `value.attr` runs, if that is a property of a project class."""
        if not isinstance(value, Instance) or not isinstance(value.of, ClassOf):
            return None
        for cls, bindings in class_bindings(self.lineage(value.of.code)[0], attr):
            getter = bindings[0]
            if getter.kind == "def" and getter.scope is not None:
                method = cls.module.codes[getter.scope]
                return method if self.method_kind(method) == "property" else None
            return None
        return None

    # calls

    def _result(self, call: Call, code: Code) -> Values:
        return self._spread(self.values(call.function, code), lambda v: self._called(v, call, code))

    def _called(self, callee: Value, call: Call, code: Code) -> Values:
        site = Site(code, call)
        match callee:
            case ClassOf():
                return one(Instance(callee, site))
            case Function(code=function) | Bound(function=Function(code=function)):
                if function.scope.is_generator:
                    return one(Container("generator", function, call))
                if function.is_async:
                    return one(Coroutine(function, site))
                return self.returns(function)
            case Library(name=name):
                return self._library_result(name, call, code, site)
            case Bound(function=Library(name=name), owner=owner):
                returned = self.roles.returns(name)
                if returned == "self" or name.endswith(".__enter__"):
                    return one(owner)
                if name.endswith(".copy") and isinstance(owner, Instance):
                    return one(owner)
                if self.roles.class_role(name) is not None:
                    return one(Instance(Library(name), site))
                return one(Instance(Library(returned), site)) if returned else UNKNOWN
            case Partial(work=work):
                return self._called(work, call, code)
            case Instance(of=ClassOf(code=cls)):
                return self._spread(
                    self._member(callee, self.lineage(cls)[0], "__call__"),
                    lambda v: UNKNOWN if v == callee else self._called(v, call, code),
                )
            case _:
                return UNKNOWN

    def _library_result(self, name: str, call: Call, code: Code, site: Site) -> Values:
        plain = [a.value for a in call.arguments if a.keyword is None and not a.star]
        if name == "functools.partial" and plain:
            works = self.values(plain[0], code)
            return Values(tuple(Partial(work, call, code) for work in works), works.whole)
        if name == "builtins.super":
            cls = code.enclosing_class
            return one(Parent(cls, Instance(ClassOf(cls)))) if cls is not None else UNKNOWN
        if name == "builtins.getattr" and len(plain) >= 2 and isinstance(plain[1], Constant):
            attr = plain[1].value
            if isinstance(attr, str):
                return self._spread(self.values(plain[0], code), lambda v: self.attribute(v, attr))
        if name in _CONTAINERS:
            return one(Container(name.rpartition(".")[2], code, call))
        if self.roles.class_role(name) is not None:
            return one(Instance(Library(name), site))
        returned = self.roles.returns(name)
        if returned == "@awaited" and plain:
            return self._spread(self.values(plain[0], code), self._awaited)
        if returned == "builtins.NoneType":
            return one(Literal(None))
        if returned:
            return one(Instance(Library(returned), site))
        last = name.rpartition(".")[2]
        if last[:1].isupper() and not last.isupper():
            return one(Instance(Library(name), site))
        return UNKNOWN
