"""The Profile: summed up from what was joined, and its shares with their doubt."""

import pytest

from concurlint.runtime.join import join
from concurlint.runtime.profile import TIMELINE_BOUND, Profile, caller_lines, interval, make_profile
from concurlint.runtime.samples import Frame, Stacks, State, States
from tests.runtime.made import MS, PID, stacks, states, thread_stacks, thread_states

APP = Frame("<module>", "/home/me/app.py", 30)
SPIN = (APP, Frame("spin", "/home/me/app.py", 5))
PARSE = (APP, Frame("load", "/home/me/app.py", 12), Frame("loads", "/usr/lib/python3.12/json/__init__.py", 346))


def made(measured: States, spied: Stacks) -> Profile:
    """The profile of these."""
    return make_profile(
        join(measured, spied),
        measured,
        command=["app.py", "3"],
        python="3.12.1",
        platform="linux",
        cores=2,
        started=1_700_000_000.5,
        notes=["a note"],
    )


@pytest.fixture
def two() -> Profile:
    """The main thread computes 0.6 s and sleeps 0.4 s; a second one lives for its second half."""
    return made(
        states(
            thread_states(9, (500, 1000, State.GIL_WAIT), name="worker"),
            thread_states(PID, (0, 600, State.HOLDS_GIL), (600, 1000, State.SLEEP)),
        ),
        stacks(thread_stacks(PID, (0, 200, SPIN), (200, 1000, PARSE), name="MainThread")),
    )


def test_the_run_is_described(two: Profile):
    run = two.run
    assert (run.command, run.python, run.cores, run.notes) == (("app.py", "3"), "3.12.1", 2, ("a note",))
    assert (run.seconds, run.interval, run.samples, run.method) == (1.0, 0.005, 200, "by hand")


def test_threads_come_in_order_of_birth_with_their_seconds(two: Profile):
    main, worker = two.threads
    assert (main.name, main.states) == ("MainThread", {State.HOLDS_GIL: 0.6, State.SLEEP: 0.4})
    assert (main.first, main.last, main.seconds) == (0.0, 1.0, pytest.approx(1.0))
    assert (worker.name, worker.states) == ("worker", {State.GIL_WAIT: 0.5})
    assert (worker.first, worker.last) == (0.5, 1.0)


def test_lines_and_stacks_come_by_seconds_and_keep_every_second(two: Profile):
    assert [of.function for of in two.lines] == ["loads", "loads", "spin"]
    assert {of.state: of.seconds for of in two.lines[:2]} == {
        State.SLEEP: pytest.approx(0.4),
        State.HOLDS_GIL: pytest.approx(0.4),
    }
    assert sum(of.seconds for of in two.lines) == pytest.approx(1.0)
    assert [of.frames for of in two.stacks] == [PARSE, (), SPIN]
    assert sum(sum(of.states.values()) for of in two.stacks) == pytest.approx(1.5)


def test_lines_of_one_function_called_from_two_places_are_one_line():
    other = (Frame("other", "/home/me/app.py", 40), SPIN[-1])
    profile = made(
        states(thread_states(PID, (0, 1000, State.HOLDS_GIL))),
        stacks(thread_stacks(PID, (0, 500, SPIN), (500, 1000, other))),
    )
    (line,) = profile.lines
    assert (line.function, line.line, line.seconds) == ("spin", 5, pytest.approx(1.0))
    assert len(profile.stacks) == 2


def test_library_time_is_shown_at_the_program_s_own_line(two: Profile):
    lines = caller_lines(two, lambda path: path.startswith("/home/me/"))
    assert {(of.function, of.line, of.state) for of in lines} == {
        ("load", 12, State.SLEEP),
        ("load", 12, State.HOLDS_GIL),
        ("spin", 5, State.HOLDS_GIL),
    }
    assert caller_lines(two, lambda path: False) == ()


def test_seconds_of_all_threads_are_summed_by_state(two: Profile):
    assert two.seconds_in(State.HOLDS_GIL) == pytest.approx(0.6)
    assert two.seconds_in(State.SLEEP, State.GIL_WAIT) == pytest.approx(0.9)
    assert two.seconds_in() == 0


def test_the_timeline_has_one_row_a_thread_in_seconds(two: Profile):
    main, worker = two.timeline
    assert main.stretches == ((0.0, 0.6, State.HOLDS_GIL), (0.6, 1.0, State.SLEEP))
    assert worker.stretches == ((0.5, 1.0, State.GIL_WAIT),)


def test_a_timeline_too_fine_to_draw_is_thinned_and_keeps_its_shares():
    row = [
        (i * 0.1 + a, i * 0.1 + b, state)
        for i in range(2 * TIMELINE_BOUND)
        for a, b, state in ((0, 0.07, State.HOLDS_GIL), (0.07, 0.1, State.SLEEP))
    ]
    profile = made(states(thread_states(PID, *row)), stacks())
    (drawn,) = profile.timeline
    assert len(drawn.stretches) <= TIMELINE_BOUND + 1
    assert drawn.stretches[0][0] == 0
    assert drawn.stretches[-1][1] == pytest.approx(profile.run.seconds)
    # The state that has most of a bin has the bin; the sums do not come from the picture.
    assert profile.threads[0].states[State.SLEEP] == pytest.approx(0.3 * profile.run.seconds, rel=1e-3)


def test_a_gap_in_a_thinned_timeline_stays_a_gap():
    row = [
        (i * 0.1 + d, i * 0.1 + d + 0.05, s)
        for i in range(TIMELINE_BOUND)
        for d, s in ((0, State.HOLDS_GIL), (0.05, State.SLEEP))
    ]
    late = [(start + 5000, end + 5000, state) for start, end, state in row]
    profile = made(states(thread_states(PID, *row, *late)), stacks())
    stretches = profile.timeline[0].stretches
    assert not any(start < 3.0 < end for start, end, _ in stretches)


def test_a_run_in_which_nothing_was_seen_is_a_profile_too():
    profile = made(states(), stacks())
    assert (profile.threads, profile.lines, profile.run.seconds, profile.run.switches) == ((), (), 0.0, 0.0)


@pytest.mark.parametrize(
    ("share", "n", "low", "high"),
    [
        # Figures of Wilson's interval worked out apart from the program.
        (0.5, 1000, 0.4691, 0.5309),
        (0.0, 100, 0.0, 0.0370),
        (1.0, 100, 0.9630, 1.0),
        (0.1, 50, 0.0435, 0.2136),
        (0.3, 0, 0.0, 1.0),
    ],
)
def test_a_share_has_its_interval(share: float, n: int, low: float, high: float):
    assert interval(share, n) == (pytest.approx(low, abs=5e-4), pytest.approx(high, abs=5e-4))


def test_samples_are_looks_at_one_thread(two: Profile):
    assert two.samples_of(1.0) == 200
    assert states().interval == 5 * MS
