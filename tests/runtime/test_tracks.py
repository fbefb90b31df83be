"""Looks at a thread made into stretches: half-way rule, run-queue time by the kernel's counts."""

from concurlint.runtime.procfs import Running
from concurlint.runtime.samples import Nanoseconds, State, Stretch, ThreadStates
from concurlint.runtime.tracks import Track

NOTHING = Running(0, 0)


def track(before: Running = NOTHING) -> Track:
    """A track from moment 0."""
    return Track(7, 8, 0, before)


def spent(states: ThreadStates) -> dict[State, Nanoseconds]:
    """State → time in it."""
    sums: dict[State, Nanoseconds] = {}
    for stretch in states.stretches:
        sums[stretch.state] = sums.get(stretch.state, 0) + stretch.end - stretch.start
    return sums


def test_a_look_stands_for_the_time_half_way_to_its_neighbours():
    thread = track()
    thread.see(0, State.SLEEP, NOTHING)
    thread.see(5, State.SLEEP, NOTHING)
    thread.see(15, State.LOCK, NOTHING)
    thread.see(25, State.SLEEP, NOTHING)
    thread.end(30)
    assert thread.states().stretches == (
        Stretch(0, 15, State.SLEEP),
        Stretch(15, 25, State.LOCK),
        Stretch(25, 30, State.SLEEP),
    )


def test_a_thread_that_never_waited_for_a_cpu_is_shown_running():
    thread = track()
    for look in range(100):
        thread.see(10 * look, State.HOLDS_GIL, Running(10 * look, 0))
    thread.end(1000, Running(1000, 0))
    assert thread.states().stretches == (Stretch(0, 1000, State.HOLDS_GIL),)


def test_as_much_time_is_filed_as_waiting_for_a_cpu_as_the_kernel_counted():
    # It gets a CPU for 10 of every 40, and the wait is counted when it is over.
    thread = track()
    for look in range(400):
        turns, rest = divmod(10 * look, 40)
        thread.see(10 * look, State.COMPUTES, Running(10 * turns + min(rest, 10), 30 * turns))
    thread.end(4000, Running(1000, 3000))
    assert spent(thread.states()) == {State.COMPUTES: 1000, State.RUN_QUEUE: 3000}
    assert (thread.states().cpu_ns, thread.states().queue_ns) == (1000, 3000)


def test_a_wait_for_a_cpu_covers_the_looks_before_it_is_counted():
    thread = track()
    counts = [Running(10, 0), Running(20, 0), Running(20, 0), Running(20, 0), Running(30, 20), Running(40, 20)]
    for look, count in enumerate(counts):
        thread.see(10 * look, State.HOLDS_GIL, count)
    thread.end(60, Running(50, 20))
    assert thread.states().stretches == (
        Stretch(0, 20, State.HOLDS_GIL),
        Stretch(20, 40, State.RUN_QUEUE),
        Stretch(40, 60, State.HOLDS_GIL),
    )


def test_waits_shorter_than_a_look_add_up():
    thread = track()
    for look in range(200):
        thread.see(10 * look, State.HOLDS_GIL, Running(9 * look, look))
    thread.end(2000, Running(1800, 200))
    assert spent(thread.states()) == {State.HOLDS_GIL: 1800, State.RUN_QUEUE: 200}


def test_who_was_woken_and_got_no_cpu_waits_for_one():
    thread = track()
    thread.see(0, State.GIL_WAIT, NOTHING)
    thread.see(10, State.COMPUTES, NOTHING)
    thread.see(20, State.HOLDS_GIL, Running(1, 4))
    thread.see(30, State.HOLDS_GIL, Running(11, 4))
    thread.end(40, Running(21, 4))
    assert spent(thread.states()) == {State.GIL_WAIT: 10, State.RUN_QUEUE: 10, State.HOLDS_GIL: 20}


def test_what_was_counted_before_the_recording_is_left_out():
    thread = track(Running(5000, 700))
    thread.see(0, State.HOLDS_GIL, Running(5000, 700))
    thread.end(100, Running(5100, 700))
    assert thread.states() == ThreadStates(7, 8, "", (Stretch(0, 100, State.HOLDS_GIL),), 100, 0)


def test_a_thread_never_looked_at_has_no_stretches():
    thread = track()
    thread.end(100)
    assert thread.states().stretches == ()


def test_what_a_thread_ran_after_the_kernel_last_counted_is_time_on_a_core_too():
    thread = track()
    for look in range(1, 4):
        thread.see(10 * look, State.HOLDS_GIL, Running(8, 1))
    thread.end(40)
    assert (thread.states().cpu_ns, thread.states().queue_ns) == (8 + 30, 1)


def test_a_thread_that_ended_while_it_waited_ran_no_longer_than_was_counted():
    thread = track()
    thread.see(10, State.HOLDS_GIL, Running(8, 0))
    thread.see(20, State.SLEEP, Running(9, 0))
    thread.end(40)
    assert thread.states().cpu_ns == 9


def test_asking_for_the_gil_is_no_computing_however_far_apart_the_looks_are():
    states = [State.GIL_WAIT, State.COMPUTES, State.GIL_WAIT, State.COMPUTES, State.HOLDS_GIL] * 20
    thread = track()
    for look, state in enumerate(states):
        thread.see(20 * 10**6 * look, state, NOTHING)
    thread.end(20 * 10**6 * len(states), NOTHING)
    assert set(spent(thread.states())) == {State.GIL_WAIT, State.HOLDS_GIL}


def test_computing_for_many_looks_is_computing():
    thread = track()
    for look, state in enumerate([State.GIL_WAIT, *[State.COMPUTES] * 5, State.GIL_WAIT]):
        thread.see(20 * 10**6 * look, state, NOTHING)
    thread.end(20 * 10**6 * 7, NOTHING)
    assert spent(thread.states())[State.COMPUTES] == 5 * 20 * 10**6
