"""Findings as JSON for other programs, version 1."""

import json
from collections.abc import Sequence

from concurlint.finding import Finding, Step
from concurlint.report.statistics import totals

VERSION = 1


def render(findings: Sequence[Finding], *, files: int, seconds: float) -> str:
    """One JSON document with a line end after it; ASCII, so that no encoding of a pipe can spoil it.

    `files` is how many were checked, `seconds` the wall time.
    """
    counts = totals(findings, files)
    document = {
        "version": VERSION,
        "findings": [plain_finding(finding) for finding in findings],
        "summary": {
            "files": counts.files,
            "errors": counts.errors,
            "warnings": counts.warnings,
            "advice": counts.advice,
            "seconds": round(seconds, 3),
        },
    }
    return json.dumps(document, indent=2) + "\n"


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
        "trace": [_step(step) for step in finding.trace],
    }


def _step(step: Step) -> dict[str, object]:
    return {
        "path": step.span.path,
        "line": step.span.line,
        "column": step.span.column,
        "message": step.message,
    }
