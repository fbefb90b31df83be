"""The page in a real browser: drawn, switched, used by keyboard, on a phone, and quiet."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

from concurlint.report.profiled.html import render
from concurlint.runtime.profile import Profile, Row, ThreadTimes
from concurlint.runtime.samples import State
from tests.report.profiled.browser import Browser, open_browser, why_not
from tests.report.profiled.made import BOUND, CALM, EMPTY, PID, PROFILE, TEXTS

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(why_not()), reason=why_not() or "it is there")]

VIEW = "return document.querySelector('#strips').getAttribute('viewBox').split(' ').map(Number)"
BOXES = "return [...document.querySelectorAll('#flames [role=treeitem]')].map(of => of.getAttribute('aria-label'))"
DIM_TEXT = """
const numbers = (colour) => colour.match(/[0-9.]+/g).map(Number);
const light = (rgb) => {
  const [r, g, b] = rgb.map((of) => of / 255).map((of) => of <= 0.04045 ? of / 12.92 : ((of + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ground = (of) => {
  const layers = [];
  for (let at = of; at; at = at.parentElement) {
    const [r, g, b, a = 1] = numbers(getComputedStyle(at).backgroundColor);
    layers.push([[r, g, b], a]);
    if (a === 1) break;
  }
  const over = (below, [rgb, a]) => rgb.map((of, at) => of * a + below[at] * (1 - a));
  return layers.reverse().reduce(over, [255, 255, 255]);
};
const dim = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
let seen = 0;
while (walker.nextNode()) {
  const of = walker.currentNode.parentElement, text = walker.currentNode.data.trim();
  if (!text || !of.getClientRects().length) continue;
  if (of.closest('script, style, svg, [hidden], :disabled, option, noscript')) continue;
  seen += 1;
  const [one, other] = [numbers(getComputedStyle(of).color), ground(of)].map(light).sort((a, b) => b - a);
  const contrast = (one + 0.05) / (other + 0.05);
  if (contrast < 4.5) dim.push(`${text.slice(0, 40)}: ${contrast.toFixed(2)}`);
}
return [dim, seen];
"""
FOCUS = "return document.activeElement.getAttribute('aria-label')"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for all tests."""
    with open_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run made by hand, with its verdicts."""
    return written(tmp_path_factory.mktemp("page"), PROFILE)


@pytest.fixture
def browser(chromium: Browser, page: Path) -> Iterator[Browser]:
    """The page freshly opened on a desk; after the test the console must have stayed quiet."""
    chromium.show(page)
    yield chromium
    assert chromium.complaints() == []


def written(folder: Path, profile: Profile) -> Path:
    """The profile's page as a file."""
    path = folder / "report.html"
    path.write_text(render(profile, [BOUND, CALM], TEXTS), encoding="utf-8")
    return path


def threads_in_turn(threads: int, stretches: int) -> Profile:
    """A long run of many threads with long names; all stretches together are as many as are kept at most."""
    each = stretches // threads
    states = list(State)
    rows = [
        Row(PID, tid, tuple((at * 0.01, at * 0.01 + 0.01, states[(at + tid) % 14]) for at in range(each)))
        for tid in range(PID, PID + threads)
    ]
    long = "ThreadPoolExecutor-with-a-name-that-never-ends_"
    times = [
        ThreadTimes(PID, row.tid, f"{long}{row.tid}", {State.HOLDS_GIL: each * 0.01}, 1.0, 0.0, 0.0, each * 0.01)
        for row in rows
    ]
    run = replace(PROFILE.run, seconds=each * 0.01, command=("python", "x" * 200))
    return replace(PROFILE, run=run, threads=tuple(times), timeline=tuple(rows))


def test_all_parts_are_drawn_and_nothing_is_fetched(browser: Browser):
    heights = browser.run(
        "return ['#verdicts .card', '#strips', '#flames', '#lines .file', '#measured']"
        ".map(of => document.querySelector(of).getBoundingClientRect().height)"
    )
    assert [height > 50 for height in heights] == [True] * 5
    assert browser.run("return performance.getEntriesByType('resource').map(of => of.name)") == []
    assert browser.run("return document.querySelectorAll('#axis span').length") > 3


def test_rows_are_drawn_as_tall_as_their_state_is_busy(browser: Browser):
    tall, low = (
        browser.run("return document.querySelector(arguments[0]).getBoundingClientRect().height", f".strip .s-{state}")
        for state in ("holds-gil", "sleep")
    )
    assert tall > 4 * low > 0


def test_the_flame_graph_is_switched_between_states(browser: Browser):
    assert browser.run(BOXES)[0] == (
        "all threads: 6.50 s, 100% of all time; waits for another thread 31%, holds the GIL 31%, waits for the GIL 31%"
    )
    browser.click("input[name=state][value=sleep]")
    assert browser.run(BOXES) == [
        "all threads: sleeps for 500 ms, 100% of such time",
        "<module> (app.py): sleeps for 500 ms, 100% of such time",
    ]
    browser.press(Keys.ARROW_LEFT)
    assert browser.run("return document.querySelector('input[name=state]:checked').value") == "queue"
    assert [of.split(" (")[0] for of in browser.run(BOXES)][1:] == ["<module>", "Thread.join"]


def test_the_flame_graph_shows_one_thread_alone(browser: Browser):
    browser.run(
        "const of = document.querySelector('#flame-thread'); of.value = 1; of.dispatchEvent(new Event('change'))"
    )
    assert [of.split(" (")[0].split(":")[0] for of in browser.run(BOXES)] == ["worker-1", "Thread.run", "work", "total"]


def test_the_flame_graph_is_used_by_keyboard(browser: Browser):
    browser.focus("#flames [tabindex='0']")
    browser.press(Keys.ARROW_DOWN)
    assert browser.run(FOCUS).startswith("Thread.run")
    browser.press(Keys.ARROW_RIGHT)
    assert browser.run(FOCUS).startswith("<module>")
    browser.press(Keys.ENTER)
    assert browser.run("return document.querySelector('#flame-reset').disabled") is False
    assert browser.run(FOCUS).startswith("<module>")
    assert browser.text("#flame-readout").startswith("<module> (app.py): 2.50 s, 38% of all time")
    widths = browser.run(
        "return [...document.querySelectorAll('#flames [role=treeitem] .box')]"
        ".map(of => of.getBoundingClientRect().width)"
    )
    assert widths[0] == pytest.approx(widths[1])
    browser.press(Keys.ESCAPE)
    assert browser.run("return document.querySelector('#flame-reset').disabled") is True


def test_what_is_searched_for_is_marked_and_its_time_told(browser: Browser):
    browser.run("document.activeElement.blur()")
    browser.press("/", "t", "o", "t", "a")
    assert browser.text("#flame-found") == "1 function: 4.00 s, 62%"
    found = (
        "return [...document.querySelectorAll('#flames .found')].map(of => of.getAttribute('aria-label').split(' ')[0])"
    )
    assert browser.run(found) == ["total"]
    # A caller that fits counts what it calls: nothing twice.
    browser.press(*[Keys.BACKSPACE] * 4, "P", "y")
    assert browser.text("#flame-found") == "5 functions: 6.50 s, 100%"
    browser.press(Keys.ENTER)
    assert browser.run(FOCUS).split(" ")[0] in ("Thread.run", "<module>")
    browser.click("#flame-search")
    browser.press(Keys.END, *[Keys.BACKSPACE] * 2, "x", "x")
    assert browser.text("#flame-found") == "nothing found"
    browser.press(*[Keys.BACKSPACE] * 2)
    assert browser.run("return document.querySelectorAll('#flames.searched, #flames .found').length") == 0


def test_the_timeline_is_used_by_keyboard(browser: Browser):
    browser.focus("#plot")
    browser.press(Keys.ARROW_DOWN, Keys.HOME)
    assert browser.text("#readout") == "worker-1 holds the GIL for 50 ms, from 0.000 s to 0.050 s"
    browser.press(Keys.ARROW_RIGHT)
    assert browser.text("#readout") == "worker-1 waits for the GIL for 50 ms, from 0.050 s to 0.100 s"
    browser.press(Keys.ENTER)
    start, _, span, _ = browser.run(VIEW)
    assert (start, span) == (0, 20_000)
    browser.press("-")
    assert browser.run(VIEW)[2] == 40_000
    browser.press(Keys.END)
    assert browser.text("#readout").endswith("from 1.950 s to 2.000 s")
    start, _, span, _ = browser.run(VIEW)
    assert start <= 195_000 < 200_000 <= start + span
    browser.press(Keys.ESCAPE)
    assert browser.run(VIEW) == [0, 0, 250_000, 3]


def test_the_timeline_is_zoomed_by_dragging_and_by_buttons(browser: Browser):
    browser.drag("#plot", 0.2, 0.4)
    start, _, span, _ = browser.run(VIEW)
    assert start == pytest.approx(50_000, abs=600)
    assert span == pytest.approx(50_000, abs=1200)
    browser.click("[data-do=right]")
    assert browser.run(VIEW)[0] > start
    browser.click("[data-do=whole]")
    assert browser.run(VIEW) == [0, 0, 250_000, 3]
    assert browser.run("return document.querySelector('[data-do=out]').disabled") is True


def test_hand_overs_are_drawn_from_giver_to_taker_and_can_be_hidden(browser: Browser):
    lines = "return document.querySelector('#handover-lines').getAttribute('d')"
    assert browser.run(lines).startswith("M5000 1.88V2.88M10000 2.88V1.88")
    browser.click("#show-handovers")
    assert browser.run(lines) == ""


def test_a_state_is_seen_alone(browser: Browser):
    opacity = (
        "return ['gil-wait', 'sleep'].map(of => getComputedStyle(document.querySelector(`.strip .s-${of}`)).opacity)"
    )
    browser.click(".pick[data-state=gil-wait]")
    assert browser.run(opacity) == ["1", "0.12"]
    browser.click(".pick[data-state=gil-wait]")
    assert browser.run(opacity) == ["1", "1"]


def test_the_keyboard_first_finds_the_way_past_the_top(browser: Browser):
    browser.press(Keys.TAB)
    assert browser.run("return document.activeElement.className") == "skip"
    assert browser.run("return document.activeElement.getBoundingClientRect().left") >= 0
    browser.press(Keys.ENTER)
    assert browser.run("return document.activeElement.id") == "main"


def test_what_has_the_keyboard_is_seen_to_have_it(browser: Browser):
    seen = set()
    for _ in range(60):
        browser.press(Keys.TAB)
        seen.add(
            browser.run(
                "const of = document.activeElement, mark = of.closest('.switch label')?.querySelector('span') || of;"
                "if (of === document.body) return 'end';"
                "const box = of.querySelector?.('.box') || mark, style = getComputedStyle(box);"
                "const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;"
                "return outlined || style.strokeWidth === '3px' ? 'seen' : of.outerHTML.slice(0, 80)"
            )
        )
    assert seen <= {"seen", "end"}


@pytest.mark.parametrize("width", [320, 360, 600, 768, 1024, 2000])
def test_the_page_never_scrolls_sideways(chromium: Browser, tmp_path: Path, width: int):
    for profile in (PROFILE, EMPTY, threads_in_turn(12, 1200)):
        chromium.show(written(tmp_path, profile), width=width, height=740)
        wide = chromium.run(
            "return [...document.querySelectorAll('main *, header *')].filter(of => {"
            "const box = of.getBoundingClientRect();"
            f"return box.width && box.right > {width} + 1 && !of.closest('svg, pre, .text, .unseen')}})"
            ".map(of => of.outerHTML.slice(0, 80))"
        )
        assert wide == []
        assert chromium.run("return document.documentElement.scrollWidth") <= width
    assert chromium.complaints() == []


def test_a_dark_page_is_dark(chromium: Browser, page: Path):
    colours = []
    for scheme in ("light", "dark"):
        chromium.show(page, scheme=scheme)
        colours.append(
            chromium.run(
                "return [document.body, document.querySelector('.strip .s-gil-wait')]"
                ".map((of, place) => getComputedStyle(of)[['backgroundColor', 'fill'][place]])"
            )
        )
    assert colours == [["rgb(255, 255, 255)", "rgb(191, 54, 6)"], ["rgb(18, 21, 27)", "rgb(245, 121, 59)"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_can_be_read_pressed_buttons_too(chromium: Browser, page: Path, scheme: str):
    chromium.show(page, scheme=scheme)
    chromium.click(".pick[data-state=gil-wait]")
    chromium.click("input[name=state][value=sleep]")
    assert chromium.run("return document.querySelectorAll('.pick[aria-pressed=true]').length") == 1
    chromium.run("document.querySelectorAll('details').forEach(of => { of.open = true })")
    dim, seen = chromium.run(DIM_TEXT)
    assert (dim, seen > 60) == ([], True)


def test_twenty_thousand_stretches_are_still_moved_about_in(chromium: Browser, tmp_path: Path):
    chromium.show(written(tmp_path, threads_in_turn(40, 20_000)))
    assert chromium.run("return document.querySelectorAll('.strip').length") == 40
    took = chromium.run(
        "const began = performance.now();"
        "for (let i = 0; i < 10; i += 1) { document.querySelector('[data-do=in]').click(); document.body.offsetHeight }"
        "return performance.now() - began"
    )
    # Ten steps of zooming; on a machine that does nothing else it is a fiftieth of this.
    assert took < 5000
    chromium.focus("#plot")
    chromium.press(Keys.ARROW_RIGHT)
    assert "ThreadPoolExecutor-with-a-name" in chromium.text("#readout")
    assert chromium.complaints() == []


def test_an_empty_run_is_a_quiet_page(chromium: Browser, tmp_path: Path):
    chromium.show(written(tmp_path, EMPTY))
    assert "No thread was seen" in chromium.text("#timeline")
    assert chromium.complaints() == []
