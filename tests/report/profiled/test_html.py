"""The page as text: whole, needing nothing from elsewhere, and safe with hostile names."""

import json
import re
from collections import Counter
from html.parser import HTMLParser

import pytest

from concurlint.report.profiled.flames import folded
from concurlint.report.profiled.html import render
from concurlint.report.profiled.timeline import HEIGHTS
from concurlint.runtime.profile import Profile
from concurlint.runtime.samples import Frame
from tests.report.profiled.made import BOUND, CALM, EMPTY, HOSTILE, PROFILE, TEXTS

VOID = {"meta", "link", "input", "br", "rect", "img"}


class Page(HTMLParser):
    """The elements of a page with their attributes, their text, and what was not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.said = ""
        self.scripts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
            if tag == "script":
                self.scripts.append("")

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data):
        if self.open and self.open[-1] == "script":
            self.scripts[-1] += data
        elif "style" not in self.open:
            self.said += data


@pytest.fixture(scope="module")
def page() -> Page:
    """The run made by hand, with both its verdicts."""
    return Page(render(PROFILE, [BOUND, CALM], TEXTS))


@pytest.mark.parametrize("profile", [PROFILE, EMPTY])
def test_every_element_is_closed_and_every_id_is_there_once(profile: Profile):
    page = Page(render(profile, [BOUND, CALM], TEXTS))
    assert (page.wrong, page.open) == ([], [])
    ids = Counter(attributes["id"] for _, attributes in page.elements if "id" in attributes)
    assert [name for name, count in ids.items() if count > 1] == []
    pointed = {
        name
        for _, attributes in page.elements
        for key in ("aria-labelledby", "aria-describedby", "href")
        for name in (attributes.get(key) or "").removeprefix("#").split()
        if key != "href" or (attributes.get(key) or "").startswith("#")
    }
    assert pointed - set(ids) == set()


def test_nothing_comes_from_elsewhere(page: Page):
    assert {tag for tag, _ in page.elements} & {"img", "iframe", "object", "embed", "base", "form"} == set()
    links = [(attributes.get("rel"), attributes.get("href")) for tag, attributes in page.elements if tag == "link"]
    assert links == [("icon", "data:,")]
    assert [attributes for tag, attributes in page.elements if tag == "script" and "src" in attributes] == []
    css = re.search(r"<style>(.*?)</style>", render(PROFILE, [], TEXTS), re.DOTALL)
    assert css is not None
    assert re.findall(r"url\(|@import", css[1]) == []
    (policy,) = (of["content"] for tag, of in page.elements if of.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none';")


def test_what_the_program_says_stays_text(page: Page):
    assert [kind for kind, _ in page.elements].count("script") == 2
    assert "<script>alert('name')</script>␛[31m�" in page.said
    assert "# </script><script>alert(1)</script>" in page.said
    assert "<b>both</b> cores compute" in page.said
    handlers = [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    assert handlers == []


def test_the_script_s_data_is_json_that_cannot_end_its_element(page: Page):
    data = json.loads(page.scripts[0])
    assert [name[:8] for name in data["threads"]] == ["MainThre", "worker-1", HOSTILE[:8]]
    assert "<" not in page.scripts[0]
    assert data["ticks"] == 250_000
    assert data["stretches"][0] == [0, 200_000, 6, 0, 50_000, 11]
    assert data["handovers"][:6] == [5_000, 1, 2, 10_000, 2, 1]


def test_a_busy_state_is_drawn_taller():
    assert sorted(HEIGHTS.values(), reverse=True) == [HEIGHTS[kind] for kind in sorted(HEIGHTS, reverse=True)]
    drawn = render(PROFILE, [], TEXTS)
    assert '<path class="s-queue" d="M0 1v-0.54H200000V1z"/>' in drawn
    assert '<path class="s-sleep" d="M200000 1v-0.16H250000V1z"/>' in drawn


def test_a_verdict_s_place_leads_to_its_line(page: Page):
    links = {attributes["href"] for tag, attributes in page.elements if tag == "a"}
    assert {"#file1-2", "#file2-9"} <= links
    assert "numbers.py:2" in page.said


def test_every_picture_has_words(page: Page):
    pictures = [attributes for tag, attributes in page.elements if tag == "svg"]
    assert [of for of in pictures if not of.get("aria-label") and of.get("aria-hidden") != "true"] == []
    whole = next(of for of in pictures if of["class"] == "bar tall")
    assert whole["aria-label"] == (
        "holds the GIL 31%, waits for the GIL 31%, waits for another thread 31%, sleeps 7.7%"
    )


def test_an_empty_run_says_what_is_not_there():
    said = Page(render(EMPTY, [], {})).said
    for words in ("No thread was seen", "No Python stacks were recorded", "No line was seen", "decides nothing"):
        assert words in said


def test_what_the_import_system_does_is_one_box():
    frozen = "<frozen importlib._bootstrap>"
    frames = (
        Frame("<module>", "/home/me/app.py", 1),
        Frame("_find_and_load", frozen, 1176),
        Frame("_load_unlocked", frozen, 690),
        Frame("exec_module", "<frozen importlib._bootstrap_external>", 940),
        Frame("<module>", "/lib/numpy/__init__.py", 3),
    )
    short = {"/home/me/app.py": "app.py", "/lib/numpy/__init__.py": "numpy/__init__.py"}
    boxes = [("<module>", "app.py"), ("import", ""), ("<module>", "numpy/__init__.py")]
    assert folded(frames, short) == boxes
