"""Events of functions led up the calls to them, and ways down from functions."""

from pathlib import Path

import pytest

from concurlint.effects.calls.summaries import reached, spread, summaries
from concurlint.project.callgraph import Edge
from concurlint.project.modules import Code
from tests.linked import Link, Linked
from tests.linked import link as link_files


@pytest.fixture
def link(tmp_path: Path) -> Link:
    return lambda files: link_files(tmp_path, files)


CIRCLE = """
    def deed(): ...
    def even(): odd(); deed()
    def odd(): even()
    def top(): odd()
    def apart(): ...
"""


def ways(linked: Linked, found: dict[Code, dict[object, tuple[Edge, ...]]]) -> dict[str, list[str]]:
    """Each function that has an event, with the functions on the way there."""
    return {code.qualname: [edge.callee.name for edge in events[None]] for code, events in found.items()}


def doing(linked: Linked, name: str = "deed") -> dict[str, list[str]]:
    return ways(linked, summaries(linked.graph, [(linked.code(name), ())], lambda edge, way: (edge, *way)))


def test_what_a_function_does_is_done_by_all_that_call_it_each_by_its_shortest_way(link: Link):
    linked = link({"app.py": CIRCLE})
    expected = {"deed": [], "even": ["deed"], "odd": ["even", "deed"], "top": ["odd", "even", "deed"]}
    assert doing(linked) == expected


def test_a_call_may_keep_an_event_from_its_caller(link: Link):
    linked = link({"app.py": CIRCLE})

    def through(edge: Edge, way: tuple[Edge, ...]) -> tuple[Edge, ...] | None:
        return (edge, *way) if edge.callee.name != "odd" else None

    found = summaries(linked.graph, [(linked.code("deed"), ())], through)
    assert ways(linked, found) == {"deed": [], "even": ["deed"], "odd": ["even", "deed"]}


def test_events_with_different_keys_are_kept_beside_each_other_up_to_so_many(link: Link):
    linked = link({"app.py": "def deed(): ...\ndef top(): deed()\n"})
    direct = [(linked.code("deed"), word) for word in ("a", "b", "a", "c")]
    found = summaries(linked.graph, direct, lambda _, word: word.upper(), key=lambda word: word.lower(), most=2)
    assert {code.name: list(events.values()) for code, events in found.items()} == {
        "deed": ["a", "b"],
        "top": ["A", "B"],
    }


def test_better_evidence_wins_over_a_shorter_way(link: Link):
    linked = link({"app.py": "def sure(): ...\ndef unsure(): ...\ndef by(): sure()\ndef top(): unsure(); by()\n"})
    direct = [(linked.code("unsure"), (1, "unsure")), (linked.code("sure"), (0, "sure"))]
    found = summaries(linked.graph, direct, lambda _, event: event, rank=lambda event: event[:1])
    assert found[linked.code("top")] == {None: (0, "sure")}


def test_an_event_counts_only_if_it_still_holds_when_its_turn_comes(link: Link):
    linked = link({"app.py": CIRCLE})
    found = spread(
        [(linked.code("deed"), 1), (linked.code("apart"), 2)],
        lambda code, number: (),
        holds=lambda number, known: (
            number not in {event for events in known.values() for event in events.values()} and len(known) < 1
        ),
    )
    assert {code.name: events for code, events in found.items()} == {"deed": {None: 1}}


def test_ways_down_are_the_shortest_of_those_that_are_followed(link: Link):
    linked = link({"app.py": CIRCLE})
    all_ways = reached(linked.graph, [linked.code("top")])
    assert {code.name: [edge.callee.name for edge in way] for code, way in all_ways.items()} == {
        "top": [],
        "odd": ["odd"],
        "even": ["odd", "even"],
        "deed": ["odd", "even", "deed"],
    }
    near = reached(linked.graph, [linked.code("top")], deepest=1)
    assert [code.name for code in near] == ["top", "odd"]
    kept = reached(linked.graph, [linked.code("top")], follow=lambda edge: edge.callee.name != "even")
    assert [code.name for code in kept] == ["top", "odd"]


def test_ways_up_lead_to_all_that_calls(link: Link):
    linked = link({"app.py": CIRCLE})
    above = reached(linked.graph, [linked.code("deed")], up=True)
    assert {code.name: [edge.caller.name for edge in way] for code, way in above.items()} == {
        "deed": [],
        "even": ["even"],
        "odd": ["odd", "even"],
        "top": ["top", "odd", "even"],
    }
