"""A second run: the same words, from the cache where it may be, and no trace where none is wanted."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from concurlint.cache.store import FILE
from concurlint.cli import main

APP = "import helper\n\n\nasync def main():\n    helper.wait()\n"
HELPER = "import time\n\n\ndef wait():\n    time.sleep(1)\n"
COUNT = """\
import threading

LOCK = threading.Lock()


class Count:
    def __init__(self):
        self.n = 0

    def add(self):
        self.n += 1
"""
CACHE = ".concurlint_cache"

Done = tuple[int, str]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of two files, the current folder."""
    home = tmp_path / "project"
    home.mkdir()
    (home / "pyproject.toml").write_text("", encoding="utf-8")
    (home / "app.py").write_text(APP, encoding="utf-8")
    (home / "helper.py").write_text(HELPER, encoding="utf-8")
    monkeypatch.chdir(home)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    return home


@pytest.fixture
def ask(folder: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """A function that runs the command: status and output."""

    def ask(*arguments: str) -> Done:
        status = main(list(arguments))
        return status, capsys.readouterr().out

    return ask


def _loaded(folder: Path, *arguments: str) -> set[str]:
    """The modules that a run in a process of its own has loaded at its end."""
    run = f"concurlint.cli.main({list(arguments)!r})"
    code = f"import sys, concurlint.cli; {run}; sys.stderr.write(chr(10).join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    return set(done.stderr.split())


def test_where_nothing_has_changed_neither_parser_nor_rules_are_loaded(folder: Path, ask: Callable[..., Done]):
    first = ask("check")
    assert first[0] == 1
    assert ask("check") == first == ask("check", "--no-cache")
    loaded = _loaded(folder, "check")
    assert {
        "concurlint.linting",
        "concurlint.analysing",
        "libcst",
        "concurlint.registry",
        "jinja2",
        "rich",
    } & loaded == {"concurlint.linting"}


@pytest.mark.parametrize("name", ["app.py", "helper.py", "pyproject.toml"])
def test_a_change_of_any_file_is_seen(folder: Path, ask: Callable[..., Done], name: str):
    found = ask("check")
    changed = {"app.py": APP.replace("async ", ""), "helper.py": HELPER.replace("sleep(1)", "time()")}
    text = changed.get(name, '[tool.concurlint]\nignore = ["CCL501"]\n')
    (folder / name).write_text(text, encoding="utf-8")
    assert ask("check") != found
    assert ask("check") == ask("check", "--no-cache")


def test_a_file_that_comes_or_goes_is_seen(folder: Path, ask: Callable[..., Done]):
    found = ask("check")
    (folder / "helper.py").rename(folder / "helper2.py")
    assert ask("check") == ask("check", "--no-cache") != found
    (folder / "helper2.py").rename(folder / "helper.py")
    assert ask("check") == found


def test_what_the_documentation_claims_is_seen(folder: Path, ask: Callable[..., Done]):
    (folder / "app.py").write_text(COUNT, encoding="utf-8")
    silent = ask("check")
    (folder / "README.md").write_text("A `Count` can be used from several threads.\n", encoding="utf-8")
    assert ask("check") == ask("check", "--no-cache") != silent


def test_it_keeps_itself_out_of_repositories_and_of_what_is_checked(folder: Path, ask: Callable[..., Done]):
    ask("check")
    assert {path.name for path in (folder / CACHE).iterdir()} == {FILE, ".gitignore", "CACHEDIR.TAG"}
    assert (folder / CACHE / ".gitignore").read_text(encoding="utf-8") == "*\n"
    (folder / CACHE / "app.py").write_text(APP, encoding="utf-8")
    assert ask("check", "--show-files") == (0, "app.py\nhelper.py\n")


def test_no_cache_leaves_nothing_behind(folder: Path, ask: Callable[..., Done]):
    ask("check", "--no-cache")
    assert sorted(path.name for path in folder.iterdir()) == ["app.py", "helper.py", "pyproject.toml"]


def test_the_folder_may_be_another_one(folder: Path, ask: Callable[..., Done]):
    ask("check", "--cache-dir", "here")
    (folder / "pyproject.toml").write_text('[tool.concurlint]\ncache-dir = "there"\n', encoding="utf-8")
    ask("check")
    assert [(folder / name / FILE).exists() for name in ("here", "there", CACHE)] == [True, True, False]


def test_a_script_in_no_project_has_it_with_the_user(folder: Path, ask: Callable[..., Done]):
    (folder / "pyproject.toml").unlink()
    ask("check", "app.py")
    assert not (folder / CACHE).exists()
    assert (folder.parent / "user" / "concurlint" / "scripts" / FILE).exists()


def test_a_cache_that_was_damaged_changes_no_answer(folder: Path, ask: Callable[..., Done]):
    found = ask("check")
    path = folder / CACHE / FILE
    path.write_bytes(b"\xff" * 10_000)
    assert ask("check") == found
    path.unlink()
    path.mkdir()
    assert ask("check") == found


def test_clean_takes_it_away_and_nothing_else(folder: Path, capsys: pytest.CaptureFixture[str]):
    main(["check"])
    (folder / CACHE / "of-somebody").write_text("")
    capsys.readouterr()
    assert main(["clean"]) == 0
    assert capsys.readouterr().err == f"removed {folder / CACHE}\n"
    assert [path.name for path in (folder / CACHE).iterdir()] == ["of-somebody"]
    assert main(["clean"]) == 0
    assert capsys.readouterr().err == f"no cache in {folder / CACHE}\n"
