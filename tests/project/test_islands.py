"""Files that can reach one another are on one island, however they say so; those that cannot are on another."""

from pathlib import Path

import pytest

from concurlint.config import Nearest
from concurlint.project.islands import first_names, islands, ties_of
from concurlint.source import find_sources


def _parted(home: Path, files: dict[str, str]) -> list[list[str]]:
    (home / "pyproject.toml").write_text("", encoding="utf-8")
    for name, text in files.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text, encoding="utf-8")
    sources = find_sources([home], Nearest()).files
    names = first_names(sources)
    found: dict[int, list[str]] = {}
    for source, number in zip(sources, islands(sources, (ties_of(s.data, names) for s in sources)), strict=True):
        found.setdefault(number, []).append(source.path.relative_to(home).as_posix())
    return list(found.values())


@pytest.mark.parametrize(
    "text",
    [
        "import b\n",
        "import os, b as other\n",
        "from b import run\n",
        "from b import (\n    run,  # one of it\n    walk,\n)\n",
        "from b import *\n",
        "from \\\n    b import run\n",
        "def run():\n    try: import b\n    except ImportError: pass\n",
        "if True: from b import run\n",
        "x = 1; import b\n",
        "__import__('b')\n",
        'APPS = ["b"]\n',
        'HANDLER = "b:run"\n',
        "HANDLER = 'b.Handler'\n",
    ],
)
def test_whatever_names_a_file_ties_to_it(tmp_path: Path, text: str):
    parted = _parted(tmp_path, {"a.py": text, "b.py": "def run(): ...\n", "c.py": "def run(): ...\n"})
    assert parted == [["a.py", "b.py"], ["c.py"]]


def test_a_word_that_is_no_name_of_a_file_ties_to_nothing(tmp_path: Path):
    parted = _parted(tmp_path, {"a.py": "import bb, os.b\nb = 'to b'\n", "b.py": ""})
    assert parted == [["a.py"], ["b.py"]]


def test_a_package_is_one_island_with_all_in_it(tmp_path: Path):
    files = {"p/__init__.py": "", "p/a.py": "", "p/q/__init__.py": "", "p/q/b.py": "", "other.py": ""}
    assert _parted(tmp_path, files) == [["other.py"], ["p/__init__.py", "p/a.py", "p/q/__init__.py", "p/q/b.py"]]


def test_a_folder_without_a_file_of_its_own_is_seen_as_a_whole_only_by_its_name(tmp_path: Path):
    files = {"ns/a.py": "", "ns/b.py": "", "from_it.py": "from ns import a\n", "other.py": ""}
    assert _parted(tmp_path, files) == [["from_it.py", "ns/a.py"], ["ns/b.py"], ["other.py"]]
    files["whole.py"] = "import ns.a\nns.b.run()\n"
    assert _parted(tmp_path, files) == [["from_it.py", "ns/a.py", "ns/b.py", "whole.py"], ["other.py"]]


def test_relative_imports_are_worked_out(tmp_path: Path):
    files = {"ns/a.py": "from . import b\n", "ns/b.py": "", "ns/c/d.py": "from ..e import run\n", "ns/e.py": ""}
    assert _parted(tmp_path, files) == [["ns/a.py", "ns/b.py"], ["ns/c/d.py", "ns/e.py"]]


def test_a_third_one_ties_two_together(tmp_path: Path):
    assert _parted(tmp_path, {"a.py": "", "b.py": "", "c.py": "import a\nimport b\n"}) == [["a.py", "b.py", "c.py"]]
