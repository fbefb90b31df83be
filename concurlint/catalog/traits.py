"""What else is known of library names: lines of the further sections of the tables of roles."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

_TABLES = Path(__file__).parent / "roles"


@cache
def _sections(package: str) -> Mapping[str, Mapping[str, Any]]:
    path = _TABLES / f"{package}.toml"
    return tomllib.loads(path.read_text("utf-8")) if package.isidentifier() and path.is_file() else {}


def has_section(section: str, package: str) -> bool:
    """Whether the tables say anything of that kind about a package."""
    return section in _sections(package)


def trait(section: str, name: str) -> Any:
    """What the section says of exactly that dotted name; None if nothing."""
    return _sections(name.partition(".")[0]).get(section, {}).get(name)


def trait_of_any(section: str, name: str) -> Any:
    """What the section says of the dotted name, or else of the class, module or package it is in."""
    while name:
        found = trait(section, name)
        if found is not None:
            return found
        name = name.rpartition(".")[0]
    return None


def method_trait(section: str, attr: str) -> Any:
    """What the section says of methods of that name on objects of which nothing is known; None if nothing."""
    return trait(section, f"_patterns.{attr}")


@cache
def _gil_packages() -> Mapping[str, str]:
    return dict(tomllib.loads((_TABLES.parent / "gil.toml").read_text("utf-8"))["packages"])


def gil_package(name: str) -> str:
    """How the package is called, if importing it turns the GIL of a free-threaded build on; else `""`."""
    return _gil_packages().get(name, "")


@cache
def gil_pattern() -> re.Pattern[bytes]:
    """Finds files that may import a package for which `gil_package` has a name."""
    return re.compile(
        rf"\bimport\b.*\b(?:{'|'.join(_gil_packages())})\b|\bfrom (?:{'|'.join(_gil_packages())})\b".encode()
    )
