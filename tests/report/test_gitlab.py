"""GitLab's code quality report: valid, with paths from the top and fingerprints of their own."""

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from concurlint.report.found import Found
from concurlint.report.gitlab import render
from tests.report.made import ADVICE, SHELL, SOURCE, WRITE

SCHEMA = json.loads(Path(__file__).with_name("gitlab.schema.json").read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("CI_PROJECT_DIR", raising=False)


def issues(*findings) -> list[dict[str, Any]]:
    """The issues, once the report is known to be valid."""
    report = json.loads(render(Found(findings, {"app.py": SOURCE})))
    jsonschema.validate(report, SCHEMA)
    return list(report)


def test_an_issue_has_what_gitlab_shows():
    (issue,) = issues(WRITE)
    assert {**issue, "fingerprint": ""} == {
        "description": "CCL301 `count` is changed by several threads without a lock",
        "check_name": "CCL301",
        "fingerprint": "",
        "severity": "major",
        "location": {
            "path": "app.py",
            "positions": {"begin": {"line": 8, "column": 5}, "end": {"line": 8, "column": 15}},
        },
    }


def test_each_level_has_its_severity_and_each_issue_a_fingerprint_of_its_own():
    found = issues(WRITE, SHELL, ADVICE, WRITE)
    assert [issue["severity"] for issue in found] == ["major", "critical", "info", "major"]
    assert len({issue["fingerprint"] for issue in found}) == 4


def test_paths_start_at_the_top_of_the_checkout(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    monkeypatch.setenv("CI_PROJECT_DIR", os.fspath(tmp_path))
    assert [issue["location"]["path"] for issue in issues(WRITE)] == ["sub/app.py"]


def test_nothing_found_is_an_empty_list():
    assert issues() == []
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate([{}], SCHEMA)
