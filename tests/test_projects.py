"""Every package in fixtures/projects gets exactly the findings that its comments promise."""

import contextlib
from pathlib import Path

import pytest

from concurlint import config
from concurlint.linting import lint
from tests.conftest import LintFolder, said
from tests.pages import PROJECTS, ROOT, Markers, differences, read_markers

FOLDERS = sorted(path for path in PROJECTS.iterdir() if path.is_dir())


def markers(folder: Path, names_from: Path) -> Markers:
    """What the files below `folder` promise, named relative to `names_from`."""
    files = {
        path.relative_to(names_from).as_posix(): path.read_text(encoding="utf-8", errors="replace")
        for path in sorted(folder.rglob("*.py"))
    }
    return read_markers(files)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_project_gets_what_it_promises(folder: Path, lint_folder: LintFolder) -> None:
    result = lint_folder(folder)
    lines = [*differences(markers(folder, folder).promised, said(result.findings)), *result.troubles]
    if lines:
        pytest.fail("\n".join([folder.name, *lines]), pytrace=False)


def test_all_projects_checked_at_once_get_the_same() -> None:
    with contextlib.chdir(ROOT):
        result = lint([PROJECTS], config.load(PROJECTS))
    promised = markers(PROJECTS, ROOT).promised
    lines = [*differences(promised, said(result.findings)), *result.troubles]
    if lines:
        pytest.fail("\n".join(lines), pytrace=False)


def test_there_are_projects_with_findings_and_without() -> None:
    promises = {folder.name: bool(markers(folder, folder).promised) for folder in FOLDERS}
    assert set(promises.values()) == {True, False}
