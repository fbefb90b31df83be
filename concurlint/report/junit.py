"""Findings as a JUnit report: each file a suite, each finding a failed test."""

import re
from collections.abc import Sequence
from itertools import groupby
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from concurlint.finding import Finding, Level
from concurlint.report.found import Found
from concurlint.report.text import lines_of

# What no document in XML 1.0 may hold, not even as an entity.
_NO_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(found: Found) -> str:
    """One XML document; without findings it holds one test that passed, for services that refuse an empty one.

    Advice fails no test, as it leaves the exit status alone.
    """
    root = Element("testsuites", _counts("concurlint", found.findings))
    for path, group in groupby(found.findings, key=lambda finding: finding.span.path):
        findings = list(group)
        suite = SubElement(root, "testsuite", _counts(path, findings))
        for finding in findings:
            _case(suite, finding)
    if not found.findings:
        empty = SubElement(root, "testsuite", _counts("concurlint", ()))
        SubElement(empty, "testcase", {"name": "no findings", "classname": "concurlint"})
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _counts(name: str, findings: Sequence[Finding]) -> dict[str, str]:
    failures = sum(finding.level is not Level.ADVICE for finding in findings)
    return {"name": _clean(name), "tests": str(max(len(findings), 1)), "failures": str(failures), "errors": "0"}


def _case(suite: Element, finding: Finding) -> None:
    span = finding.span
    name = f"{finding.code} {finding.name} in line {span.line}, column {span.column}"
    case = SubElement(suite, "testcase", {"name": name, "classname": _clean(span.path)})
    said = _clean("\n".join(lines_of(finding)))
    if finding.level is Level.ADVICE:
        SubElement(case, "system-out").text = said
    else:
        message = _clean(f"{finding.code} {finding.message}")
        SubElement(case, "failure", {"type": finding.level.value, "message": message}).text = said


def _clean(text: str) -> str:
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", text)
