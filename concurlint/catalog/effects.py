"""What calls of library functions do: compute with or without the GIL, wait and on what, start things."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, get_args

from concurlint.catalog.tables import of_package
from concurlint.catalog.trouble import CatalogError, nearest

Gil = Literal["held", "partly", "released"]
Cost = Literal["", "small", "data", "heavy"]


class EffectKind(StrEnum):
    """What a call does that matters to the threads, tasks and processes around it."""

    GIL_CPU = "gil_cpu"
    NOGIL_CPU = "nogil_cpu"
    BLOCK_DISK = "block_disk"
    BLOCK_NET = "block_net"
    BLOCK_LOCK = "block_lock"
    BLOCK_SLEEP = "block_sleep"
    BLOCK_PROCESS = "block_process"
    BLOCK_TTY = "block_tty"
    SPAWN_THREAD = "spawn_thread"
    SPAWN_PROCESS = "spawn_process"
    AWAIT = "await"
    NONE = "none"


_COMPUTES = frozenset({EffectKind.GIL_CPU, EffectKind.NOGIL_CPU})
_HOLDS = frozenset({EffectKind.GIL_CPU, EffectKind.NONE})
_STOPS_A_LOOP = frozenset(kind for kind in EffectKind if kind.startswith("block_")) - {EffectKind.BLOCK_DISK}
_WAITS = frozenset(kind for kind in EffectKind if kind.startswith("block_")) | {EffectKind.AWAIT}


@dataclass(frozen=True, slots=True)
class CallFact:
    """What is known of one call.

    `cost` is "" unless the call computes: "small" never matters, "data" grows with what it is given,
    "heavy" is slow even on modest input. Below `threshold` bytes, or up to `threshold_elements` array
    elements, the GIL is held although the call releases it for more. `blocks_loop`: a coroutine that makes
    the call stops its event loop. `waits`: the caller waits for something outside, so it is not CPU-bound.
    `slow`: the call is made to take its time, whatever it is given, as hashes of passwords are.
    Each item of `nonblocking` is a keyword, its position (None: keyword only) and the value with which
    the call does not wait; a value that is text is the dotted name of a constant, alone or or-ed with others.
    """

    name: str
    effect: EffectKind
    gil: Gil
    cost: Cost = ""
    threshold: int | None = None
    threshold_elements: int | None = None
    when: str = ""
    blocks_loop: bool = False
    waits: bool = False
    nonblocking: tuple[tuple[str, int | None, object], ...] = ()
    slow: bool = False
    known: str = ""


_FIELDS: Mapping[str, type] = {
    "effect": str,
    "gil": str,
    "cost": str,
    "threshold": int,
    "threshold_elements": int,
    "when": str,
    "blocks_loop": bool,
    "waits": bool,
    "nonblocking": list,
    "slow": bool,
    "known": str,
}
_ONE_OF: Mapping[str, tuple[str, ...]] = {
    "effect": tuple(EffectKind),
    "gil": get_args(Gil),
    "cost": tuple(cost for cost in get_args(Cost) if cost),
}
_SAID: Mapping[type, str] = {str: "text", int: "a whole number", bool: "true or false", list: "a list"}


def _check_fields(name: str, entry: Mapping[str, object]) -> None:
    for key, value in entry.items():
        if key not in _FIELDS and isinstance(value, Mapping):
            raise CatalogError(f'calls: `{name}`: write the dotted name in quotes: "{name}.{key}"')
        if key not in _FIELDS:
            raise CatalogError(f"calls: `{name}`: no field `{key}`; {nearest(key, _FIELDS)}")
        if type(value) is not _FIELDS[key]:
            raise CatalogError(f"calls: `{name}`: `{key}` must be {_SAID[_FIELDS[key]]}, not {value!r}")
        if key in _ONE_OF and value not in _ONE_OF[key]:
            near = nearest(str(value), _ONE_OF[key])
            raise CatalogError(f"calls: `{name}`: `{key}` can't be `{value}`; {near}")
    if "effect" not in entry:
        raise CatalogError(f"calls: `{name}`: `effect` is missing")


def _ways(name: str, given: object) -> tuple[tuple[str, int | None, object], ...]:
    ways: list[tuple[str, int | None, object]] = []
    for way in given if isinstance(given, list) else ():
        match way:
            case [str(keyword), value]:
                ways.append((keyword, None, value))
            case [str(keyword), int(position), value]:
                ways.append((keyword, position, value))
            case _:
                raise CatalogError(f"calls: `{name}`: `nonblocking` holds {way!r}, not [keyword, position, value]")
    return tuple(ways)


def read_fact(name: str, entry: Mapping[str, object]) -> CallFact:
    """The fact that one line of a table states; what the line leaves out follows from its effect.

    Raises CatalogError, in one line that names the entry and the nearest valid word.
    """
    if not all(part.isidentifier() for part in name.removesuffix(".*").split(".")):
        raise CatalogError(f"calls: `{name}` is not a dotted name")
    _check_fields(name, entry)
    effect = EffectKind(str(entry["effect"]))
    values: dict[str, object] = {
        "gil": "held" if effect in _HOLDS else "released",
        # Whoever takes the trouble to list a call that computes means one that takes its time.
        "cost": "heavy" if effect in _COMPUTES else "",
        "blocks_loop": effect in _STOPS_A_LOOP,
        "waits": effect in _WAITS,
    }
    values.update(entry, effect=effect, nonblocking=_ways(name, entry.get("nonblocking")))
    return CallFact(name, **values)  # type: ignore[arg-type]  # each value was checked against its field


def shipped(package: str) -> Mapping[str, Mapping[str, object]]:
    """The lines of one package's table as they stand there: dotted name → fields."""
    calls: Mapping[str, Mapping[str, object]] = of_package("calls", package).get("calls", {})
    return calls


