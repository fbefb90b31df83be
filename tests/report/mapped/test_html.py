"""The page of a map: whole, escaped, and every row with a link to its lines."""

import re

from concurlint.report.mapped.html import render
from tests.report.mapped.made import MAP, TEXTS


def test_every_link_leads_to_a_line_of_the_page() -> None:
    page = render([MAP], TEXTS, "shop")
    links = set(re.findall(r'href="#(f[^"]+)"', page))
    assert links
    assert links <= set(re.findall(r'id="([^"]+)"', page))


def test_what_the_program_says_is_escaped() -> None:
    page = render([MAP], TEXTS, "<script>shop")
    assert "line 3 &lt;b&gt;" in page
    assert "<b>\n" not in page
    assert "<script>shop" not in page


def test_nothing_is_fetched() -> None:
    page = render([MAP], TEXTS, "shop")
    assert re.findall(r'(?:src|href)="(?!#|data:)[^"]*"', page) == []
