"""Runs that follow one another: the same answers as a single run, from what changed alone."""

from pathlib import Path

import pytest

from concurlint import linting
from concurlint.cache.place import Caching
from concurlint.config import load
from concurlint.facts import parsing
from concurlint.facts.parsing import parse
from concurlint.facts.records import Parsed
from concurlint.session import Checked, Options, Session
from concurlint.source import SourceFile
from tests.linked import Files

PROJECT: Files = {
    "pyproject.toml": "",
    "app.py": "import helper\n\n\nasync def main():\n    helper.wait()\n",
    "helper.py": "import time\n\n\ndef wait():\n    time.sleep(1)\n",
    "other.py": "import time\n\n\nasync def other():\n    time.sleep(1)\n",
}
CALM = b"def wait():\n    return 1\n"


def places(checked: Checked) -> list[tuple[str, str, int]]:
    """File, code and line of each finding."""
    return [(Path(path).name, one.code, one.span.line) for path, found in checked.findings.items() for one in found]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The project on the disk."""
    for name, text in PROJECT.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are parsed from now on."""
    names: list[str] = []

    def noted(source: SourceFile) -> Parsed:
        names.append(source.path.name)
        return parse(source)

    monkeypatch.setattr(parsing, "parse", noted)
    return names


def test_the_whole_is_what_a_single_run_finds(folder: Path):
    checked = Session().whole(folder)
    single = linting.lint([folder], load(folder))
    assert places(checked) == [("app.py", "CCL501", 5), ("other.py", "CCL501", 5)]
    assert [one.message for found in checked.findings.values() for one in found] == [
        one.message for one in single.findings
    ]
    assert {Path(step.span.path) for found in checked.findings.values() for one in found for step in one.trace} <= {
        folder / name for name in PROJECT
    }


def test_only_what_has_changed_is_parsed_again(folder: Path, parsed: list[str]):
    session = Session()
    session.whole(folder)
    assert sorted(parsed) == ["app.py", "helper.py", "other.py"]
    session.write(folder / "helper.py", CALM)
    assert places(session.whole(folder)) == [("other.py", "CCL501", 5)]
    assert parsed[3:] == ["helper.py"]
    session.write(folder / "helper.py", None)
    assert places(session.whole(folder)) == [("app.py", "CCL501", 5), ("other.py", "CCL501", 5)]
    assert len(parsed) == 4


def test_a_quick_look_sees_what_the_file_leads_to_and_says_nothing_of_others(folder: Path, parsed: list[str]):
    session = Session()
    assert places(session.near(folder / "app.py")) == [("app.py", "CCL501", 5)]
    assert "other.py" not in parsed
    session.write(folder / "helper.py", CALM)
    assert places(session.near(folder / "app.py")) == []


def test_a_quick_look_leaves_comments_alone_that_callers_may_need(folder: Path):
    session = Session()
    session.write(folder / "other.py", b"x = 1  # noqa: CCL301\n")
    assert places(session.near(folder / "other.py")) == []
    assert ("other.py", "CCL002", 1) in places(session.whole(folder))


def test_a_file_that_is_not_on_the_disk_yet_counts(folder: Path):
    session = Session()
    session.whole(folder)
    session.write(folder / "new.py", b"import helper\n\n\nasync def main():\n    helper.wait()\n")
    assert places(session.near(folder / "new.py")) == [("new.py", "CCL501", 5)]
    assert ("new.py", "CCL501", 5) in places(session.whole(folder))


def test_a_file_that_is_left_out_has_no_findings(folder: Path):
    (folder / "pyproject.toml").write_text('[tool.concurlint]\nexclude = ["other.py"]\n', encoding="utf-8")
    session = Session()
    session.write(folder / "other.py", PROJECT["other.py"].encode())
    assert places(session.near(folder / "other.py")) == []


def test_files_and_settings_on_the_disk_are_looked_at_again_when_told(folder: Path):
    session = Session(Options(ignore=("CCL4",)))
    before = session.whole(folder).disk
    assert session.whole(folder).disk == before
    (folder / "helper.py").write_bytes(CALM)
    session.rescan()
    assert places(session.near(folder / "app.py")) == []
    assert session.whole(folder).disk != before
    session.configure(Options(ignore=("CCL501",)))
    assert places(session.whole(folder)) == []


def test_a_loose_script_is_checked_with_what_it_can_import(tmp_path: Path):
    script = tmp_path / "script.py"
    script.write_text(PROJECT["other.py"], encoding="utf-8")
    assert places(Session().whole(script)) == [("script.py", "CCL501", 5)]


def test_a_session_begins_with_what_an_earlier_one_has_read_and_found(folder: Path, parsed: list[str]):
    first = Session(caching=Caching()).whole(folder)
    parsed.clear()
    assert Session(caching=Caching()).whole(folder) == first
    assert places(Session(caching=Caching()).near(folder / "app.py")) == [("app.py", "CCL501", 5)]
    assert parsed == []


def test_what_is_typed_between_two_looks_is_not_kept(folder: Path, parsed: list[str]):
    session = Session(caching=Caching())
    session.whole(folder)
    session.write(folder / "helper.py", CALM)
    session.near(folder / "app.py")
    parsed.clear()
    again = Session(caching=Caching())
    again.write(folder / "helper.py", CALM)
    again.near(folder / "app.py")
    assert parsed == ["helper.py"]
