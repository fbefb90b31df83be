"""The list of rules, as text and JSON."""

import csv
import json

from concurlint.finding import Level
from concurlint.report.rules import (
    RuleSummary,
    render_csv,
    render_json,
    render_json_lines,
    render_markdown,
    render_text,
)

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


def test_each_rule_is_a_line_of_json():
    assert [json.loads(line) for line in render_json_lines(RULES).splitlines()] == json.loads(render_json(RULES))[
        "rules"
    ]


def test_a_spreadsheet_reads_every_cell():
    assert list(csv.reader(render_csv(RULES).splitlines())) == [
        ["code", "name", "level", "fixable", "summary"],
        ["CCL101", "process-outside-main-guard", "error", "-", "A process is `started` [too] early."],
        ["CCL601", "subprocess-instead-of-library", "advice", "fixable", "A library does it."],
    ]


def test_a_table_in_markdown_has_no_bar_in_a_cell():
    odd = RuleSummary("CCL402", "needless-shell", Level.WARNING, "A `a | b`.", False)
    assert render_markdown([odd]) == (
        "| code | name | level | fixable | says |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| CCL402 | needless-shell | warning | - | A `a \\| b`. |\n"
    )
