"""Findings as JSON for other programs, version 1."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import TypeAlias

from concurlint.documents import Cell
from concurlint.finding import Finding, Span
from concurlint.report.cells import place_in
from concurlint.report.found import Found
from concurlint.report.statistics import totals

VERSION = 1
Cells: TypeAlias = Mapping[str, tuple[Cell, ...]]


def render(found: Found) -> str:
    """One JSON document with a line end after it; ASCII, so that no encoding of a pipe can spoil it."""
    counts = totals(found.findings, found.files)
    document = {
        "version": VERSION,
        "findings": list(_findings(found)),
        "summary": {
            "files": counts.files,
            "errors": counts.errors,
            "warnings": counts.warnings,
            "advice": counts.advice,
            "seconds": round(found.seconds, 3),
        },
    }
    return json.dumps(document, indent=2) + "\n"


def render_lines(found: Found) -> str:
    """Each finding as one JSON document on a line of its own."""
    return "".join(f"{json.dumps(finding)}\n" for finding in _findings(found))


def _findings(found: Found) -> Iterator[dict[str, object]]:
    extras = found.properties or [{}] * len(found.findings)
    for finding, digest, extra in zip(found.findings, found.digests(), extras, strict=True):
        yield {**plain_finding(finding, found.cells), "fingerprint": digest, **extra}


def plain_finding(finding: Finding, cells: Cells = MappingProxyType({})) -> dict[str, object]:
    """One finding as every JSON report has it; in a notebook with its cell, and the lines of that."""
    return {
        "code": finding.code,
        "name": finding.name,
        "level": finding.level.value,
        "message": finding.message,
        **_place(finding.span, cells, ends=True),
        "help": finding.help,
        "fixable": finding.fixable,
        "fix": None if finding.fix is None else asdict(finding.fix),
        "confidence": finding.confidence.value,
        "weight": finding.weight.value,
        "trace": [{**_place(step.span, cells), "message": step.message} for step in finding.trace],
    }


def _place(span: Span, cells: Cells, *, ends: bool = False) -> dict[str, object]:
    found = place_in(cells[span.path], span) if span.path in cells else None
    seen = span if found is None else found[1]
    cell = {} if found is None else {"cell": found[0].number}
    end = {"end_line": seen.end_line, "end_column": seen.end_column} if ends else {}
    return {"path": seen.path, **cell, "line": seen.line, "column": seen.column, **end}
