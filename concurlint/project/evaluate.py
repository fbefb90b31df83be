"""The small type inference: what an expression may stand for, followed through names, attributes and calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from concurlint.catalog.kinds import kinds_with
from concurlint.catalog.roles import Roles
from concurlint.facts.records import Binding, Parameter
from concurlint.facts.syntax import (
    Attribute,
    Await,
    Binary,
    Call,
    Choice,
    Collection,
    Compare,
    Comprehension,
    Constant,
    Expression,
    Item,
    Lambda,
    Logic,
    Name,
    Star,
    Table,
    Text,
    Unary,
    Walrus,
)
from concurlint.project.arguments import innermost, matching, merged, standing
from concurlint.project.attributes import Attributes
from concurlint.project.calling import Calling
from concurlint.project.classes import lineage
from concurlint.project.decorating import Decorating
from concurlint.project.elements import Elements
from concurlint.project.modules import Code, Project
from concurlint.project.naming import Naming
from concurlint.project.operators import combined
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
    Site,
    Value,
    Values,
    one,
    union,
)

_DEEPEST = 60


class Evaluator:
    """Answers what expressions stand for; each answer is kept.

    `callers` maps a function to the calls known to reach it; parameters are bound through it once the
    call graph has been built. `is_known` tells whether the catalogue has a fact on a dotted name.
    """

    def __init__(self, project: Project, roles: Roles, is_known: Callable[[str], bool]) -> None:
        self.project = project
        self.roles = roles
        self.callers: dict[Code, list[tuple[Call, Code, Value]]] = {}
        self.is_known = is_known
        self._memo: dict[tuple[int, int], Values] = {}
        self._open: set[tuple[int, int]] = set()  # of these answers, those that may be others in the next round
        self._open_returns: set[Code] = set()
        self._lasting: list[Expression] = []  # what the others are of, for an answer is known by whose it is
        self.doubts = 0  # how often something was asked that may be answered otherwise later
        self._active: set[tuple[int, int]] = set()
        self._returns: dict[Code, Values] = {}
        self._lineages: dict[Code, tuple[tuple[Code, ...], tuple[str, ...], bool]] = {}
        self._open_lineages: set[Code] = set()  # those that are being worked out
        self._depth = 0
        self.elements = Elements(self)
        self.attributes = Attributes(self)
        self.calling = Calling(self)
        self.decorating = Decorating(self)
        self.naming = Naming(self)

    def forget(self) -> None:
        """Drop what depends on callers, because more of these are known now."""
        for key in self._open:
            self._memo.pop(key, None)
        for code in self._open_returns:
            self._returns.pop(code, None)
        self._open.clear()
        self._open_returns.clear()

    # expressions

    def values(self, expression: Expression, code: Code) -> Values:
        """What `expression`, standing in `code`, may be."""
        key = (id(expression), id(code))
        known = self._memo.get(key)
        if known is not None:
            if key in self._open:
                self.doubts += 1
            return known
        if key in self._active or self._depth > _DEEPEST:
            self.doubts += 1
            return UNKNOWN
        self._active.add(key)
        self._depth += 1
        doubts = self.doubts
        try:
            found = self._values(expression, code)
        finally:
            self._active.discard(key)
            self._depth -= 1
        self._memo[key] = found
        if self.doubts != doubts:
            self._open.add(key)
        elif not self.callers:
            self._lasting.append(expression)
        return found

    def _values(self, expression: Expression, code: Code) -> Values:
        match expression:
            case Name(id=name):
                return self.naming.name(code, name)
            case Attribute(value=value, attr=attr):
                return self.spread(self.values(value, code).used(), lambda v: self.attributes.attribute(v, attr))
            case Call():
                return self.calling.result(expression, code)
            case Constant(value=value):
                return one(Literal(value))
            case Text():
                return one(Instance(Library("builtins.str"), Site(code, expression)))
            case Binary(operator=operator, left=left, right=right):
                return combined(self, operator, self.values(left, code), self.values(right, code))
            case Compare() | Unary(operator="Not"):
                return one(Instance(Library("builtins.bool")))
            case Unary(operand=operand):
                return self.values(operand, code)
            case Logic(operator=operator, values=parts):
                options = [self.values(part, code) for part in parts]
                if operator == "or":
                    first = tuple(v for v in options[0] if v != Literal(None))
                    options[0] = Values(first, options[0].whole)
                return union(options)
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
                return self.spread(self.values(value, code).used(), self.awaited)
            case Walrus(value=value) | Star(value=value):
                return self.values(value, code)
            case _:
                return UNKNOWN

    @staticmethod
    def spread(values: Values, each: Callable[[Value], Values]) -> Values:
        if not values.items:
            return values
        found = union(each(value) for value in values)
        return found if values.whole else Values(found.items, False)

    def awaited(self, value: Value) -> Values:
        if isinstance(value, Coroutine):
            return self.returns(value.function)
        if isinstance(value, Instance) and isinstance(value.of, Library):
            kind = self.roles.kind(value.of.name)
            return UNKNOWN if kind in kinds_with("future") else one(value)
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

    def binding(self, binding: Binding, code: Code) -> Values:
        """What one binding gives its name."""
        match binding.kind:
            case "assign" | "with" | "for":
                return self._assigned(binding, code)
            case "annotate":
                return NOTHING if binding.annotation is None else self.annotated(binding.annotation, code)
            case "import":
                return self.naming.imported(binding.imported, code.module) if binding.imported else UNKNOWN
            case "def":
                return self.decorating.defined(code.module.codes[binding.scope or 0], code)
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

    def name(self, code: Code, name: str) -> Values:
        """See `Naming.name`."""
        return self.naming.name(code, name)

    # functions and parameters

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
                return self._told_apart(declared, code, parameter)
        if parameter.default is not None and code.parent is not None:
            default = self.values(parameter.default, code.parent)
            parts.append(Values(tuple(v for v in default if v != Literal(None)), default.whole))
        parts += self.passed(code, parameter)
        found = union(parts)
        return Values(found.items, False)

    def _told_apart(self, declared: Values, code: Code, parameter: Parameter) -> Values:
        """Locks, queues and their like as those that callers pass: an annotation says what it is, not which one."""
        kinds = {self.kind(v) for v in declared if isinstance(v, Instance) and isinstance(v.of, Library)} - {""}
        if not kinds:
            return declared
        passed = [v for values in self.passed(code, parameter) for v in values if _is_made(v) and self.kind(v) in kinds]
        others = [v for v in declared if not passed or self.kind(v) not in kinds]
        return Values(tuple(dict.fromkeys([*passed, *others])), declared.whole)

    def passed(self, code: Code, parameter: Parameter) -> Iterable[Values]:
        """What every known call of `code` passes for one of its parameters."""
        self.doubts += 1
        for call, caller, callee in self.callers.get(code, ()):
            work = innermost(callee)
            given = matching(
                merged(callee, call), code, parameter, is_bound=isinstance(work, (Bound, ClassOf, Instance))
            )
            if given is not None:
                yield self.values(given, standing(given, callee, caller))

    def annotated(self, annotation: Expression, code: Code) -> Values:
        """Instances of what an annotation names; nothing known for what it does not name plainly."""
        return self.elements.annotated(annotation, code)

    def returns(self, code: Code) -> Values:
        """What calling a function gives when its body has run."""
        known = self._returns.get(code)
        if known is not None:
            if code in self._open_returns:
                self.doubts += 1
            return known
        self._returns[code] = UNKNOWN
        self._open_returns.add(code)
        doubts = self.doubts
        parts = [
            self.values(returned.value, code) if returned.value is not None else one(Literal(None))
            for returned in code.scope.returned
        ]
        found = union(parts) if parts else one(Literal(None))
        if not (found.whole and parts) and code.scope.returns is not None:
            declared = self.annotated(code.scope.returns, code)
            if declared.items:  # a body without any `return` is an abstract method's or a protocol's
                found = union((Values(found.items, True), declared)) if parts else declared
        self._returns[code] = found
        if self.doubts == doubts:
            self._open_returns.discard(code)
        return found

    def method_kind(self, code: Code) -> str:
        """See `Decorating.method_kind`."""
        return self.decorating.method_kind(code)

    # attributes

    def attribute(self, value: Value, attr: str) -> Values:
        """See `Attributes.attribute`."""
        return self.attributes.attribute(value, attr)

    def property_of(self, value: Value, attr: str) -> Code | None:
        """See `Attributes.property_of`."""
        return self.attributes.property_of(value, attr)

    def lineage(self, cls: Code) -> tuple[tuple[Code, ...], tuple[str, ...], bool]:
        """Project classes, library bases and whether all bases are known: see `classes.lineage`."""
        if cls not in self._lineages:
            self._lineages[cls] = ((cls,), (), False)
            self._open_lineages.add(cls)
            self._lineages[cls] = lineage(self, cls)
            self._open_lineages.discard(cls)
        elif cls in self._open_lineages:
            self.doubts += 1
        return self._lineages[cls]


def _is_made(value: Value) -> bool:
    """Whether it is seen where the object was made."""
    return isinstance(value, Instance) and value.site is not None