def aliases(package: str) -> Mapping[str, str]:
    """The other names of one package's classes and modules: dotted name → the name its table uses."""
    same: Mapping[str, str] = of_package("calls", package).get("same", {})
    return same


def _line(name: str) -> Mapping[str, object] | None:
    package = name.partition(".")[0]
    calls, same = shipped(package), aliases(package)
    entry = calls.get(name)
    if entry is not None:
        return entry
    head, _, tail = name.rpartition(".")
    rest = f".{tail}"
    while head:
        if head in same:
            return _line(same[head] + rest)
        head, _, tail = head.rpartition(".")
        rest = f".{tail}{rest}"
    return _any_method(name, calls)


def _any_method(name: str, calls: Mapping[str, Mapping[str, object]]) -> Mapping[str, object] | None:
    """The line `Class.*` for a public method of the class that has no line of its own."""
    owner, _, method = name.rpartition(".")
    return None if method.startswith("_") else calls.get(f"{owner}.*")


class Effects:
    """The shipped tables, each package's read when its name is first asked for, and the user's lines."""

    def __init__(self, extra: Mapping[str, Mapping[str, object]] | None = None) -> None:
        """Take the user's lines, which win over the shipped ones; raises CatalogError for a wrong one."""
        self._extra: dict[str, Mapping[str, object]] = {}
        self._found: dict[str, CallFact | None] = {}
        for name, entry in (extra or {}).items():
            if not isinstance(entry, Mapping):
                raise CatalogError(f'calls: `{name}` must be a table such as {{ effect = "block_net" }}')
            self._extra[name] = {"known": "config", **entry}
            self._found[name] = read_fact(name, self._extra[name])

    def lookup(self, name: str) -> CallFact | None:
        """What a call of the dotted `name` does, None where nothing is known."""
        if name not in self._found:
            entry = _any_method(name, self._extra)
            if entry is None:
                entry = _line(name)
            self._found[name] = None if entry is None else read_fact(name, entry)
        return self._found[name]
