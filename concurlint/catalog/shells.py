"""Shells by name, and the words that only shells or only Windows know."""

from functools import cache
from typing import Literal

from concurlint.catalog.tables import table

Group = Literal[
    "posix",
    "plain",
    "users",
    "starters",
    "operators",
    "last-operators",
    "own-operators",
    "windows",
    "windows-options",
    "builtins",
    "windows-builtins",
    "batch-files",
    "windows-programs",
    "starter's",
]


@cache
def shell_words(group: Group) -> frozenset[str]:
    """The words of a group; shells.toml says of each what it holds."""
    return frozenset(table("shells")["names"][group])
