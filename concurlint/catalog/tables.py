"""The one reader of the catalogue's files, each read when it is first asked for; README.md has their format."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

Folder = Literal["calls", "roles"]

_CATALOG = Path(__file__).parent


@cache
def table(place: str) -> Mapping[str, Any]:
    """The sections of the file at `place`, as seen from here and without `.toml`; empty if there is none."""
    path = _CATALOG / f"{place}.toml"
    return tomllib.loads(path.read_text("utf-8")) if path.is_file() else {}


@cache
def of_package(folder: Folder, package: str) -> Mapping[str, Any]:
    """All that a folder says of a top-level package, by section; empty if nothing."""
    return table(f"{folder}/{package}") if package.isidentifier() else {}


def packages(folder: Folder) -> tuple[str, ...]:
    """The top-level packages that have a file in the folder, in alphabetical order."""
    return tuple(sorted(path.stem for path in (_CATALOG / folder).glob("*.toml")))


@cache
def texts() -> tuple[bytes, ...]:
    """All files as they are written: whoever looks for a word that no library has."""
    return tuple(path.read_bytes() for path in sorted(_CATALOG.rglob("*.toml")))


def line(section: str, name: str) -> Any:
    """What the roles say of exactly that dotted name in a section; None if nothing."""
    return of_package("roles", name.partition(".")[0]).get(section, {}).get(name)


def line_around(section: str, name: str) -> Any:
    """What a section says of the dotted name, or else of the class, module or package it is in; None if nothing."""
    while name:
        found = line(section, name)
        if found is not None:
            return found
        name = name.rpartition(".")[0]
    return None


def values(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an entry as a frozen record takes them: lists are tuples."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}


def is_known(package: str) -> bool:
    """Whether any table is about the top-level package."""
    return bool(of_package("roles", package)) or bool(of_package("calls", package))


@cache
def _beginnings(package: str) -> frozenset[str]:
    names = (part.split(".") for part in of_package("calls", package).get("calls", {}))
    return frozenset(".".join(parts[:length]) for parts in names for length in range(2, len(parts)))


def leads_on(name: str) -> bool:
    """Whether calls are known whose names begin with this one: `openai.OpenAI.chat` to `….chat.completions.create`."""
    return name in _beginnings(name.partition(".")[0])


@cache
def packages_with(section: str) -> tuple[str, ...]:
    """The packages whose roles have the section, without reading the others as TOML."""
    files = ((package, (_CATALOG / "roles" / f"{package}.toml").read_text("utf-8")) for package in packages("roles"))
    return tuple(package for package, text in files if f"\n[{section}" in f"\n{text}")
