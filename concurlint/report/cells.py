"""Findings in notebooks at their cells and the lines in them, as people and other programs look for them."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from concurlint.documents import Cell, cell_at
from concurlint.finding import Finding, Span
from concurlint.report.found import Found

_Move = Callable[[Span], Span]


def in_cells(found: Found) -> Found:
    """For people: a cell is a file of its own, `analysis.ipynb:cell 3`, with its own lines and text."""
    if not found.cells:
        return found
    texts = {
        called(path, cell): cell.source for path, cells in found.cells.items() if path in found.texts for cell in cells
    }
    findings = [_moved(finding, lambda span: _in_cell(found, span)) for finding in found.findings]
    return replace(found, findings=findings, texts={**found.texts, **texts}, cells={}, marks=found.digests())


def at_top(found: Found) -> Found:
    """For programs that know files and lines only: at the top of the file, the cell and its line in the message."""
    if not found.cells:
        return found
    findings = [_told(finding, found) for finding in found.findings]
    return replace(found, findings=findings, cells={}, marks=found.digests())


def place_in(cells: Sequence[Cell], span: Span) -> tuple[Cell, Span] | None:
    """The cell a span is in and the span as seen from there."""
    cell = cell_at(tuple(cells), span.line)
    if cell is None:
        return None
    by = cell.start - 1
    return cell, replace(span, line=span.line - by, end_line=span.end_line - by)


def called(path: str, cell: Cell) -> str:
    """How a cell is called."""
    return f"{path}:cell {cell.number}"


def _moved(finding: Finding, move: _Move) -> Finding:
    trace = tuple(replace(step, span=move(step.span)) for step in finding.trace)
    return replace(finding, span=move(finding.span), trace=trace)


def _in_cell(found: Found, span: Span) -> Span:
    place = place_in(found.cells.get(span.path, ()), span)
    return span if place is None else replace(place[1], path=called(span.path, place[0]))


def _told(finding: Finding, found: Found) -> Finding:
    def told(span: Span, message: str) -> str:
        place = place_in(found.cells.get(span.path, ()), span)
        return message if place is None else f"cell {place[0].number}, line {place[1].line}: {message}"

    trace = tuple(replace(step, message=told(step.span, step.message)) for step in finding.trace)
    here = replace(finding, message=told(finding.span, finding.message), trace=trace)
    return _moved(here, lambda span: Span(span.path, 1, 1, 1, 2) if span.path in found.cells else span)
