"""Every package in fixtures/projects gets exactly the findings that stand in the file beside it."""

import contextlib
import re
from pathlib import Path

import pytest

from concurlint import config
from concurlint.linting import lint
from tests.conftest import LintFolder, said
from tests.pages import PROJECTS, ROOT, Promise, differences, read_markers

FOLDERS = sorted(path.parent for path in PROJECTS.glob("*/pyproject.toml"))


def promised(folder: Path, below: str = "") -> frozenset[Promise]:
    """What stands beside the files of a project, `path:line: code`; the paths `below` another folder."""
    lines = (folder / "expected.txt").read_text(encoding="utf-8").splitlines()
    parts = (re.fullmatch(r"(.+):(\d+): (CCL\d{3})", line) for line in lines)
    return frozenset(Promise(below + part[1], int(part[2]), part[3]) for part in parts if part is not None)


def seen_from_root(folder: Path) -> str:
    return f"{folder.relative_to(ROOT).as_posix()}/"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_project_gets_what_it_promises(folder: Path, lint_folder: LintFolder) -> None:
    result = lint_folder(folder)
    lines = [*differences(promised(folder), said(result.findings)), *result.troubles]
    if lines:
        pytest.fail("\n".join([folder.name, *lines]), pytrace=False)


def test_all_projects_checked_at_once_get_the_same() -> None:
    with contextlib.chdir(ROOT):
        result = lint([PROJECTS], config.load(PROJECTS))
    all_promised = frozenset[Promise]().union(*(promised(folder, seen_from_root(folder)) for folder in FOLDERS))
    lines = [*differences(all_promised, said(result.findings)), *result.troubles]
    if lines:
        pytest.fail("\n".join(lines), pytrace=False)


def test_there_are_projects_with_findings_and_without() -> None:
    promises = {folder.name: bool(promised(folder)) for folder in FOLDERS}
    assert set(promises.values()) == {True, False}


def test_a_line_of_what_is_expected_names_a_line_of_a_file() -> None:
    for folder in FOLDERS:
        lines = (folder / "expected.txt").read_text(encoding="utf-8").splitlines()
        assert len(promised(folder)) == len(lines)
        for one in promised(folder):
            assert one.line <= (folder / one.path).read_text(encoding="utf-8").count("\n")


def test_the_code_of_the_projects_looks_like_anybodys() -> None:
    files = {path.name: path.read_text(encoding="utf-8", errors="replace") for path in PROJECTS.rglob("*.py")}
    assert read_markers(files).promised == frozenset()
