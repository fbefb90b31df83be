"""Findings as plain text, for pipes, files and editors: one line each, the same on every machine."""

from collections.abc import Sequence

from concurlint.finding import Finding, Span
from concurlint.report.statistics import by_rule
from concurlint.report.visible import visible

INDENT = "    "


def render(findings: Sequence[Finding], *, statistics: bool = False) -> str:
    """`path:line:column: CODE message`, below it, indented, the chain and the help; "" without findings.

    With `statistics`, one line for each rule that found something follows: count, code, name.
    """
    lines = [line for finding in findings for line in _lines(finding)]
    if statistics:
        lines += _counts(findings)
    return "".join(f"{line}\n" for line in lines)


def _lines(finding: Finding) -> list[str]:
    lines = [f"{place(finding.span)}: {finding.code} {visible(finding.message)}"]
    lines += [f"{INDENT}{place(step.span)}: {visible(step.message)}" for step in finding.trace]
    if finding.help:
        lines.append(f"{INDENT}help: {visible(finding.help)}")
    return lines


def place(span: Span) -> str:
    """Where a span starts, as editors and terminals understand it: `path:line:column`."""
    return f"{visible(span.path)}:{span.line}:{span.column}"


def _counts(findings: Sequence[Finding]) -> list[str]:
    rows = by_rule(findings)
    width = max((len(str(row.count)) for row in rows), default=0)
    return [f"{row.count:>{width}} {row.code} {row.name}" for row in rows]
