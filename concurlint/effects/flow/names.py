"""Which names stand in the expressions of a function, and what it hands out."""

from __future__ import annotations

from collections.abc import Iterator

from concurlint.facts.syntax import Expression, Name, walk
from concurlint.project.modules import Code


def handed_out(code: Code) -> list[Expression]:
    """What a function returns, yields and awaits."""
    values = [given.value for given in (*code.scope.returned, *code.scope.yielded)]
    values += [awaited.value for awaited in code.scope.awaits]
    return [value for value in values if value is not None]


def names_in(code: Code) -> Iterator[Name]:
    """The names that stand in the expressions of a scope, each once."""
    scope = code.scope
    seen: set[int] = set()
    tops: list[Expression | None] = [site.call for site in scope.calls]
    tops += [binding.value for bindings in scope.bindings.values() for binding in bindings if binding.kind != "import"]
    tops += [part for access in scope.accesses for part in (access.target, access.value)]
    tops += [loop.iterable for loop in scope.loops] + [branch.test for branch in scope.branches]
    tops += [entered.manager for entered, _, _ in scope.entered]
    tops += [*handed_out(code), *(raised.value for raised in scope.raised)]
    for top in tops:
        for part in walk(top) if top is not None else ():
            if isinstance(part, Name) and id(part) not in seen:
                seen.add(id(part))
                yield part
