"""Where the parts of a string come from: constants, quoted or numeric values, or outside the program."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal as OneOf

from concurlint.catalog.roles import Roles
from concurlint.facts.records import (
    Attribute,
    Await,
    Binary,
    Binding,
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
from concurlint.finding import Step
from concurlint.project.arguments import matching
from concurlint.project.callgraph import CallGraph, library_name
from concurlint.project.classes import attribute_writes, holder, is_self
from concurlint.project.modules import Code
from concurlint.project.values import Bound, ClassOf, Container, Function, Instance, Literal, Value

Status = OneOf["constant", "safe", "unknown", "outside"]

_NUMBERS = {"builtins.int", "builtins.float", "builtins.bool", "builtins.complex"}
_NUMBER_SPECS = "dxXobeEfFgGn%"
_TEXT_METHODS = {
    "strip", "lstrip", "rstrip", "lower", "upper", "title", "capitalize", "encode", "decode", "replace",
    "ljust", "rjust", "center", "expandtabs", "removeprefix", "removesuffix", "split", "rsplit",
    "splitlines", "partition", "rpartition", "as_posix", "casefold", "swapcase", "copy", "absolute", "resolve",
}  # fmt: skip
_SAFE_CALLS = {"builtins.int", "builtins.float", "builtins.len", "builtins.bool", "builtins.hash", "builtins.id"}
_THROUGH = {
    "builtins.str", "builtins.repr", "builtins.list", "builtins.tuple", "builtins.sorted", "builtins.set",
    "builtins.reversed", "os.path.join", "os.path.abspath", "os.path.normpath", "os.path.expanduser",
    "os.path.basename", "os.path.dirname", "os.path.realpath", "os.fspath", "pathlib.Path",
    "pathlib.PurePath", "os.path.splitext", "os.fsdecode", "textwrap.dedent", "builtins.format",
}  # fmt: skip
_DEEPEST = 12


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a string: its text if constant, else whether and why it is not under control."""

    status: Status
    text: str = ""
    reason: str = ""
    steps: tuple[Step, ...] = ()


def constant_text(pieces: Iterable[Piece]) -> str | None:
    """The whole text if every piece is constant."""
    parts = list(pieces)
    return "".join(p.text for p in parts) if parts and all(p.status == "constant" for p in parts) else None


