"""Plain text: what stands on which line, and that nothing in a finding can break a line."""

from dataclasses import replace

from concurlint.finding import Span
from concurlint.report.text import render
from tests.report.made import ADVICE, SHELL, WRITE


def test_a_finding_is_one_line_with_its_chain_and_help_below():
    assert render([WRITE]) == (
        "app.py:8:5: CCL301 `count` is changed by several threads without a lock\n"
        "    app.py:12:5: `Thread` has several threads run `work`\n"
        "    help: guard every change with one `threading.Lock`\n"
    )


def test_a_finding_without_chain_and_help_is_one_line():
    assert render([SHELL]) == (
        "lib/run.py:1:1: CCL401 a shell reads this command, and part of it is from the command line\n"
    )


def test_nothing_found_is_nothing_said():
    assert render([]) == ""
    assert render([], statistics=True) == ""


def test_line_ends_and_escapes_in_paths_and_messages_become_signs():
    odd = replace(SHELL, message="runs `a\nb` \x1b[31m", span=Span("a\r\nb.py", 1, 1, 1, 2))
    assert render([odd]) == "a␍␊b.py:1:1: CCL401 runs `a␊b` ␛[31m\n"


def test_statistics_follow_with_the_largest_count_first_and_then_in_code_order():
    report = render([*[SHELL] * 10, WRITE, ADVICE], statistics=True)
    assert report.splitlines()[-3:] == [
        "10 CCL401 shell-string-command",
        " 1 CCL301 shared-write-unlocked",
        " 1 CCL601 subprocess-instead-of-library",
    ]
