"""States led along a graph: forward, backward, refined by tests, different where something raises."""

from dataclasses import dataclass

import pytest

from concurlint.effects.flow.cfg import Edge
from concurlint.effects.flow.dataflow import Problem, backward, forward
from concurlint.facts.flow import Way
from tests.flows import Marked, marked

Steps = frozenset[str]


@dataclass(frozen=True)
class Done:
    """The steps done on every way, and those done on some."""

    must: Steps
    may: Steps


def collected(known: Marked) -> Problem[Done]:
    """Which steps have been (or will be) done."""

    def transfer(order: int, state: Done) -> Done:
        step = frozenset([known.labels[order]])
        return Done(state.must | step, state.may | step)

    def join(one: Done, other: Done) -> Done:
        return Done(one.must & other.must, one.may | other.may)

    return Problem(Done(frozenset(), frozenset()), join, transfer, known.labels)


def words(state: Done | None) -> str | None:
    """A state as text: the steps of every way, and those of some in brackets."""
    if state is None:
        return None
    return " ".join([*sorted(state.must), *(f"({step})" for step in sorted(state.may - state.must))])


def at(known: Marked, label: str) -> int:
    """The order number of a step."""
    return next(order for order, name in known.labels.items() if name == label)


TRIED = """
def main():
    m(1)
    try:
        m(2)
        if t(3):
            return m(4)
    finally:
        m(5)
    m(6)
"""
LOOPED = """
def main():
    while t(1):
        if t(2):
            break
        m(3)
    else:
        m(4)
    m(5)
"""


@pytest.mark.parametrize(
    ("text", "label", "before", "after"),
    [
        (TRIED, "m2", "m1", "m1 m2"),
        (TRIED, "m5", "m1 (m2) (m4) (t3)", "m1 m5 (m2) (m4) (t3)"),
        (TRIED, "m6", "m1 m2 m5 t3", "m1 m2 m5 m6 t3"),
        (LOOPED, "t1", "(m3) (t1) (t2)", "t1 (m3) (t2)"),
        (LOOPED, "m4", "t1 (m3) (t2)", "m4 t1 (m3) (t2)"),
        (LOOPED, "m5", "t1 (m3) (m4) (t2)", "m5 t1 (m3) (m4) (t2)"),
    ],
)
def test_forward_tells_what_was_done(text: str, label: str, before: str, after: str):
    known = marked(text)
    solution = forward(known.cfg, collected(known))
    order = at(known, label)
    assert (words(solution.before(order)), words(solution.after(order))) == (before, after)


def test_forward_tells_the_ways_out():
    known = marked(TRIED)
    solution = forward(known.cfg, collected(known))
    assert words(solution.returned) == "m1 m2 m5 t3 (m4) (m6)"
    assert words(solution.raised) == "(m1) (m2) (m4) (m5) (t3)"


@pytest.mark.parametrize(
    ("text", "label", "before", "after"),
    [
        (TRIED, "m6", "(m6)", ""),
        (TRIED, "m5", "(m5) (m6)", "(m6)"),
        (LOOPED, "m4", "(m4) (m5)", "(m5)"),
        (LOOPED, "m3", "(m3) (m4) (m5) (t1) (t2)", "(m3) (m4) (m5) (t1) (t2)"),
    ],
)
def test_backward_tells_what_will_be_done(text: str, label: str, before: str, after: str):
    known = marked(text)
    solution = backward(known.cfg, collected(known))
    order = at(known, label)
    assert (words(solution.before(order)), words(solution.after(order))) == (before, after)


def test_backward_without_exceptions_tells_what_is_sure_to_be_done():
    known = marked(TRIED)
    problem = collected(known)
    calm = Problem(
        problem.initial, problem.join, problem.transfer, problem.at, lambda e, s: None if e.raised is not None else s
    )
    assert words(backward(known.cfg, calm).before(at(known, "m1"))) == "m1 m2 m5 t3 (m4) (m6)"


def test_an_edge_may_refuse_a_state_or_change_it():
    known = marked("def main():\n    if t(1):\n        m(2)\n    elif m(3) or t(4):\n        m(5)\n    m(6)\n")

    def told(edge: Edge, state: Steps) -> Steps | None:
        if edge.test is None or edge.raised is not None:
            return state
        label = known.labels[next(s.order for s in known.cfg.scope.calls if s.call is edge.test)]
        return None if label == "m3" and edge.way is Way.TRUE else state | {f"{label} {edge.way.name}"}

    problem = Problem[Steps](frozenset(), lambda one, other: one & other, lambda _, state: state, (), told)
    solution = forward(known.cfg, problem)
    assert solution.before(at(known, "m5")) == {"t1 FALSE", "m3 FALSE", "t4 TRUE"}
    assert solution.before(at(known, "m6")) == frozenset()


def test_where_a_record_raises_it_has_not_been_done():
    known = marked("def main():\n    try:\n        m(1)\n    except Given:\n        m(2)\n")
    assert words(forward(known.cfg, collected(known)).before(at(known, "m2"))) == ""


def test_an_edge_that_raises_can_do_it_all_the_same():
    known = marked("def main():\n    try:\n        m(1)\n    except Given:\n        m(2)\n")
    problem = collected(known)

    def done(edge: Edge, state: Done) -> Done:
        return state if edge.raised is None else problem.transfer(edge.raised, state)

    eager = Problem(problem.initial, problem.join, problem.transfer, problem.at, done)
    assert words(forward(known.cfg, eager).before(at(known, "m2"))) == "m1"


def test_where_no_way_leads_there_is_no_state():
    known = marked("def main():\n    while True:\n        m(1)\n    m(2)\n")
    assert forward(known.cfg, collected(known)).after(at(known, "m2")) is None
    calm = Problem[Steps](
        frozenset(), frozenset.union, lambda _, s: s, (), lambda e, s: None if e.raised is not None else s
    )
    assert backward(known.cfg, calm).before(at(known, "m1")) is None
