"""What metadata say of the oldest Python: PEP 621, poetry, pdm, setup.cfg."""

from pathlib import Path

import pytest

from concurlint.config.targets import Target, declared_python

POETRY = "[tool.poetry.dependencies]\npython = {written}\n"


@pytest.mark.parametrize(
    ("written", "version"),
    [
        ('"^3.9"', (3, 9)),
        ('"^3.10.2"', (3, 10)),
        ('"~3.11"', (3, 11)),
        ('"3.12.*"', (3, 12)),
        ('"3.12"', (3, 12)),
        ('">=3.9,<4.0"', (3, 9)),
        ('">=3.9 <3.13"', (3, 9)),
        ('">= 3.9, != 3.9.1"', (3, 9)),
        ('"^3.12 || ^3.10"', (3, 10)),
        ('{ version = "^3.11", optional = false }', (3, 11)),
        ('"*"', None),
        ('"<4"', None),
        ('"three"', None),
    ],
)
def test_poetrys_constraints_are_read(tmp_path: Path, written: str, version: tuple[int, int] | None):
    path = tmp_path / "pyproject.toml"
    path.write_text(POETRY.replace("{written}", written), encoding="utf-8")
    expected = None if version is None else Target(version, f"{path}: tool.poetry.dependencies.python")
    assert declared_python(tmp_path) == expected


def test_pdms_old_key_is_read(tmp_path: Path):
    path = tmp_path / "pyproject.toml"
    path.write_text('[tool.pdm]\npython_requires = ">=3.10"\n', encoding="utf-8")
    assert declared_python(tmp_path) == Target((3, 10), f"{path}: tool.pdm.python_requires")


def test_setup_cfg_is_read_where_pyproject_says_nothing(tmp_path: Path):
    (tmp_path / "pyproject.toml").write_text("[build-system]\nrequires = ['setuptools']\n", encoding="utf-8")
    path = tmp_path / "setup.cfg"
    path.write_text("[metadata]\nname = x\n[options]\npython_requires = >=3.8, !=3.8.1\n", encoding="utf-8")
    assert declared_python(tmp_path) == Target((3, 8), f"{path}: python_requires")
    (tmp_path / "pyproject.toml").write_text('[project]\nrequires-python = ">=3.12"\n', encoding="utf-8")
    assert declared_python(tmp_path) == Target((3, 12), f"{tmp_path / 'pyproject.toml'}: requires-python")


@pytest.mark.parametrize("text", ["no section\n", "[options\n", "[options]\npython_requires = newest\n"])
def test_a_setup_cfg_that_cannot_be_read_says_nothing(tmp_path: Path, text: str):
    (tmp_path / "setup.cfg").write_text(text, encoding="utf-8")
    assert declared_python(tmp_path) is None


def test_the_nearest_that_says_something_counts_up_to_the_repository(tmp_path: Path):
    inner = tmp_path / "repository" / "inner"
    inner.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text('[project]\nrequires-python = ">=3.9"\n', encoding="utf-8")
    outer = tmp_path / "repository" / "pyproject.toml"
    outer.write_text('[project]\nrequires-python = ">=3.10"\n', encoding="utf-8")
    (inner / "pyproject.toml").write_text("[tool.x]\n", encoding="utf-8")
    assert declared_python(inner) == Target((3, 10), f"{outer}: requires-python")
    outer.write_text("", encoding="utf-8")
    (tmp_path / "repository" / ".git").mkdir()
    assert declared_python(inner) is None
