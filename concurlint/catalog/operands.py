"""Which commands take many operands in one call, as `rm` takes many files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import PurePath

from concurlint.catalog.tables import table

_BEFORE = {"sudo", "env", "nice"}
_LONGEST = 3


@dataclass(frozen=True, slots=True)
class Operands:
    """A command that does to each operand what it does to one alone.

    `flags` take no value. `whole`: with one bad operand the call does nothing at all. `skips`: the operands
    that come first and are not of the many, as the mode of `chmod`.
    """

    name: str
    flags: frozenset[str]
    whole: bool = False
    skips: int = 0


@cache
def _table() -> Mapping[str, Operands]:
    data = table("operands")["commands"]
    return {
        name: Operands(name, frozenset(line.get("flags", ())), line.get("whole", False), line.get("skips", 0))
        for name, line in data.items()
    }


def takes_many(words: Sequence[str | None]) -> Operands | None:
    """The command that words before an operand start, if the operand is one of any number; None in a word: unknown.

    `[python, "-m", "pip", …]` is passed as it is: a first word that is not known may be Python.
    """
    known = list(words)
    while known and known[0] in _BEFORE:
        known = known[1:]
    if len(known) > 2 and known[1] == "-m" and (known[0] is None or PurePath(known[0]).name.startswith("python")):
        known = known[2:]
    if not known or not known[0]:
        return None
    known[0] = PurePath(known[0]).name
    for length in range(_LONGEST, 0, -1):
        head = known[:length]
        found = _table().get(" ".join(word or "" for word in head)) if len(head) == length else None
        if found is not None:
            rest = [word for word in known[length:] if word is None or word not in found.flags | {"--"}]
            plain = len(rest) == found.skips and not any(word and word.startswith("-") for word in rest)
            return found if plain else None
    return None
