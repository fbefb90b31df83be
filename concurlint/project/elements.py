"""What is inside things: elements of containers, what `with` gives, what an annotation promises."""

from __future__ import annotations

from collections.abc import Sequence

from concurlint.catalog.traits import listed, may
from concurlint.facts.syntax import (
    Attribute,
    Binary,
    Call,
    Collection,
    Comprehension,
    Constant,
    Expression,
    Item,
    Name,
    Slice,
    Star,
    Table,
)
from concurlint.project.classes import holder, is_self
from concurlint.project.inference import Inference
from concurlint.project.modules import Code
from concurlint.project.values import (
    NOTHING,
    UNKNOWN,
    Bound,
    ClassOf,
    Container,
    Function,
    Instance,
    Library,
    Value,
    Values,
    one,
    union,
)


class Elements:
    """Looks into containers on behalf of an `Evaluator`."""

    def __init__(self, evaluator: Inference) -> None:
        self._evaluator = evaluator
        self._active: set[tuple[int, int]] = set()
        self._makings: dict[int, Call] = {}
        self._put: dict[Code, Sequence[tuple[Expression, Expression]]] = {}

    def of(self, iterable: Expression, code: Code, path: tuple[int, ...] = ()) -> Values:
        """What iterating over an expression gives, and then unpacking it by `path`."""
        key = (id(iterable), id(code))
        if key in self._active:
            self._evaluator.doubts += 1
            return UNKNOWN
        self._active.add(key)
        try:
            return self._of(iterable, code, path)
        finally:
            self._active.discard(key)

    def _of(self, iterable: Expression, code: Code, path: tuple[int, ...]) -> Values:
        evaluator = self._evaluator
        if isinstance(iterable, Call):
            function = iterable.function
            inner = [a.value for a in iterable.arguments if a.keyword is None and not a.star]
            for value in evaluator.values(function, code):
                name = value.name if isinstance(value, Library) else ""
                if listed("same-items", name) and inner:
                    return self.of(inner[0], code, path)
                if name == "builtins.enumerate" and inner and path[:1] == (1,):
                    return self.of(inner[0], code, path[1:])
                if name == "builtins.zip" and path and 0 <= path[0] < len(inner):
                    return self.of(inner[path[0]], code, path[1:])
                if name == "builtins.range":
                    return one(Instance(Library("builtins.int")))
            if isinstance(function, Attribute) and may("same-items", function.attr) and not inner:
                return self.of(function.value, code, path)
            if isinstance(function, Attribute) and function.attr == "items" and path[:1] == (1,):
                return self.of(function.value, code, path[1:])
        parts = [self._inside(v, path) for v in evaluator.values(iterable, code).used()]
        parts.append(self._added(iterable, code) if not path else NOTHING)
        found = union(parts)
        return found if found.items else UNKNOWN

    def _inside(self, value: Value, path: tuple[int, ...]) -> Values:
        evaluator = self._evaluator
        if not isinstance(value, Container):
            return self._by_default(value) if not path else UNKNOWN
        origin, code = value.origin, value.code
        if value.annotated:
            if isinstance(origin, Item):
                index = [i for i in origin.index if not _is_ellipsis(i)]
                return self.annotated(index[-1], code) if index and not path else UNKNOWN
            return UNKNOWN
        match origin:
            case Collection(items=items):
                if any(isinstance(item, Star) for item in items):
                    return union([self.at_path(i, code, path) for i in items if not isinstance(i, Star)] + [UNKNOWN])
                return union(self.at_path(item, code, path) for item in items)
            case Comprehension(kind="dict", results=results):
                return self.at_path(results[1], code, path)
            case Comprehension(results=results):
                return self.at_path(results[0], code, path)
            case Table(values=values):
                return union(self.at_path(item, code, path) for item in values)
            case Call() if value.kind == "generator":
                return union(evaluator.values(y.value, code) for y in code.scope.yielded if y.value is not None)
            case Call(arguments=arguments) if arguments and not arguments[0].star:
                return self.of(arguments[0].value, code, path)
            case Call():
                return NOTHING
        return UNKNOWN

    def _by_default(self, value: Value) -> Values:
        """What a `defaultdict` makes for a key that it has not."""
        made = value.site.call if isinstance(value, Instance) and value.site is not None else None
        if not isinstance(value, Instance) or value.site is None or not isinstance(made, Call) or not made.arguments:
            return UNKNOWN
        if self._evaluator.type_name(value) != "collections.defaultdict":
            return UNKNOWN
        code, factory = value.site.code, made.arguments[0].value
        call = self._makings.setdefault(id(made), Call(factory, (), factory.at))  # by another call for each key
        found = self._evaluator.values(factory, code)
        return self._evaluator.spread(found, lambda one: self._evaluator.calling.called(one, call, code))

    def _added(self, target: Expression, code: Code) -> Values:
        """What `target.append(x)`, `target.add(x)` … and `target[k] = x` put in elsewhere."""
        return union(
            self._evaluator.values(put, other)
            for other in self._sharers(target, code)
            for into, put in self._puts(other)
            if _same(into, target)
        )

    def _puts(self, code: Code) -> Sequence[tuple[Expression, Expression]]:
        """What the code puts into containers: the container as it is spelled, and the item."""
        if code not in self._put:
            found: list[tuple[Expression, Expression]] = []
            for site in code.scope.calls:
                function = site.call.function
                if isinstance(function, Attribute) and may("adds-item", function.attr) and site.call.arguments:
                    if not site.call.arguments[-1].star:
                        found.append((function.value, site.call.arguments[-1].value))
            for access in code.scope.accesses:
                if access.kind == "write" and isinstance(access.target, Item) and access.value is not None:
                    found.append((access.target.value, access.value))
            self._put[code] = found
        return self._put[code]

    def _sharers(self, target: Expression, code: Code) -> tuple[Code, ...]:
        """The code objects in which the same spelling means the same container."""
        if isinstance(target, Name):
            home = holder(code, target.id)
            if home is None:
                return tuple(code.module.codes)
            return tuple(home.family())
        if isinstance(target, Attribute) and isinstance(target.value, Name):
            cls = is_self(code, target.value.id)
            if cls is not None:
                return tuple(cls.family())
        return ()

    def at_path(self, expression: Expression, code: Code, path: tuple[int, ...]) -> Values:
        """The value of an expression, unpacked by position."""
        if not path:
            return self._evaluator.values(expression, code)
        if isinstance(expression, Collection):
            if 0 <= path[0] < len(expression.items) and not any(
                isinstance(item, Star) for item in expression.items[: path[0] + 1]
            ):
                return self.at_path(expression.items[path[0]], code, path[1:])
            return UNKNOWN
        parts: list[Values] = []
        for value in self._evaluator.values(expression, code):
            if isinstance(value, Container) and isinstance(value.origin, Collection) and not value.annotated:
                parts.append(self.at_path(value.origin, value.code, path))
        return union(parts) if parts else UNKNOWN

    def item(self, item: Item, code: Code) -> Values:
        """What a subscription gives: the very element for a constant index, else any element."""
        evaluator = self._evaluator
        values = evaluator.values(item.value, code).used()
        if any(isinstance(v, (Library, ClassOf)) for v in values):
            return values
        index = item.index[0] if len(item.index) == 1 else None
        if isinstance(index, Slice):
            return values
        if isinstance(index, Constant):
            exact = [self._exactly(value, index) for value in values if isinstance(value, Container)]
            if exact and all(found is not None for found in exact):
                return union(found for found in exact if found is not None)
        made = [self._picked(value, index, code) for value in values]
        if made and all(made):
            return Values(tuple(Instance(Library(name)) for name in dict.fromkeys(made)), values.whole)
        return self.of(item.value, code)

    def _picked(self, value: Value, index: Expression | None, code: Code) -> str:
        """The type of an item of a library object; a frame has another one for several columns or a mask of rows."""
        evaluator = self._evaluator
        function = value.function if isinstance(value, Bound) else None
        owner = function.name if isinstance(function, Library) else evaluator.type_name(value)
        several = evaluator.roles.returns(f"{owner}.__getitem__[many]")
        if several and index is not None:
            kinds = {evaluator.type_name(v) for v in evaluator.values(index, code)}
            many = isinstance(index, (Collection, Slice)) or (kinds and kinds <= {"builtins.bool", "builtins.list"})
            if many or (isinstance(index, Binary) and index.operator in ("BitAnd", "BitOr")):
                return several
            if not kinds or not kinds <= {"builtins.str", "builtins.int"}:
                return ""
        return evaluator.roles.returns(f"{owner}.__getitem__")

    def _exactly(self, container: Container, index: Constant) -> Values | None:
        origin, code = container.origin, container.code
        if isinstance(origin, Collection) and isinstance(index.value, int):
            if -len(origin.items) <= index.value < len(origin.items):
                if not any(isinstance(item, Star) for item in origin.items):
                    return self._evaluator.values(origin.items[index.value], code)
        if isinstance(origin, Table):
            for key, value in zip(origin.keys, origin.values, strict=True):
                if isinstance(key, Constant) and key.value == index.value:
                    return self._evaluator.values(value, code)
        return None

    def entered(self, manager: Expression, code: Code) -> Values:
        """What `with manager as x` binds x to."""
        evaluator = self._evaluator
        parts: list[Values] = []
        if isinstance(manager, Call):
            for value in evaluator.values(manager.function, code):
                inner = value.function if isinstance(value, Bound) else value
                if isinstance(inner, Function) and evaluator.method_kind(inner.code) == "context":
                    yields = [y.value for y in inner.code.scope.yielded if y.value is not None]
                    parts += [evaluator.values(y, inner.code) for y in yields]
        if parts:
            return union(parts)
        found = evaluator.values(manager, code).used()
        for value in found:
            if isinstance(value, Instance) and isinstance(value.of, ClassOf):
                for name in ("__enter__", "__aenter__"):
                    for method in evaluator.attribute(value, name):
                        if isinstance(method, Bound) and isinstance(method.function, Function):
                            parts.append(evaluator.calling.of_method(method.function.code, value))
            elif isinstance(value, Instance) and evaluator.kind(value) == "null-context":
                parts.append(self._enclosed(value))
            elif isinstance(value, Instance):
                parts.append(one(value))
        return union(parts) if parts else UNKNOWN

    def _enclosed(self, value: Instance) -> Values:
        """What a context manager that does nothing was made with."""
        made = value.site.call if value.site is not None else None
        if value.site is None or not isinstance(made, Call):
            return UNKNOWN
        return self._evaluator.values(made.arguments[0].value, value.site.code) if made.arguments else NOTHING

    def annotated(self, annotation: Expression, code: Code) -> Values:
        """Instances of the classes an annotation names."""
        key = (id(annotation), id(code))
        if key in self._active:  # a name annotated with itself
            self._evaluator.doubts += 1
            return UNKNOWN
        self._active.add(key)
        try:
            return self._annotated(annotation, code)
        finally:
            self._active.discard(key)

    def _annotated(self, annotation: Expression, code: Code) -> Values:
        match annotation:
            case Constant(value=None):
                return NOTHING
            case Binary(operator="BitOr", left=left, right=right):
                return union((self.annotated(left, code), self.annotated(right, code)))
            case Item(value=value, index=index):
                name = value.attr if isinstance(value, Attribute) else value.id if isinstance(value, Name) else ""
                if may("annotates-value", name):
                    parts = index[:1] if name == "Annotated" else index
                    return union(self.annotated(part, code) for part in parts)
                if may("annotates-items", name):
                    return one(Container(name.lower(), code, annotation, annotated=True))
                return self.annotated(value, code)
            case Name() | Attribute():
                return self._instances(self._evaluator.values(annotation, code))
        return UNKNOWN

    def _instances(self, classes: Values) -> Values:
        found: list[Value] = []
        for value in classes:
            if isinstance(value, ClassOf):
                found.append(Instance(value))
            elif isinstance(value, Library):
                last = value.name.rpartition(".")[2]
                if may("annotates-nothing", last):
                    return UNKNOWN
                found.append(Instance(value))
            elif isinstance(value, Instance):
                return UNKNOWN
        return Values(tuple(found), classes.whole)


def _is_ellipsis(expression: Expression) -> bool:
    return isinstance(expression, Collection) and not expression.items


def _same(one_expression: Expression, other: Expression) -> bool:
    """Whether two expressions are the same dotted spelling."""
    if isinstance(one_expression, Name) and isinstance(other, Name):
        return one_expression.id == other.id
    if isinstance(one_expression, Attribute) and isinstance(other, Attribute):
        return one_expression.attr == other.attr and _same(one_expression.value, other.value)
    return False
