"""Reads of a child's output that end only when the child has closed it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.catalog.traits import has, may, spelt
from concurlint.facts.records import CallSite, Context, Loop
from concurlint.facts.syntax import Attribute, Call, Expression, Place, spelled
from concurlint.project.callgraph import CallGraph, library_name
from concurlint.project.modules import Code


@dataclass(frozen=True, slots=True, eq=False)
class WholeRead:
    """A pipe read until it ends, by a call (its own, or one that it is handed to) or by a loop over its lines."""

    pipe: Attribute
    at: Place
    order: int
    context: Context
    site: CallSite | None = None
    loop: Loop | None = None


def whole_reads(code: Code, graph: CallGraph) -> list[WholeRead]:
    """The pipes that a function reads to their ends: `p.stdout.read()`, `for line in p.stdout`, `list(p.stdout)`."""
    return sorted(_whole_reads(code, graph), key=lambda read: read.order)


def _whole_reads(code: Code, graph: CallGraph) -> Iterator[WholeRead]:
    for site in code.scope.calls:
        for pipe in _read_by(site, graph):
            yield WholeRead(pipe, site.call.at, site.order, site.context, site)
    for loop in code.scope.loops:
        lines = _lines_of(loop.iterable) if loop.kind == "for" and not loop.leaves else None
        if lines is not None:
            yield WholeRead(lines, loop.at, loop.order, loop.context, loop=loop)


def _read_by(site: CallSite, graph: CallGraph) -> Iterator[Attribute]:
    function = site.call.function
    if isinstance(function, Attribute) and may("reads-all", function.attr) and not site.call.arguments:
        pipe = _pipe(function.value)
        if pipe is not None:
            yield pipe
    handed = [pipe for argument in site.call.arguments if (pipe := _pipe(argument.value)) is not None]
    if handed and any(has("reads-given", library_name(value)) for value in graph.targets(site)):
        yield from handed


def _lines_of(iterable: Expression | None) -> Attribute | None:
    """The pipe whose lines a loop takes: `p.stdout`, `iter(p.stdout.readline, "")`, `enumerate(p.stdout)`."""
    if isinstance(iterable, Call) and iterable.arguments and spelt("same-items", spelled(iterable.function)):
        first = iterable.arguments[0].value
        return _pipe(first.value if isinstance(first, Attribute) and may("reads-line", first.attr) else first)
    return _pipe(iterable) if iterable is not None else None


def _pipe(expression: Expression) -> Attribute | None:
    if not isinstance(expression, Attribute) or not may("reads-pipes", expression.attr):
        return None
    return None if may("waits-for-child", expression.attr) else expression
