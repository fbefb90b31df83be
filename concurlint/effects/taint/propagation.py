"""Where the parts of a string come from: constants, quoted or numeric values, or outside the program."""

from __future__ import annotations

from collections.abc import Iterable

from concurlint.catalog.tables import line
from concurlint.catalog.traits import has, may
from concurlint.effects.calls.arguments import star_parameter
from concurlint.effects.program import Program
from concurlint.effects.taint.domain import (
    SAFE,
    UNKNOWN,
    Frame,
    Piece,
    composed,
    constant_text,
    either,
    harmless,
    literals,
    shown,
)
from concurlint.effects.taint.sources import TaintSources
from concurlint.effects.taint.templates import Slot, format_parts, is_number_spec, percent_parts
from concurlint.facts.syntax import (
    Argument,
    Attribute,
    Await,
    Binary,
    Call,
    Choice,
    Collection,
    Comprehension,
    Constant,
    Expression,
    Formatted,
    Item,
    Logic,
    Name,
    Star,
    Table,
    Text,
    Walrus,
)
from concurlint.project.callgraph import library_name
from concurlint.project.modules import Code
from concurlint.project.values import Bound, Container, Function, Value

_QUOTES = {"'", '"', "\\"}
_DEEPEST = 48
_MOST_STEPS = 4000