class Tracer:
    """Follows strings back to where their parts come from."""

    def __init__(self, graph: CallGraph, roles: Roles) -> None:
        self._graph = graph
        self._evaluator = graph.evaluator
        self._roles = roles
        self._active: set[tuple[int, int]] = set()

    def pieces(self, expression: Expression, code: Code) -> tuple[Piece, ...]:
        """The parts of the string an expression makes, in order."""
        key = (id(expression), id(code))
        if key in self._active or len(self._active) > _DEEPEST * 4:
            return (Piece("unknown"),)
        self._active.add(key)
        try:
            return tuple(self._pieces(expression, code))
        finally:
            self._active.discard(key)

    def _pieces(self, expression: Expression, code: Code) -> Iterable[Piece]:
        match expression:
            case Constant(value=value):
                return (Piece("constant", value if isinstance(value, str) else str(value)),)
            case Text(parts=parts):
                return self._all(parts, code)
            case Formatted(value=value, spec=spec):
                if spec and spec[-1] in _NUMBER_SPECS and spec != "%":
                    return (Piece("safe"),)
                return self.pieces(value, code)
            case Binary(operator="Add", left=left, right=right):
                return (*self.pieces(left, code), *self.pieces(right, code))
            case Binary(operator="Modulo", left=left, right=right):
                return self._percent(left, right, code)
            case Binary(operator="Divide", left=left, right=right):
                return (*self.pieces(left, code), Piece("constant", "/"), *self.pieces(right, code))
            case Choice(body=body, orelse=orelse):
                return self._either([self.pieces(body, code), self.pieces(orelse, code)])
            case Logic(values=values):
                return self._either([self.pieces(v, code) for v in values])
            case Await(value=value) | Walrus(value=value) | Star(value=value):
                return self.pieces(value, code)
            case Collection(items=items):
                return self._all(items, code)
            case Table(values=items):
                return self._either([self.pieces(item, code) for item in items])
            case Comprehension(results=results):
                return self.pieces(results[-1], code)
            case Call():
                return self._call(expression, code)
            case Item(value=value):
                return self._item(expression, value, code)
            case Name():
                return self._name(expression, code)
            case Attribute():
                return self._attribute(expression, code)
        return (Piece("unknown"),)

    def _all(self, parts: Iterable[Expression], code: Code) -> tuple[Piece, ...]:
        return tuple(piece for part in parts for piece in self.pieces(part, code))

    @staticmethod
    def _either(options: list[tuple[Piece, ...]]) -> tuple[Piece, ...]:
        """One of several strings: constant only if it is the same everywhere; the worst part counts."""
        distinct = [pieces for index, pieces in enumerate(options) if pieces not in options[:index]]
        if len(distinct) == 1:
            return distinct[0]
        found: list[Piece] = []
        for pieces in distinct:
            for piece in pieces:
                found.append(Piece("safe") if piece.status == "constant" else piece)
        return tuple(found) or (Piece("unknown"),)

    def _is_number(self, expression: Expression, code: Code) -> bool:
        values = self._evaluator.values(expression, code)
        return bool(values.items) and all(self._evaluator.type_name(v) in _NUMBERS for v in values)

    def _percent(self, left: Expression, right: Expression, code: Code) -> Iterable[Piece]:
        before = self.pieces(left, code)
        parts = right.items if isinstance(right, Collection) and right.kind == "tuple" else (right,)
        if isinstance(right, Table):
            parts = right.values
        template = constant_text(before) or ""
        head, percent, tail = template.partition("%")
        inner = [piece for part in parts for piece in self.pieces(part, code)]
        if percent and len(parts) == 1 and tail.lstrip("0123456789.-+ #")[:1] in ("d", "i", "x", "f", "g"):
            inner = [Piece("safe")]
        if percent:
            return (Piece("constant", head), *inner, Piece("constant", tail[1:]))
        return (*before, *inner)

    # calls

    def _call(self, call: Call, code: Code) -> Iterable[Piece]:
        function = call.function
        values = self._evaluator.values(function, code)
        names = {library_name(v) for v in values} - {""}
        plain = [a.value for a in call.arguments if a.star != 2]
        for name in sorted(names):
            if self._roles.quotes(name) or name in _SAFE_CALLS or self._roles.returns(name) in _NUMBERS:
                return (Piece("safe"),)
            reason = self._roles.comes_from_outside(name)
            if reason:
                step = Step(code.span(call.at), f"comes from {reason}")
                return (Piece("outside", reason=reason, steps=(step,)),)
            if name in _THROUGH:
                return self._all(plain, code) or (Piece("unknown"),)
        if isinstance(function, Attribute):
            if function.attr == "format":
                return self._format(function, call, code)
            if function.attr == "join" and len(plain) == 1:
                inner = self.pieces(plain[0], code)
                return (*self.pieces(function.value, code), *inner) if len(inner) != 1 else inner
            if function.attr in _TEXT_METHODS:
                traced = self.pieces(function.value, code)
                return self._all(plain, code) + traced if function.attr == "replace" else self._either([traced, ()])
            if function.attr in ("get", "pop", "getlist", "read", "readline", "readlines", "read_text", "items"):
                traced = self.pieces(function.value, code)
                if any(piece.status == "outside" and "parameter" not in piece.reason for piece in traced):
                    return traced
        if self._is_number(call, code):
            return (Piece("safe"),)
        options = [self._returned(v, call, code) for v in values]
        return self._either(options) if options and values.whole else (Piece("unknown"),)

    def _format(self, function: Attribute, call: Call, code: Code) -> Iterable[Piece]:
        template = constant_text(self.pieces(function.value, code))
        arguments = [piece for a in call.arguments if a.star != 2 for piece in self.pieces(a.value, code)]
        if template is None:
            return (*self.pieces(function.value, code), *arguments)
        head, brace, tail = template.partition("{")
        return (Piece("constant", head), *arguments, Piece("constant", tail.partition("}")[2]))

    def _returned(self, value: Value, call: Call, code: Code) -> tuple[Piece, ...]:
        inner = value.function if isinstance(value, Bound) else value
        if not isinstance(inner, Function) or len(self._active) > _DEEPEST:
            return (Piece("unknown"),)
        options = [
            self._substituted(returned.value, inner.code, value, call, code)
            for returned in inner.code.scope.returned
            if returned.value is not None
        ]
        return self._either(options) if options else (Piece("unknown"),)

    def _substituted(
        self, result: Expression, callee: Code, value: Value, call: Call, code: Code
    ) -> tuple[Piece, ...]:
        """A returned string with the parameters in it replaced by what this very call passes."""
        found: list[Piece] = []
        for piece in self.pieces(result, callee):
            name = piece.reason.removeprefix(f"the parameter of `{callee.qualname}` `").removesuffix("`")
            parameter = next((p for p in callee.scope.parameters if p.name == name), None)
            if piece.status == "outside" and parameter is not None:
                passed = matching(call, callee, parameter, is_bound=isinstance(value, Bound))
                if passed is not None:
                    found += self.pieces(passed, code)
                    continue
            found.append(piece)
        return tuple(found)

    # names, attributes, items

    def _item(self, item: Item, value: Expression, code: Code) -> Iterable[Piece]:
        if self._is_number(item, code):
            return (Piece("safe"),)
        known = self._evaluator.values(item, code)
        if known.whole and known.items and all(isinstance(v, Literal) for v in known):
            return self._either([(Piece("constant", str(v.value)),) for v in known if isinstance(v, Literal)])
        return self._either([self.pieces(value, code), ()])

    def _outside(self, values: Iterable[Value], expression: Expression, code: Code) -> Piece | None:
        for value in values:
            name = library_name(value)
            if not name and isinstance(value, Instance):
                name = self._evaluator.type_name(value)
            name = name.removesuffix(".__call__")
            reason = self._roles.comes_from_outside(name) if name else ""
            if reason:
                step = Step(code.span(expression.at), f"comes from {reason}")
                return Piece("outside", reason=reason, steps=(step,))
        return None

    def _attribute(self, expression: Attribute, code: Code) -> Iterable[Piece]:
        values = self._evaluator.values(expression, code)
        if values.whole and values.items and all(isinstance(v, Literal) for v in values):
            return self._either([(Piece("constant", str(v.value)),) for v in values if isinstance(v, Literal)])
        if self._is_number(expression, code):
            return (Piece("safe"),)
        outside = self._outside(values, expression, code)
        if outside is None:
            outside = self._outside(self._evaluator.values(expression.value, code), expression, code)
        if outside is not None:
            return (outside,)
        if isinstance(expression.value, Name):
            cls = is_self(code, expression.value.id)
            if cls is not None:
                return self._of_self(cls, expression.attr)
        return (Piece("unknown"),)

    def _of_self(self, cls: Code, attr: str) -> Iterable[Piece]:
        options: list[tuple[Piece, ...]] = []
        for owner in self._evaluator.lineage(cls)[0]:
            for access, method in attribute_writes(owner).get(attr, ()):
                if access.value is None:
                    return (Piece("unknown"),)
                options.append(self.pieces(access.value, method))
            for binding in owner.scope.bindings.get(attr, ()):
                options.append(self._binding(binding, owner))
        return self._either(options) if options else (Piece("unknown"),)

    def _name(self, name: Name, code: Code) -> Iterable[Piece]:
        if self._is_number(name, code):
            return (Piece("safe"),)
        outside = self._outside(self._evaluator.values(name, code), name, code)
        if outside is not None:
            return (outside,)
        home = holder(code, name.id)
        bindings = home.scope.bindings.get(name.id, []) if home else code.module.body.scope.bindings.get(name.id, [])
        where = home or code.module.body
        if not bindings:
            return (Piece("unknown"),)
        appended = [b for b in bindings if b.kind == "augment"]
        plain = [self._binding(b, where) for b in bindings if b.kind != "augment"]
        base = self._either(plain) if plain else (Piece("unknown"),)
        extra = [piece for b in appended if b.value is not None for piece in self.pieces(b.value, where)]
        grown = self._grown(name, where)
        if extra:
            base = tuple(base)
        return (*base, *extra, *grown)

    def _grown(self, name: Name, home: Code) -> list[Piece]:
        """What `name.append(x)` adds to a list whose items are joined later."""
        found: list[Piece] = []
        for site in home.scope.calls:
            function = site.call.function
            if isinstance(function, Attribute) and function.attr in ("append", "extend", "insert"):
                if isinstance(function.value, Name) and function.value.id == name.id and site.call.arguments:
                    found += self.pieces(site.call.arguments[-1].value, home)
        return found

    def _binding(self, binding: Binding, code: Code) -> tuple[Piece, ...]:
        match binding.kind:
            case "assign" | "for" | "with" if binding.value is not None:
                value = binding.value
                if binding.path and isinstance(value, Collection) and 0 <= binding.path[0] < len(value.items):
                    return self.pieces(value.items[binding.path[0]], code)
                pieces = self.pieces(value, code)
                if binding.kind == "for":
                    return self._each(value, code, pieces)
                return pieces
            case "parameter":
                return self._parameter(binding, code)
            case "import" if binding.imported is not None and binding.imported.name is not None:
                module = code.module
                source = self._evaluator.project.module(module.absolute(binding.imported), module.source)
                if source is not None:
                    bindings = source.body.scope.bindings.get(binding.imported.name, [])
                    options = [self._binding(b, source.body) for b in bindings]
                    return self._either(options) if options else (Piece("unknown"),)
        return (Piece("unknown"),)

    def _each(self, iterable: Expression, code: Code, pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
        """One element of an iterable: constants stay harmless, anything from outside is from outside."""
        if isinstance(iterable, Collection):
            return self._either([self.pieces(item, code) for item in iterable.items])
        for value in self._evaluator.values(iterable, code):
            if isinstance(value, Container) and isinstance(value.origin, Collection) and not value.annotated:
                return self._either([self.pieces(item, value.code) for item in value.origin.items])
        return tuple(Piece("safe") if piece.status == "constant" else piece for piece in pieces)

    def _parameter(self, binding: Binding, code: Code) -> tuple[Piece, ...]:
        parameter = next((p for p in code.scope.parameters if p.name == binding.name), None)
        if parameter is None or parameter.kind in ("args", "kwargs") or is_self(code, binding.name):
            return (Piece("unknown"),)
        if parameter.annotation is not None:
            declared = self._evaluator.annotated(parameter.annotation, code)
            types = {self._evaluator.type_name(v) for v in declared}
            if types and types <= _NUMBERS:
                return (Piece("safe"),)
        edges = self._graph.callers.get(code, ())
        if not edges:
            reason = f"the parameter of `{code.qualname}` `{binding.name}`"
            step = Step(code.span(code.scope.at), f"`{binding.name}` is a parameter of `{code.qualname}`")
            return (Piece("outside", reason=reason, steps=(step,)),)
        if len(self._active) > _DEEPEST:
            return (Piece("unknown"),)
        options: list[tuple[Piece, ...]] = []
        for edge in edges:
            bound = isinstance(edge.value, (Bound, ClassOf, Instance))
            passed = matching(edge.site.call, code, parameter, is_bound=bound)
            if passed is not None:
                step = Step(edge.caller.span(edge.site.call.at), f"`{edge.caller.qualname}` passes it")
                pieces = self.pieces(passed, edge.caller)
                options.append(tuple(replace(p, steps=(*p.steps, step)) if p.status == "outside" else p for p in pieces))
            elif parameter.default is not None and code.parent is not None:
                options.append(self.pieces(parameter.default, code.parent))
            else:
                options.append((Piece("unknown"),))
        return self._either(options)


