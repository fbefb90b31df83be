"""Libraries' pools of connections: where a thread waits when all are out, and what sets how many there are."""

import tomllib
from functools import cache
from pathlib import Path
from typing import NamedTuple


class Checkout(NamedTuple):
    """Whose pool it is, and what sets its size."""

    name: str
    size: str


@cache
def _table() -> tuple[tuple[str, frozenset[str], Checkout], ...]:
    rows = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))["pool"]
    return tuple((f"/{row['file']}", frozenset(row["functions"]), Checkout(row["name"], row["size"])) for row in rows)


def find_checkout(path: str, function: str) -> Checkout | None:
    """The pool that this function of a library's file waits for a connection of."""
    file, name = path.replace("\\", "/"), function.rpartition(".")[2]
    return next((found for end, names, found in _table() if file.endswith(end) and name in names), None)
