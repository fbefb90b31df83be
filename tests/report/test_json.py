"""JSON: exactly the document that other programs were promised."""

import json
from pathlib import Path

import jsonschema
import pytest

from concurlint.finding import Finding
from concurlint.report.json import render
from tests.report.made import ADVICE, SHELL, WRITE

SCHEMA = json.loads(Path(__file__).with_name("findings.schema.json").read_text(encoding="utf-8"))


def test_a_finding_has_its_keys_in_their_order():
    document = json.loads(render([WRITE], files=3, seconds=1.23456))
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
                "trace": [
                    {
                        "path": "app.py",
                        "line": 12,
                        "column": 5,
                        "message": "`Thread` has several threads run `work`",
                    }
                ],
            }
        ],
        "summary": {"files": 3, "errors": 0, "warnings": 1, "advice": 0, "seconds": 1.235},
    }
    assert json.dumps(document) == json.dumps(expected)


@pytest.mark.parametrize("findings", [[], [SHELL], [WRITE, SHELL, ADVICE]], ids=len)
def test_every_document_keeps_the_schema(findings: list[Finding]):
    jsonschema.validate(json.loads(render(findings, files=1, seconds=0)), SCHEMA)


def test_the_schema_refuses_what_is_missing_and_what_is_too_much():
    for change in ({"extra": 1}, {"version": 2}, {"findings": [{}]}):
        document = json.loads(render([SHELL], files=1, seconds=0)) | change
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(document, SCHEMA)


def test_a_document_is_ascii_and_ends_with_a_line_end():
    report = render([SHELL, WRITE], files=2, seconds=0)
    assert report.isascii()
    assert report.endswith("}\n")
