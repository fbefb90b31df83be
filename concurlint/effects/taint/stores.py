"""What is put from elsewhere into a global, an attribute of a class or an item of a container."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.effects.accesses import Location, StateAccesses
from concurlint.effects.program import Program
from concurlint.facts.records import Access
from concurlint.facts.syntax import Attribute, Constant, Expression, Item, Name
from concurlint.project.classes import is_self
from concurlint.project.modules import Code


@dataclass(frozen=True, slots=True)
class Store:
    """An expression that is put there, and the code it stands in; None where what is put there cannot be told."""

    value: Expression | None
    code: Code


class Stores:
    """The stores of all code that is known, but those of a scope to its own names and of methods to `self`."""

    def __init__(self, program: Program) -> None:
        self._project = program.project
        self._accesses = program[StateAccesses]
        self._indexed = 0
        self._by_name: dict[str, list[tuple[Access, Code]]] = {}

    def to(self, location: Location | None) -> Iterator[Store]:
        """What replaces a piece of state: `config.F = x`, `Class.f = x`, `global f` and then `f = x`."""
        for access, code in self._candidates(location):
            if not isinstance(access.target, Item) and self._accesses.locate(access.target, code) == location:
                yield Store(access.value if access.kind == "write" else None, code)

    def to_items(self, location: Location | None, key: Expression | None) -> Iterator[Store]:
        """What is put into a container that is held there, under that key or one that is not known."""
        for access, code in self._candidates(location):
            target = access.target
            if not isinstance(target, Item) or isinstance(target.value, Item) or access.kind == "delete":
                continue
            index = target.index[0] if len(target.index) == 1 else None
            told_apart = isinstance(key, Constant) and isinstance(index, Constant) and key.value != index.value
            if not told_apart and self._accesses.locate(target, code) == location:
                yield Store(access.value if access.kind == "write" else None, code)

    def _candidates(self, location: Location | None) -> list[tuple[Access, Code]]:
        modules = self._project.loaded
        for module in modules[self._indexed :]:
            for code in module.codes:
                for access in code.scope.accesses:
                    name = _stored_name(access, code)
                    if name:
                        self._by_name.setdefault(name, []).append((access, code))
        self._indexed = len(modules)
        return self._by_name.get(location.name, []) if location is not None else []


def _stored_name(access: Access, code: Code) -> str:
    """The last name of what an access stores to; "" for a read, and for what is looked up where the name lives."""
    if access.kind == "read":
        return ""
    target = access.target
    if isinstance(target, Item):
        while isinstance(target, Item):
            target = target.value
        return target.attr if isinstance(target, Attribute) else target.id if isinstance(target, Name) else ""
    if isinstance(target, Name):
        return target.id if target.id in code.scope.globals else ""
    if not isinstance(target, Attribute):
        return ""
    through_self = isinstance(target.value, Name) and is_self(code, target.value.id) is not None
    return "" if through_self else target.attr
