"""What holds on every way into a function."""

from pathlib import Path

import pytest

from concurlint.effects.calls.every_way import EveryWay, both
from tests.linked import Link, Linked
from tests.linked import link as link_files

CIRCLE = """
    def even(): odd()
    def odd(): even()
    def good(): even()
    def bad(): even()
    def left(): right()
    def right(): left()
"""


@pytest.fixture
def link(tmp_path: Path) -> Link:
    return lambda files: link_files(tmp_path, files)


def holding(linked: Linked, *names: str, otherwise: bool = False) -> EveryWay[bool]:
    """Whether only calls in the named functions lead somewhere."""
    return EveryWay(
        lambda code: linked.graph.callers.get(code, ()),
        lambda edge, above: above or edge.caller.name in names,
        both,
        otherwise,
    )


def test_a_circle_holds_what_all_ways_into_it_hold(link: Link):
    linked = link({"app.py": CIRCLE})
    answers = {
        names: [holding(linked, *names).of(linked.code(name)) for name in ("even", "odd")]
        for names in (("good",), ("bad",), ("good", "bad"))
    }
    assert answers == {("good",): [False, False], ("bad",): [False, False], ("good", "bad"): [True, True]}


def test_where_nobody_calls_it_is_as_is_said(link: Link):
    linked = link({"app.py": CIRCLE})
    for otherwise in (False, True):
        every = holding(linked, otherwise=otherwise)
        assert [every.of(linked.code(name)) for name in ("good", "left", "right")] == [otherwise] * 3


def test_what_is_known_without_callers_is_not_asked_of_them(link: Link):
    linked = link({"app.py": CIRCLE})
    every = EveryWay(
        lambda code: linked.graph.callers.get(code, ()),
        lambda edge, above: above,
        both,
        otherwise=False,
        known=lambda code: True if code.name in ("good", "bad") else None,
    )
    assert every.of(linked.code("odd"))


def test_sets_meet_in_what_they_share(link: Link):
    linked = link({"app.py": CIRCLE})
    every = EveryWay(
        lambda code: linked.graph.callers.get(code, ()),
        lambda edge, above: above | {edge.caller.name, "all"},
        frozenset.intersection,
        frozenset[str](),
    )
    assert every.of(linked.code("even")) == {"all"}


def test_a_circle_that_nobody_enters_has_what_its_own_calls_allow(link: Link):
    linked = link({"app.py": CIRCLE})

    def every(*denying: str) -> EveryWay[bool]:
        return EveryWay(
            lambda code: linked.graph.callers.get(code, ()),
            lambda edge, above: above and edge.caller.name not in denying,
            both,
            otherwise=False,
            at_most=True,
        )

    assert [every().of(linked.code("left")), every("right").of(linked.code("left"))] == [True, False]
