"""Predictions checked against arithmetic."""

from typing import Any

import pytest

from concurlint.runtime.predict import (
    FROM_RUN_TO_RUN,
    MODELLED,
    SWITCHING,
    Plan,
    Prediction,
    Tool,
    effective_parallelism,
    free_threaded_penalty,
    predict,
    taking_turns,
)
from concurlint.runtime.profile import Profile, Row
from concurlint.runtime.samples import State
from tests.runtime.made import PID, profile, thread_times


def arithmetic(**assumed: Any) -> Plan:
    """A plan in which handing the GIL over costs nothing, so that arithmetic is all there is to it."""
    return Plan(switching=(0.0, 0.0, 0.0), **assumed)


AT_ONCE = arithmetic(start_up=(0.0, 0.0))
"""Processes that cost nothing to start."""


def computing(threads: int, seconds: float = 12.0) -> Profile:
    """A main thread that waits for n threads, each holding the GIL 1/n of the time."""
    share = seconds / threads
    workers = [
        thread_times(PID + i + 1, {State.HOLDS_GIL: share, State.GIL_WAIT: seconds - share}) for i in range(threads)
    ]
    return profile(seconds, thread_times(PID, {State.QUEUE: seconds}), *workers)


def alone(**times: float) -> Profile:
    """One thread, the main one, and its seconds by state."""
    states = {State[name.upper()]: seconds for name, seconds in times.items()}
    return profile(sum(times.values()), thread_times(PID, states))


def about(seconds: float) -> object:
    return pytest.approx(seconds, rel=1e-6)


def is_bounded(prediction: Prediction) -> bool:
    return 0 <= prediction.low <= prediction.seconds <= prediction.high


# Now


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_computing_threads_have_a_parallelism_of_one(threads: int):
    assert effective_parallelism(computing(threads)) == about(1.0)


def test_computing_without_the_gil_counts_too():
    both = [thread_times(PID + i, {State.COMPUTES: 4.0}) for i in (1, 2)]
    assert effective_parallelism(profile(4.0, *both)) == about(2.0)


def test_a_run_of_no_time_has_no_parallelism():
    assert effective_parallelism(profile(0.0)) == 0


# Processes


@pytest.mark.parametrize(
    ("threads", "cores", "seconds"),
    [(1, 4, 12.0), (2, 1, 12.0), (2, 2, 6.0), (2, 8, 6.0), (4, 2, 6.0), (4, 4, 3.0), (3, 2, 6.0)],
)
def test_processes_take_the_longest_thread_or_all_on_all_cores(threads: int, cores: int, seconds: float):
    found = predict(computing(threads), Tool.PROCESSES, cores, AT_ONCE)
    assert found.seconds == about(seconds)
    assert is_bounded(found)
    assert found.now == 12.0


def test_uneven_threads_take_as_long_as_the_longest():
    uneven = profile(
        8.0,
        thread_times(PID, {State.QUEUE: 8.0}),
        thread_times(8, {State.HOLDS_GIL: 6.0, State.GIL_WAIT: 2.0}),
        thread_times(9, {State.HOLDS_GIL: 2.0, State.GIL_WAIT: 6.0}),
    )
    assert predict(uneven, Tool.PROCESSES, 2, AT_ONCE).seconds == about(6.0)
    assert predict(uneven, Tool.PROCESSES, 2, arithmetic(divisible=True, start_up=(0, 0))).seconds == about(4.0)


def test_a_single_loop_gains_only_if_it_can_be_divided():
    assert predict(alone(holds_gil=8.0), Tool.PROCESSES, 4, AT_ONCE).seconds == about(8.0)
    assert predict(
        alone(holds_gil=8.0), Tool.PROCESSES, 4, arithmetic(divisible=True, start_up=(0, 0))
    ).seconds == about(2.0)


def test_waits_for_the_world_stay():
    run = alone(holds_gil=4.0, network=6.0)
    assert predict(run, Tool.PROCESSES, 4, arithmetic(divisible=True, start_up=(0, 0))).seconds == about(7.0)


