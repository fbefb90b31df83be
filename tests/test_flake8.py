"""`flake8 --select CCL` says what `concurlint check` says: across modules, in parallel, from an editor."""

import contextlib
import importlib.metadata
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from concurlint import config
from concurlint.linting import lint
from tests.pages import PROJECTS, ROOT

FOLDERS = sorted(path.parent for path in PROJECTS.glob("*/pyproject.toml"))
NEEDLESS = "import subprocess\n\nsubprocess.run('ls -l', shell=True, check=True)\n"
WRAPPER = "import os\n\n\ndef sh(command):\n    os.system(command)\n"
CALLER = "from pkg.shell import sh\n\n\ndef show(name):\n    sh('ls ' + name)\n"
ROW = re.compile(r"(?P<path>[^:]+):(?P<line>\d+):(?P<column>\d+): (?P<says>CCL\d{3} .*)")


@dataclass(frozen=True, order=True)
class Row:
    """One line of flake8's output."""

    path: str
    line: int
    column: int
    says: str


@pytest.fixture
def settings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration of flake8 that has our plugin in it, also where concurlint is not installed."""
    path = tmp_path_factory.mktemp("flake8") / "flake8.ini"
    text = "[flake8]\nexclude = .git\n"
    installed = importlib.metadata.entry_points(group="flake8.extension")
    if not any(entry.value == "concurlint.flake8:Plugin" for entry in installed):
        text += f"[flake8:local-plugins]\nextension =\n  CCL = concurlint.flake8:Plugin\npaths = {ROOT}\n"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A package whose modules need each other to be judged."""
    package = tmp_path / "pkg"
    package.mkdir()
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\n', encoding="utf-8")
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "shell.py").write_text(WRAPPER, encoding="utf-8")
    (package / "use.py").write_text(CALLER, encoding="utf-8")
    (package / "other.py").write_text(NEEDLESS, encoding="utf-8")
    return tmp_path


