"""The map's page in a real browser: filtered, sorted, used by keyboard, on a phone, in light and dark."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

from concurlint.report.mapped.html import render
from tests.report.mapped.made import MAP, TEXTS
from tests.report.profiled.browser import Browser, open_browser, why_not
from tests.report.profiled.test_page import DIM_TEXT

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(why_not()), reason=why_not() or "it is there")]

STATES = """
return [...document.querySelectorAll('#states tbody tr')].filter(of => !of.hidden).map(of => of.cells[4].textContent)
"""
SORTED = "return document.querySelector('#states th:last-child').getAttribute('aria-sort')"
COUNT = "#count"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for all tests."""
    with open_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The map made by hand."""
    path = tmp_path_factory.mktemp("map") / "map.html"
    path.write_text(render([MAP], TEXTS, "shop"), encoding="utf-8")
    return path


@pytest.fixture
def browser(chromium: Browser, page: Path) -> Iterator[Browser]:
    """The page freshly opened; after the test the console must have stayed quiet."""
    chromium.show(page)
    yield chromium
    assert chromium.complaints() == []


def test_words_filter_the_rows_of_all_tables(browser: Browser) -> None:
    assert browser.text(COUNT) == "7 rows"
    browser.press("/")
    browser.press("always", " ", "total")
    assert browser.text(COUNT) == "1 of 7 rows"
    assert browser.run(STATES) == ["1"]
    browser.press(Keys.ESCAPE)
    assert browser.text(COUNT) == "7 rows"


def test_a_box_leaves_only_the_state_to_look_at(browser: Browser) -> None:
    browser.click("#only")
    assert browser.run(STATES) == ["2"]


def test_a_heading_sorts_by_keyboard_too(browser: Browser) -> None:
    assert browser.run(STATES) == ["2", "1"]
    browser.focus("#states th:last-child button")
    browser.press(Keys.ENTER)
    assert browser.run(STATES) == ["1", "2"]
    assert browser.run(SORTED) == "ascending"
    browser.press(Keys.ENTER)
    assert browser.run(STATES) == ["2", "1"]


def test_a_row_opens_its_places_and_they_lead_to_lines(browser: Browser) -> None:
    browser.focus("#states summary")
    browser.press(Keys.ENTER)
    browser.click("#states details[open] li a")
    assert browser.run("return document.querySelector(':target').textContent") == "10line 10 <b>"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_can_be_read(browser: Browser, page: Path, scheme: str) -> None:
    browser.show(page, scheme=scheme)
    browser.run("for (const of of document.querySelectorAll('details')) of.open = true")
    dim, seen = browser.run(DIM_TEXT)
    assert dim == []
    assert seen > 40


def test_a_phone_shows_it_without_scrolling_sideways(browser: Browser, page: Path) -> None:
    browser.show(page, width=390, height=844)
    assert browser.run("return document.documentElement.scrollWidth") == 390
    assert browser.run("return getComputedStyle(document.querySelector('#states td')).display") == "block"
