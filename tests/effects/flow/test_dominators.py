"""Which records every way to another, or out of the function, comes by."""

import pytest

from concurlint.effects.flow.dominators import (
    are_apart,
    comes_after,
    dominates,
    in_one_turn,
    leaves_through,
    may_turn_again,
    passes,
    postdominates,
)
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


LOOPED = """
def main():
    for _ in i(1):
        m(2)
        if t(3):
            m(4)
            break
        m(5)
    m(6)
"""


@pytest.mark.parametrize(
    ("text", "first", "then", "apart", "after"),
    [
        (BRANCHED, "m3", "m4", True, False),
        (BRANCHED, "m1", "m3", False, True),
        (BRANCHED, "m3", "m1", False, False),
        (LOOPED, "m2", "m5", False, False),  # each before the other in some turn
        (LOOPED, "m2", "m6", False, True),
        (LOOPED, "m4", "m5", False, False),
    ],
)
def test_records_may_be_apart_or_come_one_after_the_other(text: str, first: str, then: str, apart: bool, after: bool):
    cfg, (one, other) = marked(text).cfg, orders(text, first, then)
    assert (are_apart(cfg, one, other), comes_after(cfg, other, one)) == (apart, after)


@pytest.mark.parametrize(
    ("first", "then", "same", "again"),
    [("m2", "m5", True, True), ("m5", "m2", False, True), ("m4", "m5", False, False)],
)
def test_turns_of_a_loop_are_told_apart(first: str, then: str, same: bool, again: bool):
    cfg, (one, other) = marked(LOOPED).cfg, orders(LOOPED, first, then)
    [loop] = cfg.scope.loops
    assert (in_one_turn(cfg, loop, one, other), may_turn_again(cfg, loop, one)) == (same, again)
