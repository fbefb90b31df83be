"""SARIF: valid by its schema, and what code scanning needs of it."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from concurlint.finding import Confidence, Finding, Level, Span, Weight
from concurlint.fingerprint import mark
from concurlint.report.found import Found
from concurlint.report.sarif import render
from concurlint.rulebook import Page, read_page
from tests.report.made import ADVICE, SHELL, SOURCE, WRITE
from tests.report.profiled.made import BOUND, CALM

# SARIF 2.1.0 by OASIS, from the npm package @microsoft/jest-sarif 1.0.0-beta.0.
SCHEMA = json.loads(Path(__file__).with_name("sarif-2.1.0.schema.json").read_text(encoding="utf-8"))
EVERY = [WRITE, SHELL, ADVICE, BOUND.finding, CALM.finding]


def page(code: str) -> Page:
    """The page of a rule that has one."""
    found = read_page(code)
    assert found is not None
    return found


def run_of(findings: Sequence[Finding], **options: Any) -> dict[str, Any]:
    """The only run of the log, once the log is known to be valid."""
    log = json.loads(render(Found(findings, {"app.py": SOURCE}, **options)))
    jsonschema.Draft4Validator(SCHEMA).validate(log)
    (run,) = log["runs"]
    return dict(run)


def test_the_schema_is_no_rubber_stamp():
    log = json.loads(render(Found(EVERY)))
    log["runs"][0]["results"][0]["level"] = "bad"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft4Validator(SCHEMA).validate(log)


def test_every_finding_is_a_result_that_names_its_rule():
    run = run_of(EVERY)
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == sorted({finding.code for finding in EVERY})
    assert [rules[result["ruleIndex"]]["id"] for result in run["results"]] == [finding.code for finding in EVERY]
    assert [result["level"] for result in run["results"]] == ["warning", "error", "note", "warning", "note"]


def test_a_rule_is_explained_by_its_page():
    rule = next(of for of in run_of(EVERY)["tool"]["driver"]["rules"] if of["id"] == "CCL301")
    assert rule["shortDescription"]["text"] == page("CCL301").summary
    assert rule["help"]["markdown"] == page("CCL301").text


def test_a_result_has_its_message_help_region_and_the_chain_to_it():
    result = run_of([WRITE])["results"][0]
    assert result["message"]["text"] == (
        "`count` is changed by several threads without a lock. Help: guard every change with one `threading.Lock`"
    )
    assert result["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "app.py", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 8, "startColumn": 5, "endLine": 8, "endColumn": 15},
            }
        }
    ]
    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [step["location"]["message"]["text"] for step in steps] == [
        "`Thread` has several threads run `work`",
        "`count` is changed by several threads without a lock",
    ]
    (related,) = result["relatedLocations"]
    assert (related["id"], related["message"]["text"]) == (1, "`Thread` has several threads run `work`")
    assert related["physicalLocation"]["region"]["startLine"] == 12


def test_a_result_is_known_again_when_its_line_has_moved():
    result = run_of([WRITE])["results"][0]
    assert result["partialFingerprints"] == {"concurlint/v1": mark([WRITE], {"app.py": SOURCE})[0].digest}


def test_what_went_wrong_inside_is_told():
    assert run_of([])["invocations"] == [{"executionSuccessful": True}]
    assert run_of([], troubles=["CCL301 failed"])["invocations"] == [
        {
            "executionSuccessful": False,
            "toolExecutionNotifications": [{"level": "error", "message": {"text": "CCL301 failed"}}],
        }
    ]


@pytest.mark.parametrize(
    ("path", "artifact"),
    [
        ("a folder/ä%.py", {"uri": "a%20folder/%C3%A4%25.py", "uriBaseId": "%SRCROOT%"}),
        ("/tmp/app.py", {"uri": "file:///tmp/app.py"}),
        ("bad\udcff.py", {"uri": "bad%FF.py", "uriBaseId": "%SRCROOT%"}),
    ],
)
def test_paths_are_uris(path: str, artifact: dict[str, str]):
    finding = Finding("CCL001", "unreadable-file", Level.ERROR, "`x` cannot be read", Span(path, 1, 1, 1, 1))
    location = run_of([finding])["results"][0]["locations"][0]["physicalLocation"]
    assert location == {"artifactLocation": artifact, "region": {"startLine": 1, "startColumn": 1}}


def test_what_else_is_known_of_a_finding_is_kept():
    results = run_of([WRITE, SHELL], properties=[{"saves": [0.5, 1.0]}, {}])["results"]
    graded = {"confidence": "high", "weight": "high"}
    assert [result["properties"] for result in results] == [{**graded, "saves": [0.5, 1.0]}, graded]


def test_a_result_ranks_by_its_harm_in_the_measure_that_it_is_sure():
    unsure = replace(WRITE, confidence=Confidence.MIDDLE, weight=Weight.MIDDLE)
    run = run_of([WRITE, unsure, replace(SHELL, confidence=Confidence.LOW)])
    assert [result["rank"] for result in run["results"]] == [100.0, 42.0, 30.0]
    assert [rule["properties"]["precision"] for rule in run["tool"]["driver"]["rules"]] == ["high", "low"]


def test_no_finding_is_a_run_without_results():
    assert run_of([])["results"] == []
