"""Bars of states in a terminal's cells."""

from collections.abc import Mapping

from rich.text import Text

from concurlint.report.profiled.palette import LOOKS, Kind, ordered
from concurlint.runtime.profile import Seconds
from concurlint.runtime.samples import State

_SHADES = {Kind.RUNS: "█", Kind.READY: "▓", Kind.THREADS: "▒", Kind.OUTSIDE: "▒", Kind.IDLE: "░"}


def cells(states: Mapping[State, Seconds], width: int) -> dict[State, int]:
    """How many of `width` cells each state gets; the largest remainders get what is left over."""
    found = ordered(states)
    whole = sum(found.values())
    if whole <= 0 or width <= 0:
        return {}
    exact = {state: seconds / whole * width for state, seconds in found.items()}
    dealt = {state: int(cells) for state, cells in exact.items()}
    rest = sorted(exact, key=lambda state: (dealt[state] - exact[state], list(found).index(state)))
    for state in rest[: width - sum(dealt.values())]:
        dealt[state] += 1
    return {state: count for state, count in dealt.items() if count}


def bar(states: Mapping[State, Seconds], width: int, *, shaded: bool) -> Text:
    """The states one after the other, coloured; shaded blocks where those can be shown, else each state's letter."""
    drawn = Text()
    for state, count in cells(states, width).items():
        drawn.append(sign(state, shaded=shaded) * count, LOOKS[state].terminal)
    return drawn


def sign(state: State, *, shaded: bool) -> str:
    """One cell of a state."""
    return _SHADES[LOOKS[state].kind] if shaded else LOOKS[state].letter
