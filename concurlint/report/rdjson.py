"""Findings as Reviewdog's diagnostic format, rdjson."""

import json
from collections.abc import Mapping

from concurlint.finding import Finding, Level, Span
from concurlint.report.found import Found
from concurlint.report.frame import split_lines

_SEVERITIES = {Level.ERROR: "ERROR", Level.WARNING: "WARNING", Level.ADVICE: "INFO"}


def render(found: Found) -> str:
    """One JSON document: https://github.com/reviewdog/reviewdog/tree/master/proto/rdf."""
    columns = _Columns(found.texts)
    document = {
        "source": {"name": "concurlint"},
        "severity": "WARNING",
        "diagnostics": [_diagnostic(finding, columns) for finding in found.findings],
    }
    return json.dumps(document, indent=2) + "\n"


class _Columns:
    """Columns of ours, which count characters, as Reviewdog has them: bytes of UTF-8."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._lines: dict[str, list[str]] = {}

    def position(self, path: str, line: int, column: int) -> dict[str, int]:
        if path not in self._lines:
            self._lines[path] = split_lines(self._texts.get(path, ""))
        lines = self._lines[path]
        before = lines[line - 1][: column - 1] if 1 <= line <= len(lines) else ""
        # Beyond what is known of the line each character counts as one.
        return {"line": line, "column": column + len(before.encode("utf-8", "replace")) - len(before)}

    def range(self, span: Span) -> dict[str, object]:
        return {
            "start": self.position(span.path, span.line, span.column),
            "end": self.position(span.path, span.end_line, span.end_column),
        }

    def location(self, span: Span) -> dict[str, object]:
        return {"path": span.path, "range": self.range(span)}


def _diagnostic(finding: Finding, columns: _Columns) -> dict[str, object]:
    says = f"{finding.message}. Help: {finding.help}" if finding.help else finding.message
    diagnostic: dict[str, object] = {
        "message": says,
        "location": columns.location(finding.span),
        "severity": _SEVERITIES[finding.level],
        "code": {"value": finding.code},
    }
    if finding.trace:
        diagnostic["related_locations"] = [
            {"message": step.message, "location": columns.location(step.span)} for step in finding.trace
        ]
    if finding.fix is not None:
        path = finding.span.path
        diagnostic["suggestions"] = [
            {
                "range": columns.range(Span(path, edit.line, edit.column, edit.end_line, edit.end_column)),
                "text": edit.text,
            }
            for edit in finding.fix.edits
        ]
    return diagnostic
