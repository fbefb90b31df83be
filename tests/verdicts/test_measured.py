"""Parts of a run laid over each other, and shares with their doubt."""

import pytest

from concurlint.runtime.profile import Row, StackTime
from concurlint.runtime.samples import Frame, State
from concurlint.verdicts.measured import exactly, length, outside, parts, places, ratio, share, side_by_side, union
from tests.runtime.made import PID, profile, thread_times

TWO = profile(
    4.0,
    thread_times(PID, {State.NETWORK: 4.0}),
    thread_times(PID + 1, {State.NETWORK: 2.0, State.HOLDS_GIL: 2.0}),
    rows=[
        Row(PID, PID, ((0.0, 3.0, State.NETWORK), (3.0, 4.0, State.DISK))),
        Row(PID, PID + 1, ((0.0, 1.0, State.HOLDS_GIL), (1.0, 2.0, State.NETWORK), (2.0, 4.0, State.SLEEP))),
    ],
)


def test_parts_of_one_thread_that_touch_are_one():
    assert parts(TWO, {State.NETWORK, State.DISK}, {(PID, PID)}) == [(0.0, 4.0)]
    assert parts(TWO, {State.NETWORK}) == [(0.0, 3.0), (1.0, 2.0)]


def test_parts_are_laid_over_each_other():
    assert union([(2.0, 3.0), (0.0, 1.0), (0.5, 1.5)]) == [(0.0, 1.5), (2.0, 3.0)]
    assert length([(0.0, 1.0), (0.5, 1.5)]) == 2.0
    assert side_by_side([(0.0, 1.0), (0.0, 1.0), (2.0, 3.0)]) == 1.5
    assert side_by_side([]) == 0.0


@pytest.mark.parametrize(
    ("cover", "left"),
    [
        ([], [(0.0, 4.0)]),
        ([(1.0, 2.0)], [(0.0, 1.0), (2.0, 4.0)]),
        ([(0.0, 4.0)], []),
        ([(0.0, 1.0), (3.0, 9.0)], [(1.0, 3.0)]),
        ([(5.0, 6.0)], [(0.0, 4.0)]),
    ],
)
def test_what_is_covered_is_taken_away(cover: list[tuple[float, float]], left: list[tuple[float, float]]):
    assert outside([(0.0, 4.0)], cover) == left


def test_a_share_lies_in_its_interval_and_more_looks_narrow_it():
    few, many = share(TWO, "few", 0.1, 0.2), share(TWO, "many", 2.0, 4.0)
    assert few.value == many.value == 0.5
    assert few.low < many.low < 0.5 < many.high < few.high
    assert share(TWO, "all", 4.0, 4.0).high == 1.0
    assert share(TWO, "nothing", 1.0, 0.0).value == 0.0


def test_a_ratio_never_exceeds_what_was_there_to_do_it():
    assert ratio(TWO, "cores", 8.1, 4.0, 2).value == 2.0


def test_what_was_counted_has_no_doubt():
    figure = exactly("waits", 7)
    assert (figure.low, figure.value, figure.high, figure.unit) == (7, 7, 7, "count")


def test_lines_are_summed_over_threads_and_called_as_people_call_them():
    frames = [Frame("work.<locals>.<genexpr>", "app.py", 5), Frame("work", "app.py", 5), Frame("main", "app.py", 9)]
    stacks = [StackTime(PID, PID + i, (frame,), {State.NETWORK: 2.0 - i / 2}, 9) for i, frame in enumerate(frames)]
    first, second = places(stacks, {State.NETWORK}, lambda of: of[-1])
    assert (first.line, first.name, first.seconds, len(first.threads)) == (5, "work", 3.5, 2)
    assert (second.line, second.name) == (9, "main")
