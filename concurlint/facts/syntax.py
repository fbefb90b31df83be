"""Expressions as plain records, with the place each stands at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from concurlint.facts.packing import record

Place: TypeAlias = tuple[int, int, int, int]
"""Line, column, end line, end column: from 1, the end column exclusive."""


@record
class Name:
    id: str
    at: Place


@record
class Attribute:
    value: Expression
    attr: str
    at: Place


@record
class Argument:
    value: Expression
    keyword: str | None
    star: int  # 0 plain, 1 for *args, 2 for **kwargs


@record
class Call:
    function: Expression
    arguments: tuple[Argument, ...]
    at: Place


@record
class Constant:
    value: str | bytes | int | float | complex | bool | None
    at: Place


@record
class Text:
    """An f-string or a run of adjacent strings; parts are constants and `Formatted`s."""

    parts: tuple[Expression, ...]
    at: Place


@record
class Formatted:
    value: Expression
    spec: str
    at: Place


@record
class Binary:
    operator: str
    left: Expression
    right: Expression
    at: Place


@record
class Compare:
    left: Expression
    rest: tuple[tuple[str, Expression], ...]
    at: Place


@record
class Logic:
    operator: str  # "and" | "or"
    values: tuple[Expression, ...]
    at: Place


@record
class Unary:
    operator: str
    operand: Expression
    at: Place


@record
class Choice:
    test: Expression
    body: Expression
    orelse: Expression
    at: Place


@record
class Item:
    """A subscription `value[index]`; more than one index for tuples, a `Slice` for slices."""

    value: Expression
    index: tuple[Expression, ...]
    at: Place


@record
class Slice:
    parts: tuple[Expression, ...]
    at: Place


@record
class Collection:
    kind: str  # "list" | "tuple" | "set"
    items: tuple[Expression, ...]
    at: Place


@record
class Table:
    """A dict display; a key of None is `**value`."""

    keys: tuple[Expression | None, ...]
    values: tuple[Expression, ...]
    at: Place


@record
class Comprehension:
    """A comprehension; `tests` are those of all its `if`s."""

    kind: str  # "list" | "set" | "dict" | "generator"
    results: tuple[Expression, ...]
    loops: tuple[int, ...]
    at: Place
    tests: tuple[Expression, ...] = ()


@record
class Lambda:
    scope: int
    at: Place


@record
class Await:
    value: Expression
    at: Place


@record
class Yield:
    value: Expression | None
    at: Place


@record
class Walrus:
    name: str
    value: Expression
    at: Place


@record
class Star:
    value: Expression
    at: Place


Expression: TypeAlias = (
    Name
    | Attribute
    | Call
    | Constant
    | Text
    | Formatted
    | Binary
    | Compare
    | Logic
    | Unary
    | Choice
    | Item
    | Slice
    | Collection
    | Table
    | Comprehension
    | Lambda
    | Await
    | Yield
    | Walrus
    | Star
)


def children(expression: Expression) -> Iterator[Expression]:
    """The direct sub-expressions, in evaluation order; a lambda's body is a scope of its own."""
    match expression:
        case (
            Attribute(value=value)
            | Formatted(value=value)
            | Await(value=value)
            | Walrus(value=value)
            | Star(value=value)
            | Unary(operand=value)
        ):
            yield value
        case Call(function=function, arguments=arguments):
            yield function
            for argument in arguments:
                yield argument.value
        case Text(parts=parts) | Slice(parts=parts) | Logic(values=parts) | Collection(items=parts):
            yield from parts
        case Binary(left=left, right=right):
            yield left
            yield right
        case Compare(left=left, rest=rest):
            yield left
            for _, value in rest:
                yield value
        case Choice(test=test, body=body, orelse=orelse):
            yield from (test, body, orelse)
        case Item(value=value, index=index):
            yield value
            yield from index
        case Table(keys=keys, values=values):
            yield from (key for key in keys if key is not None)
            yield from values
        case Comprehension(results=results):
            yield from results
        case Yield(value=value) if value is not None:
            yield value


def walk(expression: Expression) -> Iterator[Expression]:
    """The expression and everything below it."""
    yield expression
    for child in children(expression):
        yield from walk(child)


def spelled(expression: Expression) -> str:
    """The dotted spelling of a name or attribute chain, `""` for anything else."""
    parts: list[str] = []
    while isinstance(expression, Attribute):
        parts.append(expression.attr)
        expression = expression.value
    if not isinstance(expression, Name):
        return ""
    parts.append(expression.id.partition("@")[0])
    return ".".join(reversed(parts))


def is_empty(value: Expression | None) -> bool:
    """`[]`, `{}`, `set()` and the like."""
    match value:
        case Collection(items=items):
            return not items
        case Table(keys=keys):
            return not keys
        case Call(arguments=()):
            return spelled(value.function) in ("list", "dict", "set", "deque", "collections.deque", "bytearray")
    return False
