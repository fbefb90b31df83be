"""Libraries that compute with threads of their own, by the name of their shared object."""

import re
from functools import cache
from typing import NamedTuple

from concurlint.catalog.tables import table


class NativeLibrary(NamedTuple):
    """How people call it, and the environment variable that bounds its threads."""

    name: str
    variable: str


@cache
def _table() -> tuple[tuple[re.Pattern[str], NativeLibrary], ...]:
    rows = table("native")["library"]
    return tuple((re.compile(row["file"]), NativeLibrary(row["name"], row["variable"])) for row in rows)


def native_libraries(maps: str) -> tuple[str, ...]:
    """The names of those that /proc/PID/maps has mapped, in the order of the table."""
    return tuple(library.name for pattern, library in _table() if pattern.search(maps))


def native_library(name: str) -> NativeLibrary | None:
    """What is known of the library of that name."""
    return next((library for _, library in _table() if library.name == name), None)
