"""Findings as plain text, for pipes, files and editors: one line each, the same on every machine."""

from itertools import groupby

from concurlint.finding import Finding, Span
from concurlint.report.found import Found
from concurlint.report.visible import visible

INDENT = "    "


def render(found: Found) -> str:
    """`path:line:column: CODE message`, below it, indented, the chain and the help; "" without findings."""
    notes = found.notes or [""] * len(found.findings)
    return "".join(
        f"{line}\n" for finding, note in zip(found.findings, notes, strict=True) for line in lines_of(finding, note)
    )


def render_concise(found: Found) -> str:
    """One line for each finding: `path:line:column: CODE message`."""
    return "".join(f"{lines_of(finding)[0]}\n" for finding in found.findings)


def render_grouped(found: Found) -> str:
    """Each file once, below it its findings, then an empty line."""
    lines: list[str] = []
    for path, findings in groupby(found.findings, key=lambda finding: finding.span.path):
        lines.append(f"{visible(path)}:")
        for finding in findings:
            span = finding.span
            lines.append(f"  {span.line}:{span.column} {finding.code} {visible(finding.message)}")
        lines.append("")
    return "".join(f"{line}\n" for line in lines)


def lines_of(finding: Finding, note: str = "") -> list[str]:
    """What is said of one finding: place, code and message, then the chain, what was measured, and the help."""
    lines = [f"{place(finding.span)}: {finding.code} {visible(finding.message)}"]
    lines += [f"{INDENT}{place(step.span)}: {visible(step.message)}" for step in finding.trace]
    if note:
        lines.append(f"{INDENT}measured: {visible(note)}")
    if finding.help:
        lines.append(f"{INDENT}help: {visible(finding.help)}")
    return lines


def place(span: Span) -> str:
    """Where a span starts, as editors and terminals understand it: `path:line:column`."""
    return f"{visible(span.path)}:{span.line}:{span.column}"
