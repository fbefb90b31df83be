"""A function's graph, asked by records: where they stand, what may follow them, where others may run between."""

import pytest

from concurlint.effects.flow.cfg import Cfg, Reach
from concurlint.facts.flow import RETURNED, Way
from tests.flows import Marked, marked, scopes

CLEANED_UP = """
def main():
    c(1)
    try:
        m(2)
        if t(3):
            return m(4)
    finally:
        m(5)
    m(6)
"""


def at(known: Marked, label: str) -> int:
    """The order number of a step."""
    return next(order for order, name in known.labels.items() if name == label)


def told(known: Marked, reach: Reach) -> list[str]:
    """The steps and the ways out that are come to."""
    ways_out = {"return": reach.returns, "raise": reach.raises}
    return [name for order, name in sorted(known.labels.items()) if order in reach] + [
        n for n in ways_out if ways_out[n]
    ]


def test_a_record_in_a_finally_stands_in_a_block_for_each_way_through_it():
    known = marked(CLEANED_UP)
    assert [len(known.cfg.blocks(at(known, label))) for label in ("m2", "m5", "m6")] == [1, 3, 1]


def test_what_follows_a_record_is_what_can_be_come_to_from_it():
    known = marked(CLEANED_UP)
    cfg = known.cfg
    assert told(known, cfg.after(at(known, "m2"))) == ["t3", "m4", "m5", "m6", "return", "raise"]
    assert told(known, cfg.after(at(known, "m4"))) == ["m5", "return", "raise"]
    assert told(known, cfg.when_raised(at(known, "m2"))) == ["m5", "raise"]
    assert told(known, cfg.after(at(known, "m6"))) == ["return"]


def test_what_is_avoided_is_come_to_but_not_passed():
    known = marked(CLEANED_UP)
    reach = known.cfg.after(at(known, "m2"), avoiding={at(known, "m5")})
    assert told(known, reach) == ["t3", "m4", "m5", "raise"]


def test_edges_may_be_left_out():
    known = marked(CLEANED_UP)
    reach = known.cfg.from_start(follow=lambda edge: edge.raised is None and edge.way is not Way.FALSE)
    assert told(known, reach) == ["c1", "m2", "t3", "m4", "m5", "return"]


def test_a_way_is_told_by_its_edges():
    known = marked(CLEANED_UP)
    way = known.cfg.reachable.way_to(at(known, "m6"))
    assert way is not None
    assert [edge.way for edge in way if edge.way is not Way.NEXT] == [Way.FALSE]
    out = known.cfg.after(at(known, "m4")).way_out(RETURNED)
    assert out is not None
    assert [edge.target for edge in out][-1] == RETURNED
    assert known.cfg.after(at(known, "m6")).way_to(at(known, "m2")) is None


def test_an_edge_that_raises_names_the_record():
    known = marked(CLEANED_UP)
    way = known.cfg.after(at(known, "m2"), follow=lambda edge: edge.way is not Way.FALSE).way_to(at(known, "m5"))
    assert way is not None
    assert [known.labels.get(edge.raised) for edge in way if edge.raised is not None] == ["t3"]


def test_what_nothing_leads_to_stands_in_no_block_or_one_that_cannot_be_come_to():
    known = marked("def main():\n    return m(1)\n    m(2)\n    while t(3):\n        m(4)\n")
    assert told(known, known.cfg.reachable) == ["m1", "return", "raise"]


def test_nothing_follows_a_call_that_never_returns():
    scope = marked("def main():\n    m(1)\n    m(2)\n").cfg.scope
    first, second = (site.order for site in scope.calls)
    cfg = Cfg(scope, never_return=[first])
    assert first in cfg.reachable
    assert second not in cfg.reachable
    assert (cfg.reachable.returns, cfg.reachable.raises) == (False, True)


@pytest.mark.parametrize(("manager", "expected"), [("s(1)", True), ("c(1)", False)])
def test_an_exception_is_taken_by_managers_that_do(manager: str, expected: bool):
    known = marked(f"def main():\n    with {manager}:\n        raise Given\n    m(3)\n")
    assert (at(known, "m3") in known.cfg.reachable) is expected


