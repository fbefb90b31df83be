"""Futures that are kept in a name, an attribute or a container, and whether anybody there asks for their result."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from concurlint.catalog.traits import has, listed, may
from concurlint.effects.flow.names import handed_out, names_in
from concurlint.effects.flow.uses import is_dropped
from concurlint.effects.program import Program
from concurlint.facts.records import Access, CallSite
from concurlint.facts.syntax import (
    Attribute,
    Call,
    Collection,
    Comprehension,
    Expression,
    Item,
    Name,
    Star,
    Table,
    walk,
)
from concurlint.project.callgraph import library_name
from concurlint.project.classes import holder
from concurlint.project.modules import Code

_MOST_PLACES = 4


@dataclass(frozen=True, slots=True)
class _Local:
    """A name, in the scope it belongs to."""

    home: Code
    name: str


_Place: TypeAlias = _Local | str
"""Where something is kept: a name, or the name of an attribute, of whatever object."""

_NOWHERE = ""


class KeptFutures:
    """Follows futures to where they are put, and looks at every use of that place."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._evaluator = program.evaluator

    def are_never_asked(self, code: Code, site: CallSite) -> bool:
        """Whether all that is done with what a call gave is to keep it, count it, cancel it or wait for its end."""
        return self._is_idle(site.call, code, 0)

    def _is_idle(self, kept: Expression, code: Code, depth: int) -> bool:
        sinks = list(self._sinks(kept, code))
        if not sinks or None in sinks or depth > _MOST_PLACES:
            return False
        return all(place == _NOWHERE or self._asks_nothing(place, depth) for place in sinks if place is not None)

    def _sinks(self, kept: Expression, code: Code) -> Iterator[_Place | None]:
        """The places something is put into; None where it goes to somebody of whom nothing is known."""
        for name, bindings in code.scope.bindings.items():
            for binding in bindings:
                if binding.value is not None and _holds(binding.value, kept):
                    plain = binding.kind in ("assign", "annotate") and not binding.path
                    yield self._local(name, code) if plain else None
        for access in code.scope.accesses:
            if access.kind == "write" and access.value is not None and _holds(access.value, kept):
                yield self._place(access.target, code)
        for site in code.scope.calls:
            if any(_holds(argument.value, kept) for argument in site.call.arguments):
                yield _NOWHERE if self._only_waits(site, code) else self._added_to(site, code)
        if any(_holds(value, kept) for value in handed_out(code)):
            yield None

    def _local(self, name: str, code: Code) -> _Place | None:
        home = holder(code, name) or code.module.body
        return None if home.scope.kind == "class" else _Local(home, name)

    def _place(self, target: Expression, code: Code) -> _Place | None:
        while isinstance(target, Item):
            target = target.value
        if isinstance(target, Name):
            return self._local(target.id, code)
        return target.attr if isinstance(target, Attribute) else None

    def _added_to(self, site: CallSite, code: Code) -> _Place | None:
        function = site.call.function
        if isinstance(function, Attribute) and (may("adds-behind", function.attr) or may("grows", function.attr)):
            return self._place(function.value, code)
        if isinstance(function, Attribute) and may("resizes", function.attr) and site.dropped:
            return self._place(function.value, code)
        return None

    def _only_waits(self, site: CallSite, code: Code) -> bool:
        """`wait(futures)`, which looks at no result, and whose own result nobody looks at."""
        names = {library_name(value) for value in self._graph.targets(site)} - {""}
        return bool(names) and all(has("waits-for-end", name) for name in names) and is_dropped(code, site)

    # the uses of a place

    def _asks_nothing(self, place: _Place, depth: int) -> bool:
        uses = list(self._uses(place))
        if isinstance(place, _Local):
            total = sum(part.scope.uses.get(_plain(place.name, part), 0) for part in self._parts(place))
            if total > len(uses) or self._is_imported(place):
                return False
        elif not uses and not place.startswith("_"):
            return False  # users may ask it
        return all(self._is_harmless(use, code, place, depth) for use, code in uses)

    @staticmethod
    def _parts(place: _Local) -> Iterator[Code]:
        """The code in which the name is this one."""
        wanted = None if place.home.scope.kind == "module" else place.home
        return (part for part in place.home.family() if holder(part, place.name) is wanted)

    def _is_imported(self, place: _Local) -> bool:
        """Whether another module may get at a name of a module body."""
        if place.home.scope.kind != "module":
            return False
        reads = (access.target for _, access in self._reads)
        return place.name in self._imported_names or any(
            isinstance(target, Attribute) and target.attr == place.name for target in reads
        )

    @cached_property
    def _imported_names(self) -> frozenset[str]:
        return frozenset(
            binding.imported.name
            for code in self._graph.edges
            for bindings in code.scope.bindings.values()
            for binding in bindings
            if binding.imported is not None and binding.imported.name is not None
        )

    @cached_property
    def _reads(self) -> tuple[tuple[Code, Access], ...]:
        """All reads of attributes in the program."""
        return tuple(
            (code, access)
            for code in self._graph.edges
            for access in code.scope.accesses
            if access.kind == "read" and isinstance(access.target, Attribute)
        )

    def _uses(self, place: _Place) -> Iterator[tuple[Expression, Code]]:
        if isinstance(place, str):
            for code, access in self._reads:
                if isinstance(access.target, Attribute) and access.target.attr == place:
                    yield access.target, code
            return
        for part in self._parts(place):
            yield from ((name, part) for name in names_in(part) if name.id == place.name)

    def _is_harmless(self, use: Expression, code: Code, place: _Place, depth: int) -> bool:
        scope = code.scope
        for site in scope.calls:
            function = site.call.function
            if isinstance(function, Attribute) and _base(function.value) is use:
                if may("asks-nothing", function.attr) or (may("resizes", function.attr) and site.dropped):
                    return True
                return bool(may("view", function.attr) and self._is_looped(site.call, code, place, depth))
            if any(argument.value is use for argument in site.call.arguments):
                return self._takes_harmlessly(site, code, place, depth)
        if any(access.kind != "read" and _base(access.target) is use for access in scope.accesses):
            return True
        if any(_is_tested(branch.test, use) for branch in scope.branches):
            return True
        return self._is_looped(use, code, place, depth)

    def _takes_harmlessly(self, site: CallSite, code: Code, place: _Place, depth: int) -> bool:
        if self._only_waits(site, code):
            return True
        names = {library_name(value) for value in self._graph.targets(site)} - {""}
        if names and all(listed("as-many", name) or has("waits-for-futures", name) for name in names):
            return self._is_looped(site.call, code, place, depth)
        function = site.call.function
        if isinstance(function, Attribute) and may("adds-behind", function.attr):
            inner = self._place(function.value, code)
            known = inner is not None and inner != place and depth < _MOST_PLACES
            return known and inner is not None and self._asks_nothing(inner, depth + 1)
        return bool(names) and all(listed("only-looks", name) and not listed("uses-up", name) for name in names)

    def _is_looped(self, iterable: Expression, code: Code, place: _Place, depth: int) -> bool:
        """Whether a loop goes through the futures and does no more than ask whether they are done, or cancel them."""
        loops = [loop for loop in code.scope.loops if loop.iterable is iterable]
        if depth >= _MOST_PLACES:
            return False
        if not loops:
            around = [site for site in code.scope.calls if any(a.value is iterable for a in site.call.arguments)]
            return bool(around) and all(self._takes_harmlessly(site, code, place, depth + 1) for site in around)
        for loop in loops:
            names = [part.id for part in walk(loop.target) if isinstance(part, Name)] if loop.target is not None else []
            for name in names:
                if not self._asks_nothing_but(_Local(code, name), place, depth + 1):
                    return False
        return True

    def _asks_nothing_but(self, item: _Local, place: _Place, depth: int) -> bool:
        """The same of the variable of a loop; putting it back where it was is nothing either."""
        for use, part in self._uses(item):
            if self._is_harmless(use, part, item, depth):
                continue
            if not any(found == place for found in self._sinks(use, part)):
                return False
        return True


def _holds(value: Expression, kept: Expression) -> bool:
    """Whether an expression is something, or a display or comprehension of it."""
    match value:
        case Collection(items=items):
            return any(_holds(item, kept) for item in items)
        case Table(values=values):
            return any(_holds(each, kept) for each in (*value.keys, *values) if each is not None)
        case Comprehension(results=results):
            return any(_holds(result, kept) for result in results)
        case Star(value=inner):
            return _holds(inner, kept)
    return value is kept


def _base(expression: Expression) -> Expression:
    while isinstance(expression, Item):
        expression = expression.value
    return expression


def _is_tested(test: Expression, use: Expression) -> bool:
    """Whether a test looks at the thing itself and hands it to nobody."""
    return any(part is use for part in walk(test)) and not any(
        isinstance(part, Call) and any(each is use for each in walk(part)) for part in walk(test)
    )


def _plain(name: str, code: Code) -> str:
    return name if name in code.scope.uses else name.partition("@")[0]
