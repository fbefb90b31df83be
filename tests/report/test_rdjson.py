"""Reviewdog's format: valid, the chain as related locations, columns in bytes."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from concurlint.finding import Span
from concurlint.report.found import Found
from concurlint.report.rdjson import render
from tests.report.made import ADVICE, SHELL, SOURCE, WRITE

SCHEMA = json.loads(Path(__file__).with_name("rdjson.schema.json").read_text(encoding="utf-8"))


def diagnostics(found: Found) -> list[dict[str, Any]]:
    """The diagnostics, once the report is known to be valid."""
    report = json.loads(render(found))
    jsonschema.validate(report, SCHEMA)
    assert report["source"] == {"name": "concurlint"}
    return list(report["diagnostics"])


def test_a_diagnostic_has_message_place_code_and_the_chain():
    assert diagnostics(Found([WRITE], {"app.py": SOURCE})) == [
        {
            "message": f"{WRITE.message}. Help: {WRITE.help}",
            "location": {
                "path": "app.py",
                "range": {"start": {"line": 8, "column": 5}, "end": {"line": 8, "column": 15}},
            },
            "severity": "WARNING",
            "code": {"value": "CCL301"},
            "related_locations": [
                {
                    "message": "`Thread` has several threads run `work`",
                    "location": {
                        "path": "app.py",
                        "range": {"start": {"line": 12, "column": 5}, "end": {"line": 15, "column": 6}},
                    },
                }
            ],
        }
    ]


def test_columns_count_bytes():
    odd = replace(SHELL, span=Span("a.py", 1, 3, 1, 5))
    (diagnostic,) = diagnostics(Found([odd], {"a.py": "é𐀀b()\n"}))
    assert diagnostic["location"]["range"] == {"start": {"line": 1, "column": 7}, "end": {"line": 1, "column": 9}}


def test_each_level_has_its_severity():
    found = diagnostics(Found([WRITE, SHELL, ADVICE]))
    assert [diagnostic["severity"] for diagnostic in found] == ["WARNING", "ERROR", "INFO"]
    assert diagnostics(Found([])) == []
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"diagnostics": [{"message": "x"}]}, SCHEMA)