@pytest.mark.parametrize(("manager", "expected"), [("suppress(KeyError)", True), ("closing(it)", False)])
def test_unless_told_otherwise_only_suppress_is_known_to_take_exceptions(manager: str, expected: bool):
    cfg = Cfg(scopes(f"def main():\n    with {manager}:\n        raise it\n    done()\n")[1])
    assert (cfg.scope.calls[-1].order in cfg.reachable) is expected


SHARED = """
async def main():
    m(1)
    if t(2):
        await a(3)
    async with c(4):
        m(5)
    async for item in i(6):
        m(7)
    m(8)
    yield m(9)
"""


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("m1", "t2", 0),
        ("m1", "m5", 2),  # a3, and entering c4
        ("m5", "i6", 1),  # leaving c4
        ("m7", "m7", 1),  # the next item
        ("m7", "m8", 1),
        ("m8", "m9", 0),
        ("m8", "m1", 0),
    ],
)
def test_others_may_run_between_two_records(first: str, last: str, expected: int):
    known = marked(SHARED)
    assert len(list(known.cfg.suspensions_between(at(known, first), at(known, last)))) == expected


def test_functions_in_functions_have_graphs_of_their_own():
    found = scopes(
        """
        m(1)
        def main():
            m(2)
            inner = lambda: m(3) if m(4) else m(5)
            class Inner:
                m(6)
                def method(self):
                    return m(7)
        """
    )
    calls = {scope.name or scope.kind: len(scope.calls) for scope in found}
    assert calls == {"module": 1, "main": 1, "<lambda>": 3, "Inner": 1, "method": 1}
    for scope in found:
        cfg = Cfg(scope)
        assert [site.order in cfg.reachable for site in scope.calls] == [True] * len(scope.calls)
        assert cfg.reachable.returns


def test_what_has_no_record_may_raise_too():
    for deed in ("one / two", "one < two", "-one", "one.two", "one[two]", "import one", "from one import *", "one"):
        cfg = Cfg(scopes(f"def main():\n    try:\n        {deed}\n    except Given:\n        m(1)\n")[1])
        assert cfg.scope.calls[0].order in cfg.reachable, deed


def test_a_handler_of_what_seems_not_to_raise_can_be_come_to():
    cfg = Cfg(scopes("def main():\n    try:\n        text = unicode\n    except NameError:\n        m(1)\n")[1])
    assert cfg.scope.calls[0].order in cfg.reachable


def test_clauses_say_what_they_take_and_what_passes_them():
    known = marked(
        "def main():\n    try:\n        m(1)\n    except KeyError:\n        m(2)\n    except Exception:\n        m(3)\n"
    )
    (dispatch,) = (edge.target for block in known.cfg.blocks(at(known, "m1")) for edge in known.cfg.raises[block])
    assert [edge.way for edge in known.cfg.edges[dispatch]] == [Way.CAUGHT, Way.CAUGHT, Way.UNCAUGHT_BASE]


def test_a_finally_too_large_to_copy_is_shared_by_all_ways_through_it():
    steps = "".join(f"        if t({number}):\n            m({number})\n" for number in range(3, 203))
    known = marked(f"def main():\n    try:\n        if t(1):\n            return\n    finally:\n{steps}    m(2)\n")
    assert len(known.cfg.blocks(at(known, "m100"))) == 1
    reach = known.cfg.after(at(known, "m100"))
    assert (at(known, "m2") in reach, reach.returns, reach.raises) == (True, True, True)


def test_reads_and_arithmetic_raise_but_run_no_other_code():
    cfg = Cfg(scopes("def main(it):\n    it.one\n    it[2] + 3\n    m(4)\n    import five\n    one, two = it\n")[1])
    raising = [edge.raised for edges in cfg.raises for edge in edges if edge.raised is not None]
    assert [order in cfg.runs_other_code for order in raising] == [False, False, False, True, True, False, False]