def test_the_run_queue_and_the_wait_for_the_gil_go():
    run = profile(
        8.0,
        thread_times(8, {State.HOLDS_GIL: 2.0, State.GIL_WAIT: 2.0, State.RUN_QUEUE: 4.0}),
        thread_times(9, {State.HOLDS_GIL: 2.0, State.GIL_WAIT: 2.0, State.RUN_QUEUE: 4.0}),
    )
    assert predict(run, Tool.PROCESSES, 2, AT_ONCE).seconds == about(2.0)


def test_waits_for_a_lock_may_go_or_stay():
    run = profile(
        6.0,
        thread_times(8, {State.HOLDS_GIL: 3.0, State.LOCK: 3.0}),
        thread_times(9, {State.HOLDS_GIL: 3.0, State.LOCK: 3.0}),
    )
    found = predict(run, Tool.PROCESSES, 2, AT_ONCE)
    assert found.seconds == about(3.0)
    assert found.high > 6.0


def test_what_the_main_thread_does_alone_first_is_not_overlapped():
    run = profile(
        10.0,
        thread_times(PID, {State.HOLDS_GIL: 2.0, State.QUEUE: 8.0}),
        thread_times(8, {State.HOLDS_GIL: 4.0, State.GIL_WAIT: 4.0}, first=2.0),
        thread_times(9, {State.HOLDS_GIL: 4.0, State.GIL_WAIT: 4.0}, first=2.0),
        rows=[Row(PID, PID, ((0.0, 2.0, State.HOLDS_GIL), (2.0, 10.0, State.QUEUE)))],
    )
    assert predict(run, Tool.PROCESSES, 2, AT_ONCE).seconds == about(6.0)


def test_pipes_and_children_of_a_program_of_processes_are_its_own():
    run = profile(
        8.0,
        thread_times(PID, {State.CHILD: 8.0}),
        thread_times(8, {State.HOLDS_GIL: 8.0}, pid=8),
        thread_times(9, {State.HOLDS_GIL: 2.0, State.PIPE: 6.0}, pid=9),
    )
    assert predict(run, Tool.PROCESSES, 2, arithmetic(divisible=True, start_up=(0, 0))).seconds == about(5.0)
    assert predict(alone(child=8.0), Tool.PROCESSES, 2, AT_ONCE).seconds == about(8.0)


def test_starting_and_pickling_are_added():
    found = predict(computing(2), Tool.PROCESSES, 2, arithmetic(start_up=(0.1, 0.4), moved_bytes=1_000_000_000))
    assert found.seconds == about(6.0 + 0.2 + 10**0.5)
    assert found.low >= predict(computing(2), Tool.PROCESSES, 2, AT_ONCE).low + 0.1 + 1.0
    bare = predict(computing(2), Tool.PROCESSES, 2, AT_ONCE).high
    assert bare + 0.4 + 10.0 <= found.high <= bare + (0.4 + 10.0) * (1 + FROM_RUN_TO_RUN)
    assert "1000 MB go through pickle at 100 to 1000 MB/s" in found.assumes


# Free-threaded


def test_free_threads_are_processes_without_pickling_but_slower():
    found = predict(computing(2), Tool.FREE_THREADED, 2, arithmetic(moved_bytes=10**9))
    low, high = free_threaded_penalty("3.14.0")
    assert found.seconds == about(6.0 * (1 + (low + high) / 2))
    assert is_bounded(found)


def test_the_penalty_is_that_of_the_version_or_the_newest_known():
    assert free_threaded_penalty("3.13.1") > free_threaded_penalty("3.14.2")
    assert free_threaded_penalty("3.11.7") == free_threaded_penalty("3.14.2") == free_threaded_penalty("")


# Threads and asyncio


def test_threads_cannot_beat_the_time_the_gil_is_held():
    assert predict(computing(2), Tool.THREADS, 8).seconds == about(12.0)


def test_waiting_in_threads_overlaps_as_far_as_the_far_side_bears():
    run = alone(network=9.0, holds_gil=1.0)
    assert predict(run, Tool.THREADS, 2, arithmetic(concurrency=3)).seconds == about(3.0)
    assert predict(run, Tool.THREADS, 2, arithmetic(concurrency=90)).seconds == about(1.0)


def test_computing_without_the_gil_is_shared_by_threads_but_not_by_asyncio():
    run = alone(computes=8.0)
    assert predict(run, Tool.THREADS, 4).seconds == about(2.0)
    assert predict(run, Tool.ASYNCIO, 4).seconds == about(8.0)


