"""JSON: exactly the document that other programs were promised."""

import json

from concurlint.report.found import Found
from concurlint.report.json import render as render_findings
from concurlint.report.profiled.json import render
from concurlint.runtime.saved import from_json
from tests.report.profiled.made import BOUND, CALM, EMPTY, PROFILE


def test_findings_are_as_in_check_and_predictions_name_their_code():
    document = json.loads(render(PROFILE, [BOUND, CALM]))
    assert list(document) == ["version", "findings", "predictions", "changes", "tasks", "trials", "profile"]
    checked = json.loads(render_findings(Found([BOUND.finding, CALM.finding])))
    found = [{key: value for key, value in finding.items() if key != "fingerprint"} for finding in checked["findings"]]
    assert (document["version"], document["findings"]) == (1, found)
    assert document["predictions"] == [
        {"code": "CCL901", "suggestion": "processes", "cores": 2, "low": 1.389, "high": 1.667},
        {"code": "CCL901", "suggestion": "processes", "cores": 8, "low": 1.471, "high": 1.724},
    ]


def test_the_profile_in_it_is_read_back_as_it_was():
    for profile in (PROFILE, EMPTY):
        text = render(profile, [])
        assert from_json(json.dumps(json.loads(text)["profile"])) == profile
        assert text.isascii()
        assert text.endswith("}\n")
