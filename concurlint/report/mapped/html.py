"""A map as one HTML page that needs no network: sorted, filtered, and with the lines that its rows name."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from concurlint.effects.overview.records import URGENCY, Overview
from concurlint.finding import Span
from concurlint.report.mapped.text import guard, name_of, place
from concurlint.report.visible import visible
from concurlint.version import __version__

_PAGE = Path(__file__).parent / "page"
_TICKED = re.compile(r"`([^`]+)`")
_AROUND = 2


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of source; `named` if a row is about it."""

    anchor: str
    number: int
    text: str
    named: bool


@dataclass(frozen=True, slots=True)
class _File:
    path: str
    rows: tuple[_Line, ...]


def render(overviews: Sequence[Overview], texts: Mapping[str, str], title: str) -> str:
    """The whole page; `texts` maps paths to source text."""
    named: dict[str, set[int]] = {}
    for span in (span for one in overviews for span in _spans(one)):
        named.setdefault(span.path, set()).add(span.line)
    numbers = {path: number for number, path in enumerate(sorted(named), start=1)}
    states = [state for one in overviews for state in one.states]
    return _template().render(
        title=title,
        version=__version__,
        css=Markup((_PAGE / "map.css").read_text(encoding="utf-8")),
        script=Markup((_PAGE / "map.js").read_text(encoding="utf-8")),
        tiles=_tiles(overviews),
        free_threaded=any(one.free_threaded for one in overviews),
        states=states,
        entries=[entry for one in overviews for entry in one.entries],
        locks=[lock for one in overviews for lock in one.locks],
        orders=[order for one in overviews for order in one.orders],
        loops=[each for one in overviews for each in one.loops],
        coroutines=sum(one.coroutines for one in overviews),
        count=sum(one.files for one in overviews),
        files=[_file(path, numbers[path], named[path], texts.get(path, "")) for path in sorted(named)],
        anchor=lambda span: f"f{numbers[span.path]}-{span.line}",
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_PAGE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals.update(place=place, guard=guard, name_of=name_of, urgency=URGENCY)
    environment.filters.update(visible=visible, code=_code, ticked=_ticked, breaking=_breaking)
    return environment.get_template("map.html.jinja")


def _code(line: str) -> str:
    return visible(line.expandtabs(4))


def _breaking(name: str) -> Markup:
    """A dotted name that may be broken at its dots and underscores."""
    parts = re.split(r"(?<=[._])", visible(name))
    return Markup("<code>{}</code>").format(Markup("<wbr>").join(parts))


def _ticked(text: str) -> Markup:
    """Prose, what stands between backticks as code; everything in it escaped."""
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else escape(part)
        for number, part in enumerate(_TICKED.split(visible(text)))
    )


def _tiles(overviews: Sequence[Overview]) -> list[tuple[str, int, bool]]:
    """(what, how many, whether to look at it): the figures to see first."""
    states = [state for one in overviews for state in one.states]
    looks = sum(state.mark.calls_for_a_look for state in states)
    twice = sum(order.inverted for one in overviews for order in one.orders)
    return [
        ("State to look at", looks, looks > 0),
        ("Shared state", len(states), False),
        ("Ways in", sum(len(one.entries) for one in overviews), False),
        ("Locks", sum(len(one.locks) for one in overviews), False),
        ("Taken in both orders", twice, twice > 0),
        ("May block a loop", sum(len(one.loops) for one in overviews), False),
    ]


def _spans(one: Overview) -> Iterator[Span]:
    """Every place that a row names."""
    for entry in one.entries:
        yield entry.at
        if entry.started is not None:
            yield entry.started
    for state in one.states:
        yield state.at
        yield from (access.at for access in state.accesses)
    for lock in one.locks:
        yield from (taken.at for taken in lock.taken)
        if lock.made is not None:
            yield lock.made
    yield from (order.at for order in one.orders)
    yield from (each.at for each in one.loops)


def _file(path: str, number: int, named: set[int], text: str) -> _File:
    lines = text.splitlines()
    shown = sorted({near for line in named for near in range(line - _AROUND, line + _AROUND + 1)})
    return _File(
        path,
        tuple(
            _Line(f"f{number}-{line}", line, lines[line - 1], line in named)
            for line in shown
            if 1 <= line <= len(lines)
        ),
    )
