"""Expressions written out again, to show a remedy in the words of the program."""

from __future__ import annotations

from concurlint.facts.syntax import (
    Argument,
    Attribute,
    Binary,
    Call,
    Collection,
    Constant,
    Expression,
    Item,
    Name,
    Slice,
    Star,
    spelled,
)

_OPERATORS = {"Add": "+", "Subtract": "-", "Multiply": "*", "FloorDivide": "//", "Modulo": "%"}


def written(expression: Expression | None) -> str:
    """The expression as source text; `""` if a part of it is not plain enough to be shown."""
    match expression:
        case Name() | Attribute() if spelled(expression):
            return spelled(expression)
        case Attribute(value=value, attr=attr) if written(value):
            return f"{written(value)}.{attr}"
        case Constant(value=value):
            return repr(value)
        case Call(function=function, arguments=arguments):
            parts = [_argument(argument) for argument in arguments]
            return f"{written(function)}({', '.join(parts)})" if written(function) and all(parts) else ""
        case Item(value=value, index=(index,)) if not isinstance(index, Slice):
            return f"{written(value)}[{written(index)}]" if written(value) and written(index) else ""
        case Collection(kind=kind, items=items):
            return _collection(kind, [written(item) for item in items])
        case Binary(operator=operator, left=left, right=right) if operator in _OPERATORS:
            simple = not isinstance(left, Binary) and not isinstance(right, Binary) and written(left) and written(right)
            return f"{written(left)} {_OPERATORS[operator]} {written(right)}" if simple else ""
        case Star(value=value) if written(value):
            return f"*{written(value)}"
    return ""


def _argument(argument: Argument) -> str:
    value = written(argument.value)
    if not value or argument.star:
        return ""
    return f"{argument.keyword}={value}" if argument.keyword else value


def _collection(kind: str, items: list[str]) -> str:
    if not items or not all(items):
        return ""
    inner = ", ".join(items)
    if kind == "tuple":
        return f"({inner},)" if len(items) == 1 else f"({inner})"
    return f"[{inner}]" if kind == "list" else f"{{{inner}}}"
