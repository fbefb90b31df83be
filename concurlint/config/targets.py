"""The oldest Python a project is for, as its metadata say: pyproject.toml by PEP 621, poetry or pdm, setup.cfg."""

import configparser
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from concurlint.config.tables import PYPROJECT, folders_above, read_toml
from concurlint.config.values import ConfigError, kind

_LOWER_BOUNDS = frozenset({">=", ">", "==", "===", "~="})
_MICROS = 30
_MINORS = 100
# https://python-poetry.org/docs/dependency-specification: what no other tool writes
_CARET = re.compile(r"[\^~](?!=)\s*")
_BARE = re.compile(r"\d+(\.\d+|\.\*)*")
_SETUP_CFG = "setup.cfg"


@dataclass(frozen=True, slots=True)
class Target:
    """A Python version, and where it is written."""

    version: tuple[int, int]
    origin: str


def declared_python(folder: Path) -> Target | None:
    """What the nearest metadata at or above `folder` require at least; None where nothing sets a lower bound."""
    for above in folders_above(folder):
        for name, read in ((PYPROJECT, _of_pyproject), (_SETUP_CFG, _of_setup_cfg)):
            path = above / name
            if os.path.isfile(path):  # noqa: PTH113 - is_file may raise
                found = read(path)
                if found is not None:
                    return found
    return None


def required_python(origin: str, required: object) -> Target | None:
    """The first 3.x that a `requires-python` lets in; None where it sets no lower bound."""
    try:
        if not isinstance(required, str):
            raise InvalidSpecifier(kind(required))
        specifiers = SpecifierSet(required)
    except InvalidSpecifier as error:
        raise ConfigError(
            f'{origin}: `requires-python` is no version specifier; write it as ">=3.11" or set `target-python`'
        ) from error
    lowest = _lowest(specifiers)
    return None if lowest is None else Target(lowest, f"{origin}: requires-python")


def _of_pyproject(path: Path) -> Target | None:
    document = read_toml(path)
    project = _table(document, "project")
    if "requires-python" in project:
        return required_python(str(path), project["requires-python"])
    tool = _table(document, "tool")
    pdm = _table(tool, "pdm").get("python_requires")
    if isinstance(pdm, str):
        return _of_specifier(f"{path}: tool.pdm.python_requires", pdm)
    poetry = _table(_table(tool, "poetry"), "dependencies").get("python")
    if isinstance(poetry, dict):
        poetry = poetry.get("version")
    return _of_poetry(f"{path}: tool.poetry.dependencies.python", poetry) if isinstance(poetry, str) else None


def _of_setup_cfg(path: Path) -> Target | None:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, configparser.Error):
        # setuptools complains about it, who is the one to read it.
        return None
    required = parser.get("options", "python_requires", fallback=None)
    return None if required is None else _of_specifier(f"{path}: python_requires", required.strip())


def _of_poetry(origin: str, written: str) -> Target | None:
    """poetry's constraints: `^3.9`, `~3.9`, `3.9.*`, `>=3.9,<4.0`, several of them with `||` between."""
    found = [_of_specifier(origin, _as_specifier(part)) for part in re.split(r"\|\|?", written)]
    lowest = [target for target in found if target is not None]
    return min(lowest, key=lambda target: target.version, default=None)


def _as_specifier(constraint: str) -> str:
    parts = (part.strip() for part in re.split(r",|(?<=[\d*])\s+", constraint.strip()))
    plain = (_CARET.sub(">=", part) for part in parts if part not in ("", "*"))
    return ",".join(f"=={part}" if _BARE.fullmatch(part) else part for part in plain)


def _of_specifier(origin: str, written: str) -> Target | None:
    """As `requires-python`, but of another tool, which complains itself about what cannot be read."""
    try:
        lowest = _lowest(SpecifierSet(written))
    except InvalidSpecifier:
        return None
    return None if lowest is None else Target(lowest, origin)


def _lowest(specifiers: SpecifierSet) -> tuple[int, int] | None:
    if not any(specifier.operator in _LOWER_BOUNDS for specifier in specifiers):
        return None
    for minor in range(_MINORS):
        # Bounds may name a micro version, so one of the line is as good as its first.
        if any(specifiers.contains(f"3.{minor}.{micro}") for micro in range(_MICROS)):
            return (3, minor)
    return None


def _table(document: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = document.get(key)
    return value if isinstance(value, dict) else {}
