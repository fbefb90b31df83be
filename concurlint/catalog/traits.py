"""Which traits library things have: what analyses ask where they would else keep lists of names."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Literal, TypeAlias

from concurlint.catalog.classes import inherited
from concurlint.catalog.tables import of_package, table

Trait: TypeAlias = Literal[
    "answer",
    "cancellation",
    "command",
    "compiled",
    "compiles",
    "coroutine-function",
    "draws",
    "ends-process",
    "execs",
    "fails",
    "feeds",
    "forks",
    "gathers",
    "green-threads",
    "independent",
    "iterator",
    "makes-pattern",
    "quotes",
    "renews",
    "seeds",
    "sleep",
    "suppresses",
    "tests-pattern",
    "torn",
    "uses-pattern",
    "waits-for-others",
    "waits-without-arguments",
]
"""What README.md says of each."""


@cache
def _traits(package: str) -> Mapping[str, frozenset[str]]:
    """The names of a package that have each trait."""
    sections = of_package("roles", package)
    found = {trait: set(names) for trait, names in sections.get("traits", {}).items()}
    for owner, traits in sections.get("methods", {}).items():
        for trait, methods in traits.items():
            found.setdefault(trait, set()).update(f"{owner}.{method}" for method in methods)
    return {trait: frozenset(names) for trait, names in found.items()}


@cache
def has(trait: Trait, name: str) -> bool:
    """Whether the library thing of that dotted name has the trait, itself or from a library base of its class."""
    return any(known in _traits(known.partition(".")[0]).get(trait, ()) for known in inherited(name))


def any_has(trait: Trait, package: str) -> bool:
    """Whether anything in a top-level package has the trait."""
    return trait in _traits(package)


@cache
def may(trait: Trait, method: str) -> bool:
    """Whether a method of that name is taken to have the trait on an object of which nothing is known."""
    return f"*.{method}" in _traits("_patterns").get(trait, ())


def gil_package(name: str) -> str:
    """How the package is called, if importing it turns the GIL of a free-threaded build on; else `""`."""
    called: str = table("gil")["packages"].get(name, "")
    return called


@cache
def gil_pattern() -> re.Pattern[bytes]:
    """Finds files that may import a package for which `gil_package` has a name."""
    packages = "|".join(table("gil")["packages"])
    return re.compile(rf"\bimport\b.*\b(?:{packages})\b|\bfrom (?:{packages})\b".encode())
