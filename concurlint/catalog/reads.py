"""Which calls wait for the network and only ask, so that any number may be under way at once."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from concurlint.catalog.entries import Parameter

_TABLE = Path(__file__).with_name("reads.toml")


@dataclass(frozen=True, slots=True)
class Read:
    """When a call only asks, what each thread needs for itself, and what asks for all at once.

    With an `argument`, its text must begin with one of `words`; what stands in `without` must not be passed.
    """

    argument: Parameter | None
    words: tuple[str, ...]
    without: Parameter | None
    each: str
    batch: str


@cache
def _reads() -> Mapping[str, Read]:
    table: Mapping[str, Mapping[str, Any]] = tomllib.loads(_TABLE.read_text("utf-8"))["reads"]
    return {
        name: Read(
            _parameter(entry.get("argument")),
            tuple(entry.get("is", ())),
            _parameter(entry.get("without")),
            entry.get("each", ""),
            entry.get("batch", ""),
        )
        for name, entry in table.items()
    }


def _parameter(pair: list[Any] | None) -> Parameter | None:
    return (str(pair[0]), int(pair[1])) if pair else None


def names() -> frozenset[str]:
    """Every name that has a line."""
    return frozenset(_reads())


def read(name: str) -> Read | None:
    """What is known of the call of `name` as one that only asks; None where it may change something."""
    return _reads().get(name)
