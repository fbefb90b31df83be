"""Expressions on the cells of a row, turned into operations on columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from concurlint.catalog.columns import column_attribute, column_form, column_method, reduces, reduces_to_test, reduction
from concurlint.catalog.effects import Effects
from concurlint.catalog.traits import listed
from concurlint.effects.dataframes.formulas import (
    UNWRITTEN,
    Formula,
    both,
    called,
    either,
    merged,
    method,
    operation,
    opposite,
)
from concurlint.effects.dataframes.rows import Rows
from concurlint.facts.records import Condition
from concurlint.facts.syntax import (
    Attribute,
    Await,
    Binary,
    Call,
    Choice,
    Compare,
    Comprehension,
    Constant,
    Expression,
    Formatted,
    Item,
    Lambda,
    Logic,
    Name,
    Slice,
    Star,
    Text,
    Unary,
    Walrus,
    Yield,
    walk,
)
from concurlint.facts.unparse import written
from concurlint.project.callgraph import CallGraph, library_name
from concurlint.project.modules import Code

Conditions: TypeAlias = tuple[Condition, ...]
_QUIET = {"none", "gil_cpu", "nogil_cpu"}
_CAN_STAND = (Name, Attribute, Constant, Item, Call)


class CellExpressions:
    """Reads expressions of one loop or function; `local` knows what the names bound in it stand for."""

    def __init__(
        self,
        graph: CallGraph,
        effects: Effects,
        code: Code,
        rows: Rows,
        local: Callable[[str, Conditions], Formula | None],
        bound: set[str],
    ) -> None:
        self._graph = graph
        self._effects = effects
        self._code = code
        self._rows = rows
        self._local = local
        self._bound = bound

    def formula(self, expression: Expression, under: Conditions) -> Formula | None:
        """What the expression is for all rows; None where it is not known to be anything."""
        if self._stays(expression) and (written(expression) or not isinstance(expression, (Binary, Compare))):
            return Formula(_doubled(written(expression)), False, 10 if isinstance(expression, _CAN_STAND) else 0)
        cell = self._rows.cell(expression)
        if cell is not None:
            return cell
        match expression:
            case Name(id=name):
                return self._local(name, under)
            case Binary(operator=operator, left=left, right=right):
                if operator == "Modulo" and isinstance(left, (Constant, Text)):
                    return UNWRITTEN if all(self.formula(p, under) for p in _items(right)) else None
                return self._of((left, right), under, lambda parts: operation(operator, *parts))
            case Unary(operator="Not", operand=operand):
                return self._of((operand,), under, lambda parts: opposite(parts[0]))
            case Unary(operator="Minus", operand=operand):
                return self._of((operand,), under, lambda parts: merged(f"-{parts[0].within(8)}", parts, 8))
            case Compare(left=left, rest=rest):
                return self._compare(left, rest, under)
            case Logic(operator=operator, values=values):
                return self._of(values, under, lambda parts: both(parts, "&" if operator == "and" else "|"))
            case Choice(test=test, body=body, orelse=orelse):
                return self._of((test, body, orelse), under, lambda parts: either(*parts))
            case Call():
                return self._call(expression, under)
            case Attribute(value=value, attr=attr) if column_attribute(attr):
                accessor = column_attribute(attr)
                return self._of(
                    (value,), under, lambda parts: merged(f"{parts[0].within(10)}.{accessor}.{attr}", parts)
                )
            case Item(value=value, index=(index,)):
                return self._item(value, index, under)
            case Text(parts=parts):
                return self._text(parts, under)
        return None

    def _of(
        self, parts: tuple[Expression, ...], under: Conditions, make: Callable[[list[Formula]], Formula]
    ) -> Formula | None:
        found = [self.formula(part, under) for part in parts]
        known = [part for part in found if part is not None]
        return make(known) if len(known) == len(found) else None

    def _stays(self, expression: Expression) -> bool:
        """Whether it is the same in each round, and working it out has no effect."""
        for part in walk(expression):
            if isinstance(part, (Lambda, Comprehension, Await, Yield, Walrus, Star)):
                return False
            if isinstance(part, Name) and part.id in self._bound:
                return False
            if isinstance(part, Call) and not self._is_quiet(part):
                return False
        return True

    def _is_quiet(self, call: Call) -> bool:
        values = self._graph.evaluator.values(call.function, self._code)
        facts = [self._effects.lookup(library_name(value)) for value in values]
        return bool(facts) and all(f is not None and f.effect in _QUIET and not f.waits for f in facts)

    def _compare(self, left: Expression, rest: tuple[tuple[str, Expression], ...], under: Conditions) -> Formula | None:
        if len(rest) == 2 and {rest[0][0], rest[1][0]} <= {"LessThan", "LessThanEqual"}:
            first = Compare(left, rest[:1], left.at)
            second = Compare(rest[0][1], rest[1:], left.at)
            return self._of((first, second), under, both)
        if len(rest) != 1:
            return None
        operator, right = rest[0]
        if operator in ("Is", "IsNot"):
            if not isinstance(right, Constant) or right.value is not None:
                return None
            test = "isna" if operator == "Is" else "notna"
            return self._of((left,), under, lambda p: merged(f"{p[0].within(10)}.{test}()", p, test=True))
        if operator in ("In", "NotIn"):
            if self._stays(right) and not self._is_many(right):
                return None
            found = self._of((left, right), under, _membership)
            return opposite(found) if found is not None and operator == "NotIn" else found
        return self._of((left, right), under, lambda parts: operation(operator, *parts))

    def _item(self, value: Expression, index: Expression, under: Conditions) -> Formula | None:
        if self._stays(value):
            if not self._is_table(value):
                return None
            return self._of((index,), under, lambda p: merged(f"{p[0].within(10)}.map({written(value)})", p))
        if isinstance(index, Slice) and all(self._stays(part) for part in index.parts):
            return UNWRITTEN if self.formula(value, under) else None
        if isinstance(index, Constant) and isinstance(index.value, int):
            place = index.value
            return self._of((value,), under, lambda p: merged(f"{p[0].within(10)}.str[{place}]", p))
        return None

    def _is_table(self, expression: Expression) -> bool:
        values = self._graph.evaluator.values(expression, self._code)
        names = {self._graph.evaluator.type_name(value) for value in values}
        return names == {"builtins.dict"} and bool(written(expression))

    def _is_many(self, expression: Expression) -> bool:
        """Whether it is known to hold values, and is not a text."""
        names = {self._graph.evaluator.type_name(v) for v in self._graph.evaluator.values(expression, self._code)}
        return bool(names) and all(listed("makes-container", name) for name in names)

    def _text(self, parts: tuple[Expression, ...], under: Conditions) -> Formula | None:
        made: list[Formula] = []
        for part in parts:
            inner = part.value if isinstance(part, Formatted) else part
            found = self.formula(inner, under)
            if found is None or (isinstance(part, Formatted) and part.spec):
                return None
            text = f"{found.within(10)}.astype(str)" if found.column and found.text else found.text
            made.append(Formula(text, found.column))
        return merged(" + ".join(part.text for part in made) if len(made) <= 4 else "", made, 6)

    # calls

    def _call(self, call: Call, under: Conditions) -> Formula | None:
        if any(argument.star for argument in call.arguments):
            return None
        plain = tuple(argument.value for argument in call.arguments if argument.keyword is None)
        if isinstance(call.function, Attribute):
            found = self._method(call.function, call, plain, under)
            if found is not None:
                return found
        values = self._graph.evaluator.values(call.function, self._code)
        names = {library_name(value) for value in values}
        if len(names) != 1 or len(plain) != len(call.arguments):
            return None
        name = names.pop()
        if reduction(name) and len(plain) == 1 and self._rows.columns(plain[0]):
            return Formula(f"{self._rows.columns(plain[0])}.{reduction(name)}(axis=1)")
        form = column_form(name)
        if form is None:
            return self._own(call, plain, under) if not name else None
        if form.form == "@":
            spelling = written(call.function)
            return self._of(plain, under, lambda p: merged(f"{spelling}({_joined(p)})", p, test=form.test))
        return self._of(plain, under, lambda parts: called(form, parts))

    def _method(
        self, function: Attribute, call: Call, plain: tuple[Expression, ...], under: Conditions
    ) -> Formula | None:
        attr, owner = function.attr, function.value
        several = self._rows.columns(owner)
        if several and reduces(attr) and not call.arguments:
            return Formula(f"{several}.{attr}(axis=1)", test=reduces_to_test(attr))
        if attr == "get" and 1 <= len(plain) <= 2 and self._stays(owner) and self._is_table(owner):
            default = f".fillna({written(plain[1])})" if len(plain) == 2 and written(plain[1]) else ""
            mapped = f".map({written(owner)}){default}"
            return self._of(plain[:1], under, lambda p: merged(f"{p[0].within(10)}{mapped}", p))
        accessor, tests = column_method(attr)
        if not accessor or len(plain) != len(call.arguments) or self._stays(owner):
            return None
        if not all(self._stays(argument) for argument in plain):
            return None
        return self._of((owner, *plain), under, lambda p: method(p[0], accessor, attr, p[1:], test=tests))

    def _own(self, call: Call, plain: tuple[Expression, ...], under: Conditions) -> Formula | None:
        """A function of the project that works on columns as it is: it returns arithmetic on its parameters."""
        codes = [self._graph.runs(v) for v in self._graph.evaluator.values(call.function, self._code)]
        if len(codes) != 1 or codes[0] is None or not self._is_plain(codes[0]) or not written(call.function):
            return None
        spelling = written(call.function)
        return self._of(plain, under, lambda p: merged(f"{spelling}({_joined(p)})", p))

    def _is_plain(self, code: Code) -> bool:
        scope = code.scope
        busy = scope.loops or scope.branches or scope.handlers or scope.awaits or scope.yielded or scope.entered
        if busy or len(scope.returned) != 1 or scope.returned[0].value is None or scope.decorators:
            return False
        names = {binding.kind for bindings in scope.bindings.values() for binding in bindings}
        if names - {"parameter"} or any(access.kind != "read" for access in scope.accesses):
            return False
        return all(self._takes_columns(part, code) for part in walk(scope.returned[0].value))

    def _takes_columns(self, part: Expression, code: Code) -> bool:
        if isinstance(part, Call):
            names = {library_name(v) for v in self._graph.evaluator.values(part.function, code)}
            forms = [column_form(name) for name in names]
            return bool(forms) and all(form is not None and form.form == "@" for form in forms)
        return isinstance(part, (Name, Attribute, Constant, Binary))


def _doubled(text: str) -> str:
    """With double quotes, as columns are written."""
    return text if '"' in text or "\\" in text else text.replace("'", '"')


def _joined(parts: list[Formula]) -> str:
    return ", ".join(part.text for part in parts)


def _items(expression: Expression) -> tuple[Expression, ...]:
    return expression.items if hasattr(expression, "items") and isinstance(expression.items, tuple) else (expression,)


def _membership(parts: list[Formula]) -> Formula:
    """`cell in values` and `"text" in cell`."""
    left, right = parts
    if right.column:
        text = f"{right.within(10)}.str.contains({left.text}, regex=False)" if not left.column else ""
    else:
        text = f"{left.within(10)}.isin({right.text})"
    return merged(text, parts, test=True)
