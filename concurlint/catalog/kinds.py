"""Which kinds of objects have a trait; the classes of roles name the kinds."""

from functools import cache
from typing import Literal, TypeAlias

from concurlint.catalog.tables import table

KindTrait: TypeAlias = Literal[
    "admits-some",
    "between-tasks",
    "child-process",
    "connected-when-made",
    "container",
    "future",
    "irreplaceable",
    "lock",
    "made-for-threads",
    "no-lock",
    "pool",
    "registered-once",
    "resized-while-looped",
    "runs-on",
    "runs-when-started",
    "sequence",
    "signals",
    "telling",
    "text",
    "thread-lock",
    "waited-on",
]
"""What README.md says of each."""


@cache
def kinds_with(trait: KindTrait) -> frozenset[str]:
    """The kinds of objects that have the trait."""
    return frozenset(table("kinds")["kinds"][trait])
