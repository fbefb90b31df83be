"""The one line after the findings."""

from concurlint.report.next import next_steps
from tests.report.made import ADVICE, SHELL, WRITE

EXPLAIN = "`concurlint explain {code}` tells why and what to do"


def test_the_gravest_rule_that_found_most_is_worth_reading_on():
    assert next_steps([ADVICE, ADVICE, WRITE, WRITE, SHELL], 0) == [f"{EXPLAIN.format(code='CCL401')}; `--fix` mends 1"]
    assert next_steps([ADVICE, ADVICE, WRITE], 0) == [EXPLAIN.format(code="CCL301")]


def test_what_is_held_back_is_counted_on_the_same_line():
    held_back = "2 more findings are less sure or do little harm: `--pedantic` shows them"
    assert next_steps([SHELL], 2) == [f"{EXPLAIN.format(code='CCL401')}; `--fix` mends it; {held_back}"]
    assert next_steps([], 1) == ["1 more finding is less sure or does little harm: `--pedantic` shows it"]
    assert next_steps([], 0) == []
