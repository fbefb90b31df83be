"""Expressions as plain records, with the place each stands at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

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


def children(expression: Expression) -> tuple[Expression, ...]:
    """The direct sub-expressions, in evaluation order; a lambda's body is a scope of its own."""
    found = _CHILDREN.get(type(expression))
    return found(expression) if found is not None else ()


def walk(expression: Expression) -> Iterator[Expression]:
    """The expression and everything below it."""
    waiting = [expression]
    while waiting:
        current = waiting.pop()
        yield current
        found = _CHILDREN.get(type(current))
        if found is not None:
            waiting.extend(reversed(found(current)))


# By type, and not by `match`: every expression of a project is walked through many times.
_CHILDREN: Mapping[type, Callable[[Any], tuple[Expression, ...]]] = {
    **dict.fromkeys((Attribute, Formatted, Await, Walrus, Star), lambda e: (e.value,)),
    Unary: lambda e: (e.operand,),
    Call: lambda e: (e.function, *[argument.value for argument in e.arguments]),
    **dict.fromkeys((Text, Slice), lambda e: e.parts),
    Logic: lambda e: e.values,
    Collection: lambda e: e.items,
    Binary: lambda e: (e.left, e.right),
    Compare: lambda e: (e.left, *[value for _, value in e.rest]),
    Choice: lambda e: (e.test, e.body, e.orelse),
    Item: lambda e: (e.value, *e.index),
    Table: lambda e: (*[key for key in e.keys if key is not None], *e.values),
    Comprehension: lambda e: e.results,
    Yield: lambda e: () if e.value is None else (e.value,),
}


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
