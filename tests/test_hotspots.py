"""Findings of the static side on the lines that a run spent its time on."""

from pathlib import Path

import pytest

from concurlint.heat import Mark
from concurlint.hotspots import hot_findings
from concurlint.report.profiled.html import render
from concurlint.runtime.profile import Profile, Run, StackTime
from concurlint.runtime.samples import Frame, State

APP = """\
import time


async def hot():
    time.sleep(1)


async def cold():
    time.sleep(9)


def crunch(n):
    total = 0
    for i in range(3_000_000):
        total += i * n
    return total


async def computes():
    return crunch(3)
"""


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file, in a project that is the current folder."""
    (tmp_path / "pyproject.toml").write_text("", encoding="utf-8")
    (tmp_path / "app.py").write_text(APP, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "app.py"


def run(app: Path, *spent: tuple[int, State, float]) -> Profile:
    """A run of ten seconds with so much in each line."""
    about = Run(("app.py",), "3.11", "Linux", 2, 0.0, 10.0, 0.01, 1000, "looked at", 0.0, 0.0)
    stacks = [
        StackTime(1, 1, (Frame("f", str(app), line),), {state: seconds}, round(seconds * 100))
        for line, state, seconds in spent
    ]
    return Profile(about, (), (), tuple(stacks))


def test_only_findings_that_cost_time_are_told_most_first(app: Path):
    profile = run(app, (5, State.SLEEP, 2.0), (20, State.HOLDS_GIL, 7.0), (15, State.HOLDS_GIL, 1.0))
    found = hot_findings(profile, set())
    assert [(one.finding.code, one.finding.span.line, one.heat.mark, one.heat.seconds) for one in found] == [
        ("CCL502", 20, Mark.CONFIRMED, 7.0),
        ("CCL501", 5, Mark.CONFIRMED, 2.0),
    ]


def test_a_line_that_a_verdict_judges_is_left_to_it(app: Path):
    assert hot_findings(run(app, (5, State.SLEEP, 2.0)), {("app.py", 5)}) == ()


def test_files_that_are_gone_and_settings_that_are_wrong_are_no_trouble(app: Path):
    profile = run(app, (5, State.SLEEP, 2.0))
    (app.parent / "pyproject.toml").write_text("[tool.concurlint]\nselct = []\n", encoding="utf-8")
    assert hot_findings(profile, set()) == ()
    app.unlink()
    assert hot_findings(profile, set()) == ()


def test_the_page_has_them_below_its_verdicts(app: Path):
    profile = run(app, (5, State.SLEEP, 2.0))
    told = [(one.finding, "2.00 s <b>") for one in hot_findings(profile, set())]
    page = render(profile, [], {str(app): APP}, told)
    assert "finds on hot lines" in page
    assert "<p>2.00 s &lt;b&gt;</p>" in page
    assert "finds on hot lines" not in render(profile, [], {str(app): APP})
