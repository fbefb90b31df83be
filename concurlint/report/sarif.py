"""Findings as SARIF 2.1.0, for code scanning and editors."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from urllib.parse import quote

from concurlint.finding import Confidence, Finding, Fix, Level, Span, Step, Weight
from concurlint.report.found import Found
from concurlint.rulebook import Page, read_page
from concurlint.version import __version__

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Level.ERROR: "error", Level.WARNING: "warning", Level.ADVICE: "note"}
_PRECISIONS = {Confidence.HIGH: "high", Confidence.MIDDLE: "medium", Confidence.LOW: "low"}
_SURE = {Confidence.HIGH: 1.0, Confidence.MIDDLE: 0.7, Confidence.LOW: 0.3}
_HEAVY = {Weight.HIGH: 100.0, Weight.MIDDLE: 60.0, Weight.LOW: 20.0}
_ROOT = "%SRCROOT%"
_FINGERPRINT = "concurlint/v1"


def render(found: Found) -> str:
    """One SARIF log with one run and a line end after it."""
    rules = {finding.code: finding for finding in found.findings}
    surest = {finding.code: finding.confidence for finding in sorted(found.findings, key=_sureness)}
    codes = sorted(rules)
    extras = found.properties or [{}] * len(found.findings)
    run = {
        "tool": {
            "driver": {
                "name": "concurlint",
                "version": __version__,
                "semanticVersion": __version__,
                "rules": [_rule(rules[code], surest[code], read_page(code)) for code in codes],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The folder concurlint ran in"}}},
        "invocations": [_invocation(found.troubles)],
        "results": [
            _result(finding, codes.index(finding.code), extra, digest)
            for finding, extra, digest in zip(found.findings, extras, found.digests(), strict=True)
        ],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _invocation(troubles: Sequence[str]) -> dict[str, object]:
    invocation: dict[str, object] = {"executionSuccessful": not troubles}
    if troubles:
        told = [{"level": "error", "message": {"text": trouble}} for trouble in troubles]
        invocation["toolExecutionNotifications"] = told
    return invocation


def _sureness(finding: Finding) -> float:
    return _SURE[finding.confidence]


def _rank(finding: Finding) -> float:
    """How much the result matters, from 0 to 100: the harm, in the measure that it is sure."""
    return round(_HEAVY[finding.weight] * _sureness(finding), 1)


def _rule(finding: Finding, surest: Confidence, page: Page | None) -> dict[str, object]:
    rule: dict[str, object] = {
        "id": finding.code,
        "name": finding.name,
        "defaultConfiguration": {"level": _LEVELS[finding.level]},
        "properties": {"tags": ["concurrency"], "precision": _PRECISIONS[surest]},
    }
    if page is not None:
        rule["shortDescription"] = {"text": page.summary}
        rule["help"] = {"text": page.text, "markdown": page.text}
    return rule


def _result(finding: Finding, rule: int, extra: Mapping[str, object], digest: str) -> dict[str, object]:
    says = f"{finding.message}. Help: {finding.help}" if finding.help else finding.message
    result: dict[str, object] = {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": _LEVELS[finding.level],
        "rank": _rank(finding),
        "message": {"text": says},
        "locations": [_location(finding.span)],
        "partialFingerprints": {_FINGERPRINT: digest},
    }
    if finding.trace:
        result["relatedLocations"] = [
            {"id": number, **_location(step.span, step.message)} for number, step in enumerate(finding.trace, start=1)
        ]
        steps = [{"location": _location(step.span, step.message)} for step in (*finding.trace, _here(finding))]
        result["codeFlows"] = [{"threadFlows": [{"locations": steps}]}]
    if finding.fix is not None:
        result["fixes"] = [_fix(finding.span.path, finding.fix)]
    graded = {"confidence": finding.confidence.value, "weight": finding.weight.value}
    result["properties"] = {**graded, **extra}
    return result


def _fix(path: str, fix: Fix) -> dict[str, object]:
    """https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html#_Toc34317881"""
    replacements = [
        {
            "deletedRegion": {
                "startLine": edit.line,
                "startColumn": edit.column,
                "endLine": edit.end_line,
                "endColumn": edit.end_column,
            },
            "insertedContent": {"text": edit.text},
        }
        for edit in fix.edits
    ]
    changes = [{"artifactLocation": _artifact(path), "replacements": replacements}]
    return {"description": {"text": fix.says}, "artifactChanges": changes}


def _here(finding: Finding) -> Step:
    return Step(finding.span, finding.message)


def _location(span: Span, message: str = "") -> dict[str, object]:
    location: dict[str, object] = {
        "physicalLocation": {"artifactLocation": _artifact(span.path), "region": _region(span)}
    }
    if message:
        location["message"] = {"text": message}
    return location


def _region(span: Span) -> dict[str, int]:
    region = {"startLine": max(1, span.line), "startColumn": max(1, span.column)}
    if (span.end_line, span.end_column) > (span.line, span.column):
        region |= {"endLine": span.end_line, "endColumn": max(1, span.end_column)}
    return region


def _artifact(path: str) -> dict[str, str]:
    """A relative path hangs below the folder of the run, an absolute one stands for itself."""
    # File names that are not UTF-8 come from Python with halves of surrogate pairs in them.
    uri = quote(path.replace(os.sep, "/").encode("utf-8", "surrogateescape"))
    if PurePath(path).is_absolute():
        return {"uri": f"file://{uri}" if uri.startswith("/") else f"file:///{uri}"}
    return {"uri": uri, "uriBaseId": _ROOT}
