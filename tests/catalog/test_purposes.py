"""The table of what files are there for: its words are purposes, its expressions find what they are there to find."""

import pytest

from concurlint.catalog.purposes import file_purpose, folder_purpose, is_tools_file, root_files, top_folder_purpose
from concurlint.catalog.tables import table
from concurlint.purposes import Purpose


def test_every_purpose_of_the_table_is_one_that_the_analysis_knows() -> None:
    sections = table("purposes")
    words = {*sections["folders"], *sections["top_folders"], *(line["purpose"] for line in sections["files"].values())}
    assert words == {purpose.value for purpose in Purpose if purpose is not Purpose.PROGRAM}


@pytest.mark.parametrize(
    ("name", "text", "purpose"),
    [
        ("setup.py", b"from setuptools import setup", "build"),
        ("setup.py", b"def run(): ...", ""),
        ("tasks.py", b"import invoke", "build"),
        ("tasks.py", b"import celery", ""),
        ("conftest.py", b"import pytest", "test"),
        ("main.py", b"import pytest", ""),
    ],
)
def test_a_file_with_a_tools_name_is_told_by_a_word_in_it(name: str, text: bytes, purpose: str) -> None:
    assert file_purpose(name, text) == purpose
    assert is_tools_file(name) is (name != "main.py")


def test_folders_tell_by_their_names_and_some_only_at_the_top() -> None:
    names = ("tests", "docs", "bench", "scripts", "shop")
    assert [folder_purpose(name) for name in names] == ["test", "example", "benchmark", "", ""]
    assert [top_folder_purpose(name) for name in names] == ["", "", "", "chore", ""]
    assert "pyproject.toml" in root_files()