class TaintPropagation:
    """Follows strings back to where their parts come from."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._evaluator = program.evaluator
        self._roles = program.roles
        self.origins = TaintSources(self, program)
        self._active: set[tuple[int, ...]] = set()
        self.frames: list[Frame] = []
        self._steps = 0

    def pieces(self, expression: Expression, code: Code) -> tuple[Piece, ...]:
        """The parts of the string an expression makes, in order."""
        if not self._active:
            self._steps = 0
        self._steps += 1
        key = (id(expression), id(code), *(id(call) for _, call, _, _ in self.frames))
        if key in self._active or len(self._active) > _DEEPEST or self._steps > _MOST_STEPS:
            return (UNKNOWN,)
        self._active.add(key)
        try:
            return tuple(self._pieces(expression, code))
        finally:
            self._active.discard(key)

    def _pieces(self, expression: Expression, code: Code) -> Iterable[Piece]:
        match expression:
            case Constant(value=value):
                return (Piece("constant", value if isinstance(value, str) else shown(value)),)
            case Text(parts=parts):
                return composed(self._all(parts, code)) if len(parts) > 1 else self._all(parts, code)
            case Formatted(value=value, spec=spec):
                return (SAFE,) if is_number_spec(spec) else self.pieces(value, code)
            case Binary(operator="Add", left=left, right=right):
                return composed((*self.pieces(left, code), *self.pieces(right, code)))
            case Binary(operator="Modulo", left=left, right=right):
                return composed(self._percent(left, right, code))
            case Binary(operator="Divide", left=left, right=right):
                return composed((*self.pieces(left, code), Piece("constant", "/"), *self.pieces(right, code)))
            case Choice(body=body, orelse=orelse):
                return either([self.pieces(body, code), self.pieces(orelse, code)])
            case Logic(values=values):
                return either([self.pieces(v, code) for v in values])
            case Await(value=value) | Walrus(value=value) | Star(value=value):
                return self.pieces(value, code)
            case Collection(items=items):
                return self._all(items, code)
            case Table(values=items):
                return either([self.pieces(item, code) for item in items])
            case Comprehension(results=results):
                return harmless(self.pieces(results[-1], code))
            case Call(function=function, arguments=(Argument(value=Constant(value=key)), *_)) if self._is_set(
                function, key, code
            ):
                return (SAFE,)
            case Item(value=value, index=(Constant(value=key),)) if self._is_set(value, key, code):
                return (SAFE,)
            case Call():
                return self._call(expression, code)
            case Item(value=value):
                return self._item(expression, value, code)
            case Name():
                return self.origins.of_name(expression, code)
            case Attribute():
                return self.origins.of_attribute(expression, code)
        return (UNKNOWN,)

    def _is_set(self, asked: Expression, key: object, code: Code) -> bool:
        """Whether an environment is asked for what the system itself sets there."""
        names = (library_name(value) for value in self._evaluator.values(asked, code))
        return isinstance(key, str) and any(key.lower() in (line("system_variables", n) or ()) for n in names if n)

    def _all(self, parts: Iterable[Expression], code: Code) -> tuple[Piece, ...]:
        return tuple(piece for part in parts for piece in self.pieces(part, code))

    def is_number(self, expression: Expression, code: Code) -> bool:
        """Whether all that is known of an expression is that it is a number."""
        return self.are_numbers(self._evaluator.values(expression, code))

    def are_numbers(self, values: Iterable[Value]) -> bool:
        """Whether values are numbers or booleans, and there is at least one."""
        types = {self._evaluator.type_name(value) for value in values}
        return bool(types) and all(self._roles.kind(name) == "number" for name in types)

    # templates

    def _percent(self, left: Expression, right: Expression, code: Code) -> Iterable[Piece]:
        named: dict[int | str, Expression]
        if isinstance(right, Table):
            named = {
                str(key.value): value
                for key, value in zip(right.keys, right.values, strict=True)
                if isinstance(key, Constant)
            }
        else:
            items = right.items if isinstance(right, Collection) and right.kind == "tuple" else (right,)
            named = dict(enumerate(items))
        template = constant_text(self.pieces(left, code))
        if template is None:
            return self._into_unknown(left, named.values(), code)
        return self._filled(percent_parts(template), named, (right,), code)

    def _format(self, function: Attribute, call: Call, code: Code) -> Iterable[Piece]:
        template = constant_text(self.pieces(function.value, code))
        parts = format_parts(template) if template is not None else None
        plain = [a.value for a in call.arguments if a.keyword is None and not a.star]
        named: dict[int | str, Expression] = dict(enumerate(plain))
        named.update({a.keyword: a.value for a in call.arguments if a.keyword is not None})
        if parts is None:
            return self._into_unknown(function.value, named.values(), code)
        return self._filled(parts, named, [a.value for a in call.arguments if a.star], code)

    def _into_unknown(self, template: Expression, values: Iterable[Expression], code: Code) -> Iterable[Piece]:
        """A text that nobody knows with values put in; it stays the text that it is where all of them are harmless."""
        put = [piece for piece in harmless(self._all(values, code)) if piece != SAFE]
        return (*self.pieces(template, code), *put)

    def _filled(
        self,
        parts: list[str | Slot],
        named: dict[int | str, Expression],
        rest: Iterable[Expression],
        code: Code,
    ) -> Iterable[Piece]:
        found: list[Piece] = []
        for part in parts:
            if isinstance(part, str):
                found.append(Piece("constant", part))
            elif part.is_number:
                found.append(SAFE)
            elif part.key in named:
                found += self.pieces(named[part.key], code)
            else:
                found += harmless(self._all(rest, code)) or (UNKNOWN,)
        return found

    # calls

    def _call(self, call: Call, code: Code) -> Iterable[Piece]:
        function = call.function
        values = self._evaluator.values(function, code)
        plain = [a.value for a in call.arguments if a.star != 2]
        for name in sorted({library_name(v) for v in values} - {""}):
            if has("quotes", name) or self._roles.kind(self._roles.returns(name)) == "number":
                return (SAFE,)
            reason = self._roles.comes_from_outside(name)
            if reason:
                return (self.origins.outside(reason, call, code),)
            if self._roles.passes(name):
                return self._handed_on(name, plain, code)
        if self.is_number(call, code):
            return (SAFE,)
        if isinstance(function, Attribute):
            found = self._method(function, call, plain, code)
            if found is not None:
                return found
        options = [self.returned(v, call, code) for v in values]
        return either(options) if options and values.whole else (UNKNOWN,)

    def _handed_on(self, name: str, plain: list[Expression], code: Code) -> Iterable[Piece]:
        how = self._roles.passes(name)
        if how == "same" and len(plain) == 1:
            return self.pieces(plain[0], code)
        if how == "path":
            parts: list[Piece] = []
            for index, part in enumerate(plain):
                parts += [Piece("constant", "/")] * bool(index) + [*self.pieces(part, code)]
            return parts or (UNKNOWN,)
        return harmless(self._all(plain, code)) or (UNKNOWN,)

    def _method(self, function: Attribute, call: Call, plain: list[Expression], code: Code) -> Iterable[Piece] | None:
        """What a method of a text gives, whatever is known of the text; None for other methods."""
        attr = function.attr
        if attr == "format":
            return composed(self._format(function, call, code))
        if attr == "join" and len(plain) == 1:
            return composed(self._joined(function.value, plain[0], code))
        if may("part-text", attr):
            traced = self.pieces(function.value, code)
            if attr == "replace":
                if constant_text(self._all(plain[:1], code)) in _QUOTES:
                    return (SAFE,)
                traced = (*self._all(plain[1:], code), *traced)
            return traced if may("unchanged-text", attr) else harmless(traced)
        if may("fills-in", attr):
            return composed((*self.pieces(function.value, code), *harmless(self._all(plain, code))))
        if may("takes-out", attr):
            traced = self.pieces(function.value, code)
            own = star_parameter(function.value, code, "kwargs") is not None
            if any(piece.status == "outside" and (own or not piece.is_parameter) for piece in traced):
                return traced
        return None

    def _joined(self, separator: Expression, parts: Expression, code: Code) -> Iterable[Piece]:
        value = self._evaluator.values(parts, code).only()
        origin = value.origin if isinstance(value, Container) else None
        if not isinstance(value, Container) or not isinstance(origin, Collection) or self.origins.is_grown(parts, code):
            between = self.pieces(separator, code)
            return (SAFE, *harmless(self.pieces(parts, code)), *(p for p in between if p.status == "outside"))
        found: list[Piece] = []
        for index, item in enumerate(origin.items):
            if index:
                found += self.pieces(separator, code)
            inner = self.pieces(item, value.code)
            found += harmless(inner) if isinstance(item, Star) else inner
        return found

    def returned(self, value: Value, call: Call, code: Code, path: tuple[int, ...] = ()) -> tuple[Piece, ...]:
        """What a function of the project returns to this very call."""
        inner = value.function if isinstance(value, Bound) else value
        if not isinstance(inner, Function) or len(self.frames) > 6:
            return (UNKNOWN,)
        self.frames = [*self.frames, Frame(inner.code, call, code, isinstance(value, Bound))]
        try:
            if self._quotes(inner.code):
                return (SAFE,)
            results = [r.value for r in inner.code.scope.returned if r.value is not None]
            options = [self.at_path(result, path, inner.code) for result in results]
        finally:
            self.frames = self.frames[:-1]
        return either(options) if options else (UNKNOWN,)

    def _quotes(self, function: Code) -> bool:
        """Whether a function quotes for a shell on one of its ways; the others are for other systems then."""
        return any(
            has("quotes", library_name(value))
            for returned in function.scope.returned
            if isinstance(returned.value, Call)
            for value in self._evaluator.values(returned.value.function, function)
        )

    # members

    def at_path(self, value: Expression, path: tuple[int, ...], code: Code) -> tuple[Piece, ...]:
        """The parts of an expression, or of the member that unpacking takes out of it."""
        if not path:
            return self.pieces(value, code)
        if isinstance(value, Collection) and 0 <= path[0] < len(value.items):
            stars = any(isinstance(item, Star) for item in value.items[: path[0] + 1])
            if not stars:
                return self.at_path(value.items[path[0]], path[1:], code)
        if isinstance(value, Call):
            callees = self._evaluator.values(value.function, code)
            if callees.items and all(not library_name(v) for v in callees):
                return either([self.returned(v, value, code, path) for v in callees])
        return harmless(self.pieces(value, code))

    def _item(self, item: Item, value: Expression, code: Code) -> Iterable[Piece]:
        if self.is_number(item, code):
            return (SAFE,)
        put = self.origins.put_in(item, value, code)
        if put:
            return either([*put, tuple(self._of_display(item, value, code))])
        return self._of_display(item, value, code)

    def _of_display(self, item: Item, value: Expression, code: Code) -> Iterable[Piece]:
        """The parts of an item as the display of its container has it."""
        known = self._evaluator.values(item, code)
        return literals(known) or self.origins.each(value, (), code)
