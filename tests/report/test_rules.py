"""The list of rules, as text and JSON."""

import json

from concurlint.finding import Level
from concurlint.report.rules import RuleSummary, render_json, render_text

RULES = [
    RuleSummary("CCL101", "process-outside-main-guard", Level.ERROR, "A process is `started` [too] early.", False),
    RuleSummary("CCL601", "subprocess-instead-of-library", Level.ADVICE, "A library does it.", True),
]


def test_plain_text_has_one_line_for_each_rule_with_tabs():
    assert render_text(RULES) == (
        "CCL101\tprocess-outside-main-guard\terror\t-\tA process is `started` [too] early.\n"
        "CCL601\tsubprocess-instead-of-library\tadvice\tfixable\tA library does it.\n"
    )


def test_json_has_every_rule_with_its_keys_in_order():
    assert json.dumps(json.loads(render_json(RULES))) == json.dumps(
        {
            "version": 1,
            "rules": [
                {
                    "code": "CCL101",
                    "name": "process-outside-main-guard",
                    "level": "error",
                    "summary": "A process is `started` [too] early.",
                    "fixable": False,
                },
                {
                    "code": "CCL601",
                    "name": "subprocess-instead-of-library",
                    "level": "advice",
                    "summary": "A library does it.",
                    "fixable": True,
                },
            ],
        }
    )
