"""Loops of arithmetic over numbers: what arrays do in one step."""

from dataclasses import dataclass

from concurlint.verdicts.case import Case
from concurlint.verdicts.measured import Place
from concurlint.verdicts.verdict import Seconds


@dataclass(frozen=True, slots=True)
class NumbersLoop:
    """A hot loop, its seconds, and how it is written with arrays."""

    place: Place
    seconds: Seconds
    vector: str


def numbers_loop(case: Case) -> NumbersLoop | None:
    """The hottest loop of arithmetic, if it matters."""
    return None
