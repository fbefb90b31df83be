"""Two runs side by side, as text, JSON and a page."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from concurlint.report.profiled.comparison import Judged, amount, difference, render_json, render_plain, speed
from concurlint.report.profiled.comparison_page import render
from concurlint.runtime.comparing import Amount, Change, Comparison, compare
from tests.report.profiled.browser import Browser, open_browser, why_not
from tests.report.profiled.made import BOUND, CALM, HOSTILE
from tests.runtime.test_comparing import called, run

browsed = pytest.mark.skipif(bool(why_not()), reason=why_not() or "it is there")


def made() -> tuple[Comparison, Judged]:
    """A run that sleeps less than before, with one verdict gone and one still there."""
    compared = compare(run("/a", 6.0, 4.0), run("/a", 2.0, 4.0), called, called)
    return compared, Judged.of([BOUND, CALM], [CALM])


def test_the_text_has_states_functions_and_verdicts():
    assert render_plain(*made()).splitlines() == [
        "app.py: 10.0 s → 6.00 s, 1.7× as fast",
        "one run each: the intervals tell how well each was seen, not how much runs differ by themselves",
        "",
        "Threads' time",
        "                 before                   after                    change",
        "  holds the GIL  4.00 s (3.70 to 4.31 s)  4.00 s (3.77 to 4.22 s)  no sure change",
        "  sleeps         6.00 s (5.69 to 6.30 s)  2.00 s (1.78 to 2.23 s)  −4.00 s (−4.37 to −3.62 s)",
        "",
        "Functions",
        "                  before                   after                    change",
        "  app.py: wait    6.00 s (5.69 to 6.30 s)  2.00 s (1.78 to 2.23 s)  −4.00 s (−4.37 to −3.62 s)",
        "  app.py: crunch  4.00 s (3.70 to 4.31 s)  4.00 s (3.77 to 4.22 s)  no sure change",
        "",
        "Verdicts",
        f"  gone  {BOUND.finding.span.path}:{BOUND.finding.span.line}:{BOUND.finding.span.column}: "
        f"{BOUND.finding.code} {BOUND.finding.message}",
        f"  still {CALM.finding.span.path}:{CALM.finding.span.line}:{CALM.finding.span.column}: "
        f"{CALM.finding.code} {CALM.finding.message}",
    ]


def test_the_json_has_every_number_with_its_interval():
    found = json.loads(render_json(*made()))
    assert found["seconds"]["change"] == {"value": -4.0, "low": -4.0, "high": -4.0}
    assert found["states"]["sleep"]["before"]["value"] == 6.0
    assert found["states"]["sleep"]["sure"] is True
    assert [(row["name"], row["sure"]) for row in found["functions"]] == [("wait", True), ("crunch", False)]
    assert {fate: [one["code"] for one in every] for fate, every in found["verdicts"].items()} == {
        "gone": [BOUND.finding.code],
        "still": [CALM.finding.code],
        "new": [],
    }


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [(10.0, 5.0, "2.0× as fast"), (5.0, 10.0, "2.0× as slow"), (10.0, 9.9, "as fast as before")],
)
def test_speed_is_said_in_words(before: float, after: float, says: str):
    assert speed(compare(run("/a", before, 0.0), run("/a", after, 0.0), called, called)) == says


def test_an_interval_has_its_unit_once_where_that_is_the_same():
    assert amount(Amount(0.5, 0.2, 1.5)) == "500 ms (200 ms to 1.50 s)"
    assert amount(Amount(5.0, 4.0, 6.0)) == "5.00 s (4.00 to 6.00 s)"
    assert amount(Amount(5.0, 5.0, 5.0)) == "5.00 s"
    assert difference(Change(Amount(1.0, 0.9, 1.1), Amount(2.0, 1.9, 2.1))) == "+1.00 s (+859 ms to +1.14 s)"


def test_names_from_the_programs_are_escaped_in_the_page():
    compared, judged = made()
    hostile = replace(compared, functions=(replace(compared.functions[0], name=HOSTILE),), notes=(HOSTILE,))
    page = render(hostile, judged)
    assert "<script" not in page
    assert "&lt;script&gt;" in page


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for all tests."""
    with open_browser() as opened:
        yield opened


@browsed
@pytest.mark.slow
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (380, "light")])
def test_the_page_is_drawn_and_fits_and_the_console_is_quiet(
    chromium: Browser, tmp_path: Path, width: int, scheme: str
):
    page = tmp_path / "compare.html"
    page.write_text(render(*made()), encoding="utf-8")
    chromium.show(page, width=width, scheme=scheme)
    bars = chromium.run(
        "return [...document.querySelectorAll('.bar2 i')].map(bar => Math.round(100 * bar.getBoundingClientRect().width"
        " / bar.parentElement.getBoundingClientRect().width))"
    )
    assert bars == [67, 67, 100, 33, 100, 33, 67, 67]
    assert chromium.run("return document.documentElement.scrollWidth <= window.innerWidth")
    assert chromium.complaints() == []
