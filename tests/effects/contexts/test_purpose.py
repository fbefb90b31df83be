"""What files are there for, by their folders, names and texts, and what that does to findings in them."""

from pathlib import Path

import pytest

from concurlint.config import Config, load
from concurlint.linting import lint
from tests.linked import Files, write

SHELL = "import subprocess\n\n\ndef show():\n    while True:\n        subprocess.run('ls -l', shell=True, check=True)\n"
LOST = "import asyncio\n\n\nasync def work():\n    await asyncio.sleep(1)\n\n\nasync def main():\n    work()\n"
PROGRAM = {"shop/__init__.py": "", "shop/stock.py": "count = 1\n", "pyproject.toml": "[project]\nname = 'shop'\n"}


def found(folder: Path, files: Files, config: Config | None = None) -> tuple[list[str], int]:
    write(folder, files)
    result = lint([folder], config or load(folder))
    return [f"{Path(finding.span.path).name}: {finding.code}" for finding in result.findings], result.held_back


@pytest.mark.parametrize(
    "path",
    [
        "tests/helper.py",
        "shop/tests/helper.py",
        "examples/first.py",
        "docs/conf.py",
        "benchmarks/run.py",
        "scripts/tidy.py",
        "demo_shop.py",
    ],
)
def test_what_hurts_only_in_use_is_held_back_in_files_that_serve_the_program(tmp_path: Path, path: str) -> None:
    assert found(tmp_path, {**PROGRAM, path: SHELL}) == ([], 1)


@pytest.mark.parametrize(
    ("path", "first"),
    [
        ("setup.py", "from setuptools import setup"),
        ("noxfile.py", "import nox"),
        ("tasks.py", "from invoke import task"),
        ("test_shop.py", "import pytest"),
        ("conftest.py", "import pytest"),
    ],
)
def test_some_names_tell_what_a_file_is_for_together_with_its_imports(tmp_path: Path, path: str, first: str) -> None:
    assert found(tmp_path, {path: f"{first}\n{SHELL}"}) == ([], 1)
    assert found(tmp_path, {path: SHELL}) == ([f"{path}: CCL402"], 0)


@pytest.mark.parametrize(
    "path", ["shop/scripts.py", "shop/tools/run.py", "bin/serve.py", "testing/lab.py", "demo/a.py"]
)
def test_a_program_is_not_taken_for_what_serves_it(tmp_path: Path, path: str) -> None:
    files = {path: SHELL, "pyproject.toml": "", **({} if path.startswith("demo") else PROGRAM)}
    assert found(tmp_path, files) == ([f"{Path(path).name}: CCL402"], 0)


def test_folders_around_all_that_is_checked_say_nothing(tmp_path: Path) -> None:
    files = {"tests/case/app.py": SHELL, "tests/case/lib.py": "x = 1\n"}
    write(tmp_path, files)
    assert [f.code for f in lint([tmp_path / "tests" / "case"], Config(root=tmp_path)).findings] == ["CCL402"]


def test_what_goes_wrong_anywhere_is_told_in_a_test_too(tmp_path: Path) -> None:
    assert found(tmp_path, {**PROGRAM, "tests/test_shop.py": LOST}) == (["test_shop.py: CCL504"], 0)


def test_pedantic_shows_what_is_held_back(tmp_path: Path) -> None:
    files = {**PROGRAM, "tests/helper.py": SHELL, "pyproject.toml": "[tool.concurlint]\npedantic = true\n"}
    assert found(tmp_path, files) == (["helper.py: CCL402"], 0)
