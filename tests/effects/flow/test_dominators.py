"""Which records every way to another, or out of the function, comes by."""

import pytest

from concurlint.effects.flow.dominators import dominates, leaves_through, passes, postdominates
from tests.flows import marked

BRANCHED = """
def main():
    m(1)
    if t(2):
        m(3)
    else:
        m(4)
    try:
        m(5)
    finally:
        m(6)
    m(7)
"""
HANDLED = """
def main():
    try:
        m(1)
        m(2)
    except Given:
        m(3)
    m(4)
"""


def orders(text: str, *labels: str) -> list[int]:
    """The order numbers of steps."""
    known = marked(text)
    return [next(order for order, name in known.labels.items() if name == label) for label in labels]


@pytest.mark.parametrize(
    ("text", "first", "then", "expected"),
    [
        (BRANCHED, "m1", "m7", True),
        (BRANCHED, "m3", "m5", False),
        (BRANCHED, "m5", "m6", False),  # it may have raised
        (BRANCHED, "m6", "m7", True),
        (BRANCHED, "m7", "m1", False),
        (HANDLED, "m1", "m2", True),
        (HANDLED, "m1", "m3", False),
        (HANDLED, "m1", "m4", False),
    ],
)
def test_what_dominates_has_been_done_on_every_way(text: str, first: str, then: str, expected: bool):
    assert dominates(marked(text).cfg, *orders(text, first, then)) is expected


def test_several_records_may_share_the_ways_to_another():
    three, four, five = orders(BRANCHED, "m3", "m4", "m5")
    assert passes(marked(BRANCHED).cfg, {three, four}, five)
    assert not passes(marked(BRANCHED).cfg, {three}, five)


@pytest.mark.parametrize(
    ("last", "first", "expected"),
    [
        ("m7", "m1", (True, False)),
        ("m6", "m5", (True, False)),  # once m5 is done, only what is in the finally may keep it from being done
        ("m3", "m1", (False, False)),
    ],
)
def test_what_postdominates_is_done_on_every_way_out(last: str, first: str, expected: tuple[bool, bool]):
    cfg = marked(BRANCHED).cfg
    found = tuple(postdominates(cfg, *orders(BRANCHED, last, first), also_raising=both) for both in (False, True))
    assert found == expected


def test_ways_out_by_an_exception_pass_a_finally():
    text = "def main():\n    c(1)\n    try:\n        m(2)\n    finally:\n        m(3)\n"
    first, last = orders(text, "m2", "m3")
    cfg = marked(text).cfg
    assert cfg.when_raised(first, avoiding={last}).returns is False
    assert leaves_through(cfg, {last}, first)
