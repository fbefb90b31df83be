"""About how long library calls compute with the GIL held, how long they wait, and how much they give."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from concurlint.catalog.effects import CallFact
from concurlint.catalog.tables import table

_BY_COST = {"": 0.0, "small": 0.0, "data": 5.0, "heavy": 50.0}
_AT_LEAST = 0.1
"""Microseconds that any call takes."""


@dataclass(frozen=True, slots=True)
class Gives:
    """How many units a call gives: a fixed number, one for some units of its subject, its pairs, or as told."""

    units: float = 0.0
    per: float = 0.0
    each: float = 0.0
    pairs: bool = False
    numbers: bool = False


def _section(name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = table("costs").get(name, {})
    return found


def computes(fact: CallFact, units: float) -> float:
    """About how many microseconds the call computes with so many units."""
    stated = _section("nanoseconds").get(fact.name)
    each = float(stated) if stated is not None else _BY_COST[fact.cost]
    return _AT_LEAST + each * units / 1000


def computes_at_least(fact: CallFact, units: float) -> float:
    """The same by the kind of its cost alone, where what a unit of its subject would be is not known."""
    return _AT_LEAST + _BY_COST[fact.cost] * units / 1000


def computes_unlisted(name: str, units: float) -> float | None:
    """The same of a call without a fact, by its rate or its package; None where it may do anything."""
    stated = _section("nanoseconds").get(name)
    if stated is not None:
        return _AT_LEAST + float(stated) * units / 1000
    whole = _section("packages").get(name.partition(".")[0])
    return float(whole) if whole is not None else None


def overhead(name: str) -> float:
    """Microseconds of Python in any call of the package."""
    return float(_section("packages").get(name.partition(".")[0], _AT_LEAST))


def waits(effect: str) -> float:
    """About how many microseconds a call of this effect waits; 0 where it does not."""
    return float(_section("waits").get(effect, 0.0))


def gives(name: str) -> Gives | None:
    """How much a call gives; None where that is not told."""
    found = _section("gives").get(name)
    return Gives(**found) if found is not None else None


def holds(attr: str) -> float | None:
    """About how many characters an attribute of that name holds, if it is one for documents."""
    found = _section("attributes").get(attr)
    return float(found) if found is not None else None


def taken_for(method: str) -> str:
    """The call that a method of that name is taken for where nothing is known of its object; `""` for none."""
    found: str = _section("taken_for").get(method, "")
    return found
