"""Findings as GitLab's code quality report."""

import json
import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from concurlint.finding import Finding, Level
from concurlint.report.found import Found

_SEVERITIES = {Level.ERROR: "critical", Level.WARNING: "major", Level.ADVICE: "info"}
_CHECKOUT = "CI_PROJECT_DIR"


def render(found: Found) -> str:
    """One JSON list; paths as seen from the top of the checkout, as far as GitLab's environment tells it.

    https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
    """
    return json.dumps(list(_issues(found)), indent=2) + "\n"


def _issues(found: Found) -> Iterator[dict[str, object]]:
    top = os.environ.get(_CHECKOUT)
    for finding, digest in zip(found.findings, found.digests(), strict=True):
        path = _seen_from(top, finding.span.path)
        # GitLab shows one of those that have the same, whatever file they are in.
        unique = sha256(f"{path}\0{digest}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
        yield {
            "description": f"{finding.code} {finding.message}",
            "check_name": finding.code,
            "fingerprint": unique,
            "severity": _SEVERITIES[finding.level],
            "location": {"path": path, "positions": _positions(finding)},
        }


def _positions(finding: Finding) -> dict[str, dict[str, int]]:
    span = finding.span
    return {
        "begin": {"line": span.line, "column": span.column},
        "end": {"line": span.end_line, "column": span.end_column},
    }


def _seen_from(top: str | None, path: str) -> str:
    if top is None:
        return path
    whole = Path(os.path.abspath(path))  # noqa: PTH100 - a link stays what the user called it
    return whole.relative_to(top).as_posix() if whole.is_relative_to(top) else path
