"""Two runs side by side as one HTML page that needs no network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from concurlint.report.profiled import wording
from concurlint.report.profiled.comparison import CAUTION, MOST_FUNCTIONS, Judged, amount, difference, speed
from concurlint.report.profiled.palette import LOOKS, ORDER
from concurlint.report.text import place
from concurlint.report.visible import visible
from concurlint.runtime.comparing import Change, Comparison
from concurlint.runtime.samples import State
from concurlint.version import __version__

_PAGE = Path(__file__).parent / "page"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: bars in per cent of the widest, words beside them."""

    name: str
    state: State | None
    before: float
    after: float
    said_before: str
    said_after: str
    change: str
    way: str


def render(comparison: Comparison, judged: Judged) -> str:
    """The whole page."""
    states = [(LOOKS[state].label, state, comparison.states[state]) for state in ORDER if state in comparison.states]
    functions = [(f"{row.path}: {row.name}", None, row.change) for row in comparison.functions[:MOST_FUNCTIONS]]
    return _template().render(
        comparison=comparison,
        title=wording.command(comparison.after),
        speed=speed(comparison),
        caution=CAUTION,
        states=_rows(states),
        functions=_rows(functions),
        judged=list(judged.labelled()),
        version=__version__,
        css=Markup((_PAGE / "page.css").read_text(encoding="utf-8")),
    )


def _rows(changes: Sequence[tuple[str, State | None, Change]]) -> list[Row]:
    widest = max((max(one.before.value, one.after.value) for _, _, one in changes), default=0.0) or 1.0
    return [
        Row(
            name=name,
            state=state,
            before=round(100 * change.before.value / widest, 2),
            after=round(100 * change.after.value / widest, 2),
            said_before=amount(change.before),
            said_after=amount(change.after),
            change=difference(change),
            way=("less" if change.by.value < 0 else "more") if change.is_sure else "same",
        )
        for name, state, change in changes
    ]


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_PAGE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    looks: Mapping[State, object] = LOOKS
    environment.globals.update(looks=looks, order=ORDER, wording=wording, place=place)
    environment.filters["visible"] = visible
    return environment.get_template("comparison.html.jinja")
