"""Counts of findings, and how they are said."""

from concurlint.report.statistics import RuleCount, Totals, by_rule, totals
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
        RuleCount(2, "CCL601", "subprocess-instead-of-library"),
        RuleCount(1, "CCL301", "shared-write-unlocked"),
        RuleCount(1, "CCL401", "shell-string-command"),
    ]
