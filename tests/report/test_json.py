"""JSON: exactly the document that other programs were promised."""

import json
from pathlib import Path

import jsonschema
import pytest

from concurlint.finding import Finding
from concurlint.fingerprint import mark
from concurlint.report.found import Found
from concurlint.report.json import render, render_lines
from tests.report.made import ADVICE, SHELL, SOURCE, WRITE

SCHEMA = json.loads(Path(__file__).with_name("findings.schema.json").read_text(encoding="utf-8"))


def test_a_finding_has_its_keys_in_their_order():
    document = json.loads(render(Found([WRITE], {"app.py": SOURCE}, files=3, seconds=1.23456)))
    expected = {
        "version": 1,
        "findings": [
            {
                "code": "CCL301",
                "name": "shared-write-unlocked",
                "level": "warning",
                "message": "`count` is changed by several threads without a lock",
                "path": "app.py",
                "line": 8,
                "column": 5,
                "end_line": 8,
                "end_column": 15,
                "help": "guard every change with one `threading.Lock`",
                "fixable": False,
                "fix": None,
                "confidence": "high",
                "weight": "high",
                "trace": [
                    {
                        "path": "app.py",
                        "line": 12,
                        "column": 5,
                        "message": "`Thread` has several threads run `work`",
                    }
                ],
                "fingerprint": mark([WRITE], {"app.py": SOURCE})[0].digest,
            }
        ],
        "summary": {"files": 3, "errors": 0, "warnings": 1, "advice": 0, "seconds": 1.235},
    }
    assert json.dumps(document) == json.dumps(expected)


@pytest.mark.parametrize("findings", [[], [SHELL], [WRITE, SHELL, ADVICE]], ids=len)
def test_every_document_keeps_the_schema(findings: list[Finding]):
    jsonschema.validate(json.loads(render(Found(findings))), SCHEMA)


def test_the_schema_refuses_what_is_missing_and_what_is_too_much():
    for change in ({"extra": 1}, {"version": 2}, {"findings": [{}]}):
        document = json.loads(render(Found([SHELL]))) | change
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(document, SCHEMA)


def test_a_document_is_ascii_and_ends_with_a_line_end():
    report = render(Found([SHELL, WRITE]))
    assert report.isascii()
    assert report.endswith("}\n")


def test_lines_are_the_findings_of_the_document_one_on_each():
    found = Found([WRITE, SHELL, ADVICE], {"app.py": SOURCE})
    lines = render_lines(found).splitlines()
    assert [json.loads(line) for line in lines] == json.loads(render(found))["findings"]
    assert render_lines(Found([])) == ""
