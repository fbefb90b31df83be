"""The rows of a map: plain records that every form of report reads."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from concurlint.finding import Confidence, Span


class Mark(StrEnum):
    """What is to be said of the way some state is guarded."""

    DISAGREEING = "disagreeing"
    UNGUARDED = "unguarded"
    READ_BARE = "read bare"
    BY_GIL = "by the GIL"
    GUARDED = "guarded"
    ONE_CONTEXT = "one context"
    UNREACHED = "no threads known"

    @property
    def calls_for_a_look(self) -> bool:
        """Whether a row with it is one that a reviewer should read."""
        return self in (Mark.DISAGREEING, Mark.UNGUARDED, Mark.READ_BARE)


URGENCY = (*Mark,)
"""Marks with those first that a reviewer wants to see first."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A way into the program's code: what runs, where, who has it run, and how many functions it leads to."""

    code: str
    at: Span
    where: str  # "thread", "task", "process", "main", "import", "callers" …
    by: str
    started: Span | None = None
    several: bool = False
    reaches: int = 0
    confidence: Confidence = Confidence.HIGH


@dataclass(frozen=True, slots=True)
class Access:
    """One place that reads or changes some state: the function, the locks surely held, and what runs the function."""

    how: str  # "read", "store", "update", "mutate", "delete"
    code: str
    at: Span
    locks: tuple[str, ...]
    unsure: bool
    contexts: tuple[str, ...]
    at_construction: bool


@dataclass(frozen=True, slots=True)
class State:
    """A piece of state with all that touches it."""

    name: str
    kind: str  # "global", "attribute", "class", "closure"
    owner: str
    module: str
    at: Span
    mark: Mark
    says: str
    accesses: tuple[Access, ...]

    @property
    def locks(self) -> tuple[str, ...]:
        """Every lock under which some access is made."""
        return tuple(sorted({lock for access in self.accesses for lock in access.locks}))

    @property
    def contexts(self) -> tuple[str, ...]:
        """Everything that runs some access, but for construction."""
        return tuple(sorted({c for access in self.accesses if not access.at_construction for c in access.contexts}))


@dataclass(frozen=True, slots=True)
class Taken:
    """A place that takes a lock."""

    code: str
    at: Span


@dataclass(frozen=True, slots=True)
class LockRow:
    """A lock: what it is, where it is made and taken, and the state that is only touched under it."""

    name: str
    kind: str
    made: Span | None
    taken: tuple[Taken, ...]
    guards: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """One lock taken while another is held; `inverted` where the other order is there as well."""

    first: str
    second: str
    at: Span
    code: str
    inverted: bool


@dataclass(frozen=True, slots=True)
class LoopRow:
    """A call that may block an event loop: from which coroutine, what it comes to."""

    code: str
    at: Span
    call: str
    blocks: str
    steps: int


@dataclass(frozen=True, slots=True)
class Overview:
    """All tables of a map; `files` is how many it was made from."""

    files: int
    entries: tuple[Entry, ...]
    states: tuple[State, ...]
    locks: tuple[LockRow, ...]
    orders: tuple[Order, ...]
    loops: tuple[LoopRow, ...]
    coroutines: int
    free_threaded: bool