def flake8(settings: Path, folder: Path, *arguments: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run flake8 in `folder`, with `text` as its standard input."""
    command = [sys.executable, "-m", "flake8", "--config", str(settings), "--select", "CCL", *arguments]
    return subprocess.run(
        command, cwd=folder, input=text, capture_output=True, text=True, encoding="utf-8", check=False
    )


def rows(done: subprocess.CompletedProcess[str]) -> list[Row]:
    """What flake8 printed, in order."""
    assert done.stderr == ""
    found = []
    for line in done.stdout.splitlines():
        match = ROW.fullmatch(line)
        assert match, line
        path = Path(match["path"]).as_posix()
        found.append(Row(path, int(match["line"]), int(match["column"]), match["says"]))
    return sorted(found)


def checked(folder: Path, *paths: str) -> list[Row]:
    """What `concurlint check` finds; flake8 says E999 itself where a file cannot be parsed."""
    with contextlib.chdir(folder):
        given = [Path(path) for path in paths]
        findings = lint(given, config.load(given[0])).findings
    return sorted(
        Row(f.span.path, f.span.line, f.span.column, f"{f.code} {f.message}") for f in findings if f.code != "CCL001"
    )


@pytest.mark.parametrize("jobs", ["1", "2", "4"])
def test_all_example_projects_get_the_same_findings(settings: Path, jobs: str):
    expected = checked(ROOT, "fixtures/projects")
    assert len({row.path for row in expected}) > 5
    assert rows(flake8(settings, ROOT, "--jobs", jobs, "fixtures/projects")) == expected


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_one_file_after_the_other_gets_the_same_findings(settings: Path, tmp_path: Path, folder: Path):
    copy = tmp_path / folder.name
    shutil.copytree(folder, copy)
    names = sorted(path.relative_to(copy).as_posix() for path in copy.rglob("*.py"))
    assert rows(flake8(settings, copy, *names)) == checked(copy, *names)


@pytest.mark.parametrize("paths", [["."], ["pkg"], ["pkg/use.py"], ["pkg/use.py", "pkg/other.py"], ["pkg/shell.py"]])
def test_the_paths_are_those_that_flake8_was_given(settings: Path, project: Path, paths: Sequence[str]):
    assert rows(flake8(settings, project, *paths)) == checked(project, *paths)


def test_a_wrapper_in_another_module_is_seen_through(settings: Path, project: Path):
    assert [(row.line, row.column, row.says[:6]) for row in rows(flake8(settings, project, "pkg/use.py"))] == [
        (5, 5, "CCL401")
    ]


def test_no_path_is_the_current_folder(settings: Path, project: Path):
    assert rows(flake8(settings, project)) == checked(project, ".")


def test_absolute_paths_and_paths_from_elsewhere_are_understood(settings: Path, project: Path, tmp_path: Path):
    expected = [(row.line, row.says) for row in checked(project, "pkg")]
    absolute = rows(flake8(settings, ROOT, str(project / "pkg")))
    above = rows(flake8(settings, project / "pkg", "../pkg"))
    assert [(row.line, row.says) for row in absolute] == expected
    assert [(row.line, row.says) for row in above] == expected


def test_the_table_of_the_project_counts(settings: Path, project: Path):
    table = '[tool.concurlint]\nignore = ["CCL402"]\nexclude = ["pkg/use.py"]\n'
    (project / "pyproject.toml").write_text(table, encoding="utf-8")
    assert rows(flake8(settings, project, ".")) == []


def test_comments_of_both_kinds_silence_findings(settings: Path, project: Path):
    for comment in ("# noqa: CCL402", "# noqa", "# concurlint: ignore[CCL402]"):
        text = NEEDLESS.replace("True)\n", f"True)  {comment}\n")
        (project / "pkg" / "other.py").write_text(text, encoding="utf-8")
        assert rows(flake8(settings, project, "pkg/other.py")) == []


def test_a_script_without_a_project_is_checked_alone(settings: Path, tmp_path: Path):
    (tmp_path / "one.py").write_text(NEEDLESS, encoding="utf-8")
    (tmp_path / "two.py").write_text(NEEDLESS, encoding="utf-8")
    assert [row.path for row in rows(flake8(settings, tmp_path, "one.py"))] == ["one.py"]


def test_a_broken_table_is_told_without_a_traceback(settings: Path, project: Path):
    (project / "pyproject.toml").write_text("[tool.concurlint]\nselct = []\n", encoding="utf-8")
    done = flake8(settings, project, ".")
    assert done.returncode == 1
    assert "the nearest is `select`" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_a_bad_call_in_the_table_is_told_without_a_traceback(settings: Path, project: Path):
    table = '[tool.concurlint.calls]\n"a.f" = { effect = "no such effect" }\n'
    (project / "pyproject.toml").write_text(table, encoding="utf-8")
    done = flake8(settings, project, "--jobs", "2", ".")
    assert done.returncode == 1
    assert "a.f" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_a_path_that_is_not_there_spoils_nothing(settings: Path, project: Path):
    done = flake8(settings, project, "none.py", "pkg/use.py")
    assert rows(done) == checked(project, "pkg/use.py")


def test_a_file_that_cannot_be_parsed_is_left_to_flake8(settings: Path, project: Path):
    (project / "pkg" / "broken.py").write_text("def broken(:\n", encoding="utf-8")
    done = flake8(settings, project, "--extend-select", "E9", ".")
    assert re.search(r"broken\.py:1:\d+: E999 ", done.stdout)
    assert rows(flake8(settings, project, ".")) == checked(project, ".")


# Standard input


def test_the_buffer_of_an_editor_gets_the_findings_of_its_file(settings: Path, project: Path):
    done = flake8(settings, project, "--stdin-display-name", "pkg/use.py", "-", text=CALLER)
    assert rows(done) == checked(project, "pkg/use.py")


def test_a_buffer_that_is_not_saved_gets_no_findings_on_wrong_lines(settings: Path, project: Path):
    done = flake8(settings, project, "--stdin-display-name", "pkg/use.py", "-", text="\n\n" + CALLER)
    assert rows(done) == []


@pytest.mark.parametrize("options", [[], ["--stdin-display-name", "pkg/none.py"]])
def test_standard_input_without_a_file_is_silent(settings: Path, project: Path, options: list[str]):
    done = flake8(settings, project, *options, "-", text=NEEDLESS)
    assert (done.returncode, rows(done)) == (0, [])


# flake8's own API


def test_paths_given_to_the_api_of_flake8_are_checked(settings: Path, project: Path):
    # The API reads its options from the current folder alone.
    shutil.copyfile(settings, project / ".flake8")
    program = (
        "from flake8.api import legacy\n"
        "guide = legacy.get_style_guide(select=['CCL'])\n"
        "report = guide.check_files(['pkg/use.py', 'pkg/other.py'])\n"
        "print(report.total_errors)\n"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1:] == ["2"], done.stdout + done.stderr