def test_asyncio_computes_on_one_thread_and_overlaps_the_waiting():
    run = alone(network=9.0, holds_gil=1.0)
    found = predict(run, Tool.ASYNCIO, 8, arithmetic(concurrency=9))
    assert found.seconds == about(1.0)
    assert found.high >= 2.0
    assert found.speed_up[0] <= 10.0 / 2.0 <= found.speed_up[1]


# Bounds


def test_computing_strays_from_run_to_run_and_waits_do_not():
    # So long that nothing is left to the chance of sampling.
    computed = predict(alone(holds_gil=1e6), Tool.PROCESSES, 2, arithmetic(divisible=True, start_up=(0, 0)))
    assert computed.low == pytest.approx(5e5 * (1 - FROM_RUN_TO_RUN), rel=1e-4)
    assert computed.high == pytest.approx(5e5 * (1 + FROM_RUN_TO_RUN), rel=1e-4)
    waited = predict(alone(network=1e6), Tool.PROCESSES, 2, arithmetic(divisible=True, start_up=(0, 0)))
    assert (waited.low, waited.high) == (pytest.approx(1e6, rel=1e-4), pytest.approx(1e6, rel=1e-4))


@pytest.mark.parametrize("tool", MODELLED)
def test_fewer_samples_make_wider_bounds(tool: Tool):
    short, long = alone(holds_gil=0.05, network=0.05), alone(holds_gil=50.0, network=50.0)
    narrow, wide = (predict(run, tool, 2, AT_ONCE) for run in (long, short))
    assert is_bounded(narrow)
    assert is_bounded(wide)
    assert (wide.high - wide.low) / wide.now > (narrow.high - narrow.low) / narrow.now


def test_the_speed_up_is_now_over_then():
    found = predict(computing(2), Tool.PROCESSES, 2, AT_ONCE)
    assert found.speed_up == (about(12.0 / found.high), about(12.0 / found.low))
    assert found.speed_up[0] <= 2.0 <= found.speed_up[1]


@pytest.mark.parametrize("tool", MODELLED)
def test_a_run_in_which_nothing_was_seen_is_predicted_to_take_nothing(tool: Tool):
    found = predict(profile(0.0), tool, 2, AT_ONCE)
    assert (found.seconds, found.speed_up) == (0.0, (0.0, 0.0))


@pytest.mark.parametrize("tool", MODELLED)
def test_every_prediction_says_what_it_assumes(tool: Tool):
    assumes = predict(computing(2), tool, 2).assumes
    assert len(assumes) >= 2
    assert all(text and not text.endswith(".") for text in assumes)


def test_there_is_no_machine_without_cores():
    with pytest.raises(ValueError, match="no machine with 0 cores"):
        predict(computing(2), Tool.PROCESSES, 0)


@pytest.mark.parametrize("tool", sorted(set(Tool) - set(MODELLED)))
def test_what_hangs_on_the_place_is_not_predicted_for_a_whole_run(tool: Tool):
    with pytest.raises(ValueError, match="hangs on the place"):
        predict(computing(2), tool, 2)


@pytest.mark.parametrize(
    ("work", "cores", "seconds"),
    [
        ([3.0], 2, 3.0),
        ([1.0, 1.0], 2, 1.0),
        ([1.0, 1.0, 1.0, 1.0], 2, 2.0),
        ([1.0, 1.0, 3.0], 2, 3.5),  # until 1.5 each has 2/3 of a core, then the long one has its own for 2.0
        ([1.0, 1.0, 3.0], 3, 3.0),
        ([], 2, 0.0),
        ([0.0, 2.0], 1, 2.0),
    ],
)
def test_more_pieces_than_cores_take_turns(work: list[float], cores: int, seconds: float):
    assert taking_turns(work, cores) == about(seconds)


def test_what_handing_the_gil_over_costs_is_won_back_and_only_where_it_is_handed_over():
    usual = Plan(start_up=(0.0, 0.0))
    assert predict(computing(2), Tool.PROCESSES, 2, usual).seconds == about(6.0 * (1 - SWITCHING[1]))
    one = alone(holds_gil=8.0)
    assert predict(one, Tool.PROCESSES, 2, usual) == predict(one, Tool.PROCESSES, 2, AT_ONCE)
