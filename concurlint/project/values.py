"""What an expression may stand for: library things, project code, objects by where they were made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from concurlint.facts.packing import value
from concurlint.facts.syntax import Call, Expression
from concurlint.project.modules import Code, Module


@value
class Library:
    """Something outside the project, by its public dotted name."""

    name: str


@value
class ModuleOf:
    module: Module


@value
class Namespace:
    """A package of the project without a file of its own."""

    name: str


@value
class Function:
    """A function or lambda of the project."""

    code: Code


@value
class ClassOf:
    """A class of the project."""

    code: Code


@value
class Site:
    """Where an object was made: the call and the code it stands in."""

    code: Code
    call: Expression


@value
class Instance:
    """An object: its class, and where it was made if that is known."""

    of: ClassOf | Library
    site: Site | None = None


@value
class Bound:
    """A method with its object; the function may be a library's."""

    function: Function | Library
    owner: Instance | ClassOf


@value
class Partial:
    """`functools.partial(work, …)`: the call that made it holds the arguments."""

    work: Value
    call: Call
    code: Code


@value
class Parent:
    """`super()` in a method of `code`'s class."""

    code: Code
    owner: Instance | ClassOf


@value
class Literal:
    value: str | bytes | int | float | complex | bool | None


@value
class Coroutine:
    """What calling an `async def` gives."""

    function: Code
    site: Site


@value
class Container:
    """A list, tuple, set, dict or generator made by a display or comprehension, or named by an annotation."""

    kind: str
    code: Code
    origin: Expression
    annotated: bool = False


Value: TypeAlias = (
    Library
    | ModuleOf
    | Namespace
    | Function
    | ClassOf
    | Instance
    | Bound
    | Partial
    | Parent
    | Literal
    | Coroutine
    | Container
)

_MOST = 24


@value
class Values:
    """All that an expression may stand for; `whole` when there is nothing else."""

    items: tuple[Value, ...]
    whole: bool

    def __iter__(self) -> Iterator[Value]:
        return iter(self.items)

    def only(self) -> Value | None:
        """The one value it can have, None where there are several or unknown ones."""
        return self.items[0] if self.whole and len(self.items) == 1 else None

    def used(self) -> Values:
        """What is left where the object is used: None beside others raises there, so it drops out."""
        if len(self.items) < 2 or not any(_is_none(item) for item in self.items):
            return self
        rest = tuple(item for item in self.items if not _is_none(item))
        return Values(rest, self.whole) if rest else self


def _is_none(value: Value) -> bool:
    return isinstance(value, Literal) and value.value is None


UNKNOWN = Values((), False)
NOTHING = Values((), True)


def union(parts: Iterable[Values]) -> Values:
    """Everything that one of the parts may be; too many to follow is unknown in part."""
    filled: list[Values] = []
    whole = True
    for part in parts:
        whole = whole and part.whole
        if part.items:
            filled.append(part)
    if not filled:
        return NOTHING if whole else UNKNOWN
    if len(filled) == 1 and len(filled[0].items) == 1:
        return filled[0] if filled[0].whole == whole else Values(filled[0].items, whole)
    items: dict[Value, None] = {item: None for part in filled for item in part.items}
    if len(items) > _MOST:
        return Values(tuple(items)[:_MOST], False)
    return Values(tuple(items), whole)


def one(value: Value) -> Values:
    """Exactly this value."""
    return Values((value,), True)
