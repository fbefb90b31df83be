"""Hand-overs of the GIL, read off the timeline."""

from dataclasses import replace

from concurlint.report.profiled.handover import Handover, handovers
from concurlint.runtime.profile import Row
from concurlint.runtime.samples import State
from tests.report.profiled.made import PROFILE

G, S, B = State.HOLDS_GIL, State.SLEEP, State.HELD_BLOCKED


def found(*rows: Row) -> tuple[Handover, ...]:
    """The hand-overs of these rows, seen every 5 ms."""
    return handovers(replace(PROFILE, timeline=rows))


def test_threads_that_take_turns_hand_the_gil_over_each_time():
    assert [(round(one.taken, 2), one.giver, one.taker) for one in handovers(PROFILE)][:3] == [
        (0.05, 1, 2),
        (0.1, 2, 1),
        (0.15, 1, 2),
    ]
    assert len(handovers(PROFILE)) == 39


def test_a_gil_that_lay_free_was_not_handed_over():
    one = Row(1, 1, ((0.0, 1.0, G),))
    assert found(one, Row(1, 2, ((1.012, 2.0, G),))) == (Handover(1.0, 1.012, 0, 1),)
    assert found(one, Row(1, 2, ((1.013, 2.0, G),))) == ()


def test_each_process_has_its_own():
    assert found(Row(1, 1, ((0.0, 1.0, G),)), Row(2, 2, ((1.0, 2.0, G),))) == ()


def test_a_thread_that_blocks_with_the_gil_gives_it_too():
    assert found(Row(1, 1, ((0.0, 1.0, B),)), Row(1, 2, ((1.0, 2.0, G),))) == (Handover(1.0, 1.0, 0, 1),)


def test_a_thread_takes_nothing_from_itself():
    assert found(Row(1, 1, ((0.0, 1.0, G), (1.0, 1.002, S), (1.002, 2.0, G)))) == ()
