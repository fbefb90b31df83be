"""Runs that were measured and kept: shown again, compared, and set beside what `check` finds."""

import json
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from concurlint.cli import main
from concurlint.runtime.kept import keep
from concurlint.runtime.profile import Profile, Run, StackTime, ThreadTimes
from concurlint.runtime.samples import Frame, State
from concurlint.runtime.saved import save
from tests.report.test_json import SCHEMA

APP = """\
import time


async def hot():
    time.sleep(1)


async def cold():
    time.sleep(9)


def show(name):
    return name
"""

Done = tuple[int, str, str]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of one file, the current folder, and nothing kept yet."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name in ("FORCE_COLOR", "NO_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "project"
    home.mkdir()
    (home / "pyproject.toml").write_text("", encoding="utf-8")
    (home / "app.py").write_text(APP, encoding="utf-8")
    monkeypatch.chdir(home)
    return home


@pytest.fixture
def ask(folder: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """A function that runs the command: status, output, what was said beside it."""

    def ask(*arguments: str) -> Done:
        status = main(list(arguments))
        said = capsys.readouterr()
        return status, said.out, said.err

    return ask


def run_of(app: Path, seconds: float, started: float = 4e9) -> Profile:
    """A run that slept in line 5 of the file all the time."""
    about = Run(("app.py",), "3.11", "Linux", 2, started, seconds, 0.01, round(seconds * 100), "looked at", 0.0, 0.0)
    states = {State.SLEEP: seconds}
    thread = ThreadTimes(1, 1, "MainThread", states, 0.0, 0.0, 0.0, seconds)
    stack = StackTime(1, 1, (Frame("hot", str(app), 5),), states, round(seconds * 100))
    return Profile(about, (thread,), (), (stack,))


def test_findings_are_ranked_by_a_run(folder: Path, ask: Callable[..., Done]):
    save(run_of(folder / "app.py", 8.0), folder / "run.json")
    status, out, err = ask("check", "--profile", "run.json", "app.py")
    lines = [line.strip() for line in out.splitlines()]
    assert status == 1
    assert [line for line in lines if "CCL501" in line or line.startswith("measured")] == [
        "app.py:5:5: CCL501 `time.sleep` blocks the event loop",
        "measured: 8.00 s, sleeps 100%: the run confirms it",
        "app.py:9:5: CCL501 `time.sleep` blocks the event loop",
        "measured: less than 38 ms: cold",
    ]
    assert err.splitlines() == ["2 warnings in 1 file", "1 confirmed by the run, 1 cold"]


def test_what_costs_comes_first_whatever_line_it_is_on(folder: Path, ask: Callable[..., Done]):
    turned = APP.replace("hot", "x").replace("cold", "hot").replace("x", "cold")
    (folder / "app.py").write_text(turned, encoding="utf-8")
    profile = run_of(folder / "app.py", 8.0)
    frames = (Frame("hot", str(folder / "app.py"), 9),)
    save(Profile(profile.run, profile.threads, (), (StackTime(1, 1, frames, {State.SLEEP: 8.0}, 800),)), Path("r.json"))
    out = ask("check", "--profile", "r.json", "--format", "concise")[1]
    assert [line.partition(":")[2][:1] for line in out.splitlines()] == ["9", "5"]


def test_the_figures_are_in_the_json_too(folder: Path, ask: Callable[..., Done]):
    save(run_of(folder / "app.py", 8.0), folder / "run.json")
    document = json.loads(ask("check", "--profile", "run.json", "--format", "json")[1])
    jsonschema.validate(document, SCHEMA)
    assert [found["measured"]["mark"] for found in document["findings"]] == ["confirmed", "cold"]
    assert document["findings"][0]["measured"]["states"] == {"sleep": 8.0}


def test_a_run_made_in_another_folder_is_known_by_the_ends_of_its_paths(folder: Path, ask: Callable[..., Done]):
    save(run_of(Path("/elsewhere/project/app.py"), 8.0), folder / "run.json")
    assert "the run confirms it" in ask("check", "--profile", "run.json")[1]


def test_a_run_of_something_else_is_an_error(folder: Path, ask: Callable[..., Done]):
    save(run_of(Path("/elsewhere/other.py"), 8.0), folder / "run.json")
    assert ask("check", "--profile", "run.json") == (
        2,
        "",
        "concurlint: run.json: the run and what is checked have no file in common\n",
    )
    assert ask("check", "--profile", "missing.json")[2] == (
        "concurlint: missing.json: cannot be read: No such file or directory\n"
    )


def test_files_that_changed_after_the_run_are_told(folder: Path, ask: Callable[..., Done]):
    save(run_of(folder / "app.py", 8.0, started=1e9), folder / "run.json")
    assert "; app.py changed after the run: lines may have moved" in ask("check", "--profile", "run.json")[2]


def test_the_last_runs_are_kept(folder: Path, ask: Callable[..., Done]):
    assert ask("report")[2] == "concurlint: there is no last run; `concurlint profile` keeps one\n"
    keep(run_of(folder / "app.py", 8.0))
    assert ask("compare")[2] == "concurlint: there is no previous run; `concurlint profile` keeps one\n"
    assert ask("report")[1].startswith("app.py: 8.00 s, ")
    keep(run_of(folder / "app.py", 2.0))
    assert ask("report")[1].startswith("app.py: 2.00 s, ")
    assert "CCL501" in ask("check", "--profile", "last")[1]
    status, out, err = ask("compare")
    assert (status, out.splitlines()[0], err) == (0, "app.py: 8.00 s → 2.00 s, 4.0× as fast", "")


def test_the_report_tells_what_check_finds_on_hot_lines(folder: Path, ask: Callable[..., Done]):
    keep(run_of(folder / "app.py", 8.0))
    below = ask("report")[1].partition("findings of `concurlint check` on hot lines:\n")[2]
    assert below.splitlines() == [
        "app.py:5:5: CCL501 `time.sleep` blocks the event loop",
        "    measured: 8.00 s, sleeps 100%: the run confirms it",
        "    help: use `await asyncio.sleep(1)`",
    ]


def test_two_files_are_compared_in_any_form(folder: Path, ask: Callable[..., Done]):
    save(run_of(folder / "app.py", 8.0), folder / "a.json")
    save(run_of(folder / "app.py", 2.0), folder / "b.json")
    out = ask("compare", "a.json", "b.json", "--format", "json", "--html", "page.html")[1]
    assert json.loads(out)["seconds"]["change"]["value"] == -6.0
    assert "4.0× as fast" in (folder / "page.html").read_text(encoding="utf-8")
    assert ask("compare", "a.json", "b.json", "--html", "no/page.html")[0] == 2


def test_a_folder_that_cannot_be_written_keeps_nothing_and_is_no_trouble(folder: Path, monkeypatch: pytest.MonkeyPatch):
    (folder / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("XDG_STATE_HOME", str(folder / "file"))
    keep(run_of(folder / "app.py", 8.0))
