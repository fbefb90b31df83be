"""Findings as lines that a CI service or an editor picks out of a log: GitHub, Azure Pipelines, pylint's form."""

import os

from concurlint.finding import Finding, Level
from concurlint.report.found import Found
from concurlint.report.visible import visible

_GITHUB = {Level.ERROR: "error", Level.WARNING: "warning", Level.ADVICE: "notice"}
# https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands knows these two.
_AZURE = {Level.ERROR: "error", Level.WARNING: "warning", Level.ADVICE: "warning"}


def render_github(found: Found) -> str:
    """Workflow commands of GitHub Actions; each becomes an annotation on its line.

    https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
    """
    return "".join(f"{_github(finding)}\n" for finding in found.findings)


def render_azure(found: Found) -> str:
    """Logging commands of Azure Pipelines."""
    return "".join(f"{_azure(finding)}\n" for finding in found.findings)


def render_pylint(found: Found) -> str:
    """`path:line: [code] message`, as `pylint --output-format=parseable` has it."""
    return "".join(
        f"{visible(f.span.path)}:{f.span.line}: [{f.code}({f.name})] {visible(f.message)}\n" for f in found.findings
    )


def _github(finding: Finding) -> str:
    span = finding.span
    places = {
        "title": f"concurlint ({finding.code} {finding.name})",
        "file": span.path,
        "line": span.line,
        "endLine": span.end_line,
    }
    if span.line == span.end_line:  # for more than one line GitHub wants no columns
        places |= {"col": span.column, "endColumn": span.end_column}
    named = ",".join(f"{key}={_escaped(str(value), property=True)}" for key, value in places.items())
    says = f"{finding.message}\nhelp: {finding.help}" if finding.help else finding.message
    return f"::{_GITHUB[finding.level]} {named}::{_escaped(says)}"


def _escaped(text: str, *, property: bool = False) -> str:
    # File names that are not UTF-8 come from Python with halves of surrogate pairs in them.
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if property else text


def _azure(finding: Finding) -> str:
    span = finding.span
    places = {
        "type": _AZURE[finding.level],
        # The agent wants a path that starts at the root.
        "sourcepath": os.path.abspath(span.path),  # noqa: PTH100
        "linenumber": span.line,
        "columnnumber": span.column,
        "code": finding.code,
    }
    named = "".join(f"{key}={_escaped_azure(str(value))};" for key, value in places.items())
    return f"##vso[task.logissue {named}]{_escaped_azure(finding.message)}"


def _escaped_azure(text: str) -> str:
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    for char, escape in (("%", "%AZP25"), ("\r", "%0D"), ("\n", "%0A"), (";", "%3B"), ("]", "%5D")):
        text = text.replace(char, escape)
    return text
