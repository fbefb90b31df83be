"""Findings as JSON for other programs, version 1."""

import json
from collections.abc import Iterator

from concurlint.finding import Finding, Step
from concurlint.report.found import Found
from concurlint.report.statistics import totals

VERSION = 1


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
        yield {**plain_finding(finding), "fingerprint": digest, **extra}


def plain_finding(finding: Finding) -> dict[str, object]:
    """One finding as every JSON report has it."""
    return {
        "code": finding.code,
        "name": finding.name,
        "level": finding.level.value,
        "message": finding.message,
        "path": finding.span.path,
        "line": finding.span.line,
        "column": finding.span.column,
        "end_line": finding.span.end_line,
        "end_column": finding.span.end_column,
        "help": finding.help,
        "fixable": finding.fixable,
        "confidence": finding.confidence.value,
        "weight": finding.weight.value,
        "trace": [_step(step) for step in finding.trace],
    }


def _step(step: Step) -> dict[str, object]:
    return {
        "path": step.span.path,
        "line": step.span.line,
        "column": step.span.column,
        "message": step.message,
    }
