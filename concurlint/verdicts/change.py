"""A change of the program's text that a verdict asks for: files before and after, and what is to be set around it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rewritten:
    """One file's whole text before and after; the path is absolute."""

    path: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
    """What makes of the program the one that is advised; it means the same."""

    files: tuple[Rewritten, ...]
