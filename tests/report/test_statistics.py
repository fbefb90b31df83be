"""Counts of findings, and how they are said."""

import json
from dataclasses import replace

from concurlint.finding import Level
from concurlint.report.found import Found
from concurlint.report.statistics import RuleCount, Totals, by_rule, render, render_json, totals
from tests.report.made import ADVICE, SHELL, WRITE


def test_findings_are_counted_by_level():
    assert totals([SHELL, WRITE, WRITE, ADVICE], 14) == Totals(files=14, errors=1, warnings=2, advice=1)


def test_the_summary_names_each_level_that_occurs():
    assert Totals(14, 2, 1, 0).summary() == "2 errors, 1 warning in 14 files"
    assert Totals(1, 1, 0, 2).summary() == "1 error, 2 pieces of advice in 1 file"
    assert Totals(3, 0, 2, 1).summary() == "2 warnings, 1 piece of advice in 3 files"


def test_the_summary_says_so_if_nothing_was_found():
    assert Totals(14, 0, 0, 0).summary() == "no findings in 14 files"
    assert Totals(0, 0, 0, 0).summary() == "no findings in 0 files"


def test_rules_are_counted_with_the_largest_count_first_and_then_in_code_order():
    assert by_rule([ADVICE, SHELL, WRITE, ADVICE]) == [
        RuleCount("CCL601", "subprocess-instead-of-library", Level.ADVICE, 2, False),
        RuleCount("CCL301", "shared-write-unlocked", Level.WARNING, 1, False),
        RuleCount("CCL401", "shell-string-command", Level.ERROR, 1, True),
    ]


def test_the_level_of_a_count_is_that_of_the_gravest_finding():
    assert [row.level for row in by_rule([WRITE, replace(WRITE, level=Level.ERROR), WRITE])] == [Level.ERROR]


def test_counts_are_lines_of_text():
    assert render(Found([*[SHELL] * 10, WRITE, ADVICE])) == (
        "10 CCL401 shell-string-command\n 1 CCL301 shared-write-unlocked\n 1 CCL601 subprocess-instead-of-library\n"
    )
    assert render(Found([])) == ""


def test_counts_are_a_list_in_json():
    assert json.loads(render_json(Found([SHELL, WRITE, SHELL]))) == [
        {"code": "CCL401", "name": "shell-string-command", "level": "error", "count": 2, "fixable": True},
        {"code": "CCL301", "name": "shared-write-unlocked", "level": "warning", "count": 1, "fixable": False},
    ]
    assert json.loads(render_json(Found([]))) == []
