"""Plain text: what stands on which line, and that nothing in a finding can break a line."""

from dataclasses import replace

from concurlint.finding import Span
from concurlint.report.found import Found
from concurlint.report.text import render, render_concise, render_grouped
from tests.report.made import ADVICE, SHELL, WRITE


def test_a_finding_is_one_line_with_its_chain_and_help_below():
    assert render(Found([WRITE])) == (
        "app.py:8:5: CCL301 `count` is changed by several threads without a lock\n"
        "    app.py:12:5: `Thread` has several threads run `work`\n"
        "    help: guard every change with one `threading.Lock`\n"
    )


def test_a_finding_without_chain_and_help_is_one_line():
    assert render(Found([SHELL])) == (
        "lib/run.py:1:1: CCL401 a shell reads this command, and part of it is from the command line\n"
    )


def test_nothing_found_is_nothing_said():
    assert render(Found([])) == ""
    assert render_concise(Found([])) == ""


def test_line_ends_and_escapes_in_paths_and_messages_become_signs():
    odd = replace(SHELL, message="runs `a\nb` \x1b[31m", span=Span("a\r\nb.py", 1, 1, 1, 2))
    assert render(Found([odd])) == "a␍␊b.py:1:1: CCL401 runs `a␊b` ␛[31m\n"


def test_concise_is_one_line_for_each_finding():
    assert render_concise(Found([WRITE, SHELL])) == (
        "app.py:8:5: CCL301 `count` is changed by several threads without a lock\n"
        "lib/run.py:1:1: CCL401 a shell reads this command, and part of it is from the command line\n"
    )


def test_grouped_names_each_file_once():
    assert render_grouped(Found([WRITE, SHELL, ADVICE])) == (
        "app.py:\n"
        "  8:5 CCL301 `count` is changed by several threads without a lock\n"
        "\n"
        "lib/run.py:\n"
        "  1:1 CCL401 a shell reads this command, and part of it is from the command line\n"
        "  2:3 CCL601 `ls` does what `os.listdir` does\n"
        "\n"
    )
    assert render_grouped(Found([])) == ""
