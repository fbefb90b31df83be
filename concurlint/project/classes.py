"""Classes of the project: bases, method resolution, and the attributes their methods set."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from concurlint.facts.records import Access, Binding
from concurlint.facts.syntax import Attribute, Name
from concurlint.project.bindings import bound_once
from concurlint.project.inference import Inference
from concurlint.project.modules import Code
from concurlint.project.values import ClassOf, Library


def holder(code: Code, name: str) -> Code | None:
    """The code object in whose scope `name` lives when it is used in `code`; None for globals."""
    current: Code | None = code
    while current is not None and current.scope.kind != "module":
        scope = current.scope
        if name in scope.globals:
            return None
        if name in scope.bindings and name not in scope.nonlocals and (scope.kind != "class" or current is code):
            return current
        current = current.parent
    return None


def is_self(code: Code, name: str) -> Code | None:
    """The class whose instance (or itself) `name` is in `code`: the first parameter of a method around."""
    home = holder(code, name)
    if home is None or not home.scope.parameters or home.scope.parameters[0].name != name:
        return None
    return home.owner if home.self_name() == name and bound_once(name, home) is not None else None


@cache
def attribute_writes(cls: Code) -> dict[str, list[tuple[Access, Code]]]:
    """The writes of `self.x` in the methods of the class itself, by attribute."""
    found: dict[str, list[tuple[Access, Code]]] = {}
    for code in cls.family():
        if code is cls:
            continue
        for access in code.scope.accesses:
            target = access.target
            if access.kind == "read" or not isinstance(target, Attribute) or not isinstance(target.value, Name):
                continue
            if is_self(code, target.value.id) is cls:
                found.setdefault(target.attr, []).append((access, code))
    return found


def lineage(evaluator: Inference, cls: Code) -> tuple[tuple[Code, ...], tuple[str, ...], bool]:
    """The class and its project bases in resolution order, its library bases, and whether all are known."""
    codes: dict[Code, None] = {}
    libraries: dict[str, None] = {}
    known = True

    def visit(current: Code, depth: int) -> None:
        nonlocal known
        if current in codes or depth > 20:
            return
        codes[current] = None
        for argument in current.scope.bases:
            if argument.keyword is not None:
                continue
            values = evaluator.values(argument.value, current.parent or current)
            if not values.items:
                known = False
            for value in values:
                if isinstance(value, ClassOf):
                    visit(value.code, depth + 1)
                elif isinstance(value, Library):
                    libraries.update(dict.fromkeys(evaluator.roles.ancestry(value.name)))

    visit(cls, 0)
    return tuple(codes), tuple(libraries), known


def class_bindings(codes: tuple[Code, ...], attr: str) -> Iterator[tuple[Code, list[Binding]]]:
    """Where the class bodies bind `attr`, nearest first."""
    for code in codes:
        bindings = code.scope.bindings.get(attr)
        if bindings:
            yield code, bindings
