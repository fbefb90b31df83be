"""LibCST expressions → expression records, with the calls and accesses in them noted in order."""

import ast
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import libcst as cst

from concurlint.facts.branching import Branching
from concurlint.facts.records import (
    CallSite,
    Returned,
)
from concurlint.facts.syntax import (
    Argument,
    Attribute,
    Await,
    Binary,
    Call,
    Collection,
    Constant,
    Expression,
    Formatted,
    Item,
    Lambda,
    Name,
    Place,
    Slice,
    Star,
    Table,
    Text,
    Unary,
    Walrus,
    Yield,
)


class Lowering(Branching):
    """Turns expressions into records within the current scope and context."""

    def __init__(self, positions: dict[cst.CSTNode, Place]) -> None:
        super().__init__(positions)
        self.dropped: set[cst.Call] = set()
        self._lower: dict[type, Callable[[Any], Expression]] = {
            cst.Name: self._name,
            cst.Attribute: self._attribute,
            cst.Call: self.call,
            cst.SimpleString: self._string,
            cst.ConcatenatedString: self._concatenated,
            cst.FormattedString: self._formatted,
            cst.Integer: self._number,
            cst.Float: self._number,
            cst.Imaginary: self._number,
            cst.BinaryOperation: self._binary,
            cst.BooleanOperation: self.logic,
            cst.UnaryOperation: self._unary,
            cst.Comparison: self.compare,
            cst.IfExp: self.choice,
            cst.Subscript: self._subscript,
            cst.List: self._collection,
            cst.Tuple: self._collection,
            cst.Set: self._collection,
            cst.Dict: self._table,
            cst.ListComp: self.comprehension,
            cst.SetComp: self.comprehension,
            cst.GeneratorExp: self.comprehension,
            cst.DictComp: self.comprehension,
            cst.Lambda: self._lambda,
            cst.Await: self.awaited,
            cst.Yield: self._yield,
            cst.NamedExpr: self._walrus,
            cst.StarredElement: self._starred,
        }

    # expressions

    def expression(self, node: cst.CSTNode, store: bool = False) -> Expression:
        """The record of an expression; `store` when it is a target and nothing is read."""
        if store and isinstance(node, cst.Attribute):
            return Attribute(self.expression(node.value), node.attr.value, self.place(node))
        if store and isinstance(node, cst.Subscript):
            return self._subscript(node, store=True)
        handler = self._lower.get(type(node))
        if handler is not None:
            return handler(node)
        parts = tuple(self.expression(child) for child in node.children if isinstance(child, cst.BaseExpression))
        return Collection("tuple", parts, self.place(node))

    def _name(self, node: cst.Name) -> Expression:
        place = self.place(node)
        if node.value in _SINGLETONS:
            return Constant(_SINGLETONS[node.value], place)
        name = self.renamed(node.value) if self._renames else node.value
        if not self._quiet:
            uses = self.scope.uses
            uses[name] = uses.get(name, 0) + 1
        return Name(name, place)

    def _attribute(self, node: cst.Attribute) -> Expression:
        lowered = Attribute(self.expression(node.value), node.attr.value, self.place(node))
        self.access("read", lowered, None)
        return lowered

    def argument(self, node: cst.Arg) -> Argument:
        value = self.expression(node.value)
        return Argument(value, node.keyword.value if node.keyword else None, len(node.star))

    def call(self, node: cst.Call, *, awaited: bool = False) -> Call:
        if isinstance(node.func, cst.Attribute):
            function: Expression = Attribute(
                self.expression(node.func.value), node.func.attr.value, self.place(node.func)
            )
        else:
            function = self.expression(node.func)
        lowered = Call(function, tuple(self.argument(a) for a in node.args), self.place(node))
        if not self._quiet:
            self.scope.calls.append(
                CallSite(lowered, self.context, self.next_order(), self.statement, awaited, node in self.dropped)
            )
        return lowered

    def awaited(self, node: cst.Await) -> Expression:
        if isinstance(node.expression, cst.Call):
            value: Expression = self.call(node.expression, awaited=True)
        else:
            value = self.expression(node.expression)
        self.note_await(value, self.place(node))
        return Await(value, self.place(node))

    def _string(self, node: cst.SimpleString) -> Expression:
        value = node.evaluated_value
        if self._quiet and isinstance(value, str):
            with suppress(cst.ParserSyntaxError):  # in an annotation, text is an expression put off
                return self.expression(cst.parse_expression(value))
        return Constant(value, self.place(node))

    def _concatenated(self, node: cst.ConcatenatedString) -> Expression:
        parts: list[Expression] = []
        for side in (node.left, node.right):
            lowered = self.expression(side)
            parts += lowered.parts if isinstance(lowered, Text) else (lowered,)
        values = [part.value for part in parts if isinstance(part, Constant)]
        if len(values) == len(parts):
            if all(isinstance(value, str) for value in values):
                return Constant("".join(str(value) for value in values), self.place(node))
            if all(isinstance(value, bytes) for value in values):
                joined = b"".join(value for value in values if isinstance(value, bytes))
                return Constant(joined, self.place(node))
        return Text(tuple(parts), self.place(node))

    def _formatted(self, node: cst.FormattedString) -> Expression:
        parts: list[Expression] = []
        for part in node.parts:
            if isinstance(part, cst.FormattedStringText):
                parts.append(Constant(_unescaped(part.value, node.prefix), self.place(node)))
            else:
                assert isinstance(part, cst.FormattedStringExpression)
                spec = "".join(
                    piece.value if isinstance(piece, cst.FormattedStringText) else "{}"
                    for piece in part.format_spec or ()
                )
                parts.append(Formatted(self.expression(part.expression), spec, self.place(part.expression)))
        return Text(tuple(parts), self.place(node))

    def _number(self, node: cst.Integer | cst.Float | cst.Imaginary) -> Expression:
        try:
            value = ast.literal_eval(node.value)
        except (ValueError, SyntaxError):
            value = None
        return Constant(value, self.place(node))

    def _binary(self, node: cst.BinaryOperation) -> Expression:
        self.count_operation()
        left, right = self.expression(node.left), self.expression(node.right)
        self.note_operation()
        return Binary(type(node.operator).__name__, left, right, self.place(node))

    def _unary(self, node: cst.UnaryOperation) -> Expression:
        operand = self.expression(node.expression)
        operator = type(node.operator).__name__
        if operator == "Minus" and isinstance(operand, Constant) and isinstance(operand.value, (int, float)):
            return Constant(-operand.value, self.place(node))
        if operator != "Not":
            self.note_operation()
        return Unary(operator, operand, self.place(node))

    def _subscript(self, node: cst.Subscript, store: bool = False) -> Expression:
        value = self.expression(node.value)
        index: list[Expression] = []
        for element in node.slice:
            if not isinstance(element.slice, cst.Slice):
                assert isinstance(element.slice, cst.Index)
                index.append(self.expression(element.slice.value))
            else:
                bounds = (element.slice.lower, element.slice.upper, element.slice.step)
                parts = tuple(self.expression(bound) for bound in bounds if bound is not None)
                index.append(Slice(parts, self.place(node)))
        lowered = Item(value, tuple(index), self.place(node))
        if not store:
            self.access("read", lowered, None)
        return lowered

    def _collection(self, node: cst.List | cst.Tuple | cst.Set) -> Expression:
        items = tuple(
            self._starred(e) if isinstance(e, cst.StarredElement) else self.expression(e.value) for e in node.elements
        )
        return Collection(type(node).__name__.lower(), items, self.place(node))

    def _starred(self, node: cst.StarredElement) -> Expression:
        return Star(self.expression(node.value), self.place(node))

    def _table(self, node: cst.Dict) -> Expression:
        keys: list[Expression | None] = []
        values: list[Expression] = []
        for element in node.elements:
            keys.append(self.expression(element.key) if isinstance(element, cst.DictElement) else None)
            values.append(self.expression(element.value))
        return Table(tuple(keys), tuple(values), self.place(node))

    def _lambda(self, node: cst.Lambda) -> Expression:
        parameters = self.parameters(node.params)
        scope = self.open_scope("lambda", "<lambda>", self.place(node))
        scope.parameters = parameters
        hidden = {p.name: p.name for p in parameters}
        self._renames.append(hidden)
        with self.within(scope):
            self.bind_parameters(scope)
            self.statement = self.place(node)
            value = self.expression(node.body)
            scope.returned.append(Returned(value, self.context, self.next_order(), self.place(node.body)))
        self._renames.pop()
        return Lambda(scope.number, self.place(node))

    def _yield(self, node: cst.Yield) -> Expression:
        self.scope.is_generator = True
        inner = node.value.item if isinstance(node.value, cst.From) else node.value
        value = self.expression(inner) if inner is not None else None
        self.scope.yielded.append(Returned(value, self.context, self.next_order(), self.place(node)))
        return Yield(value, self.place(node))

    def _walrus(self, node: cst.NamedExpr) -> Expression:
        value = self.expression(node.value)
        if isinstance(node.target, cst.Name):
            self.bind(node.target.value, "assign", value, self.place(node.target))
            return Walrus(node.target.value, value, self.place(node))
        return value


_SINGLETONS: dict[str, bool | None] = {"True": True, "False": False, "None": None}


def _unescaped(text: str, prefix: str) -> str:
    text = text.replace("{{", "{").replace("}}", "}")
    if "\\" not in text or "r" in prefix.lower():
        return text
    try:
        value = ast.literal_eval('"""' + text.replace('"', '\\"') + '"""')
    except (ValueError, SyntaxError):
        return text
    return value if isinstance(value, str) else text
