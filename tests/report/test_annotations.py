"""Lines that CI services pick out of a log: every part escaped as they want it."""

from dataclasses import replace
from pathlib import Path

from concurlint.finding import Span
from concurlint.report.annotations import render_azure, render_github, render_pylint
from concurlint.report.found import Found
from tests.report.made import ADVICE, SHELL, WRITE

ODD = replace(SHELL, message="`50 %` of\na; b] 💥", span=Span("a,b:c%.py", 1, 2, 1, 4), help="")
BROAD = replace(WRITE, span=Span("app.py", 12, 5, 15, 6))


def test_github_gets_a_command_for_each_finding():
    assert render_github(Found([WRITE, ADVICE])) == (
        "::warning title=concurlint (CCL301 shared-write-unlocked),file=app.py,line=8,endLine=8,col=5,endColumn=15"
        "::`count` is changed by several threads without a lock%0Ahelp: guard every change with one `threading.Lock`\n"
        "::notice title=concurlint (CCL601 subprocess-instead-of-library),file=lib/run.py,line=2,endLine=4"
        "::`ls` does what `os.listdir` does%0Ahelp: use `os.listdir`\n"
    )


def test_github_gets_columns_only_within_one_line():
    assert ",line=12,endLine=15::" in render_github(Found([BROAD]))


def test_github_gets_no_character_that_would_end_a_property_or_a_line():
    assert render_github(Found([ODD])) == (
        "::error title=concurlint (CCL401 shell-string-command),file=a%2Cb%3Ac%25.py,line=1,endLine=1,col=2,endColumn=4"
        "::`50 %25` of%0Aa; b] 💥\n"
    )


def test_azure_gets_an_issue_for_each_finding():
    where = Path("app.py").absolute()
    assert render_azure(Found([WRITE])) == (
        f"##vso[task.logissue type=warning;sourcepath={where};linenumber=8;columnnumber=5;code=CCL301;]"
        "`count` is changed by several threads without a lock\n"
    )
    where = Path("a,b:c").absolute()
    assert render_azure(Found([ODD])) == (
        f"##vso[task.logissue type=error;sourcepath={where}%AZP25.py;linenumber=1;columnnumber=2;code=CCL401;]"
        "`50 %AZP25` of%0Aa%3B b%5D 💥\n"
    )


def test_pylint_has_code_and_name_in_brackets():
    assert render_pylint(Found([WRITE])) == (
        "app.py:8: [CCL301(shared-write-unlocked)] `count` is changed by several threads without a lock\n"
    )


def test_nothing_found_is_nothing_said():
    assert [render(Found([])) for render in (render_github, render_azure, render_pylint)] == ["", "", ""]
