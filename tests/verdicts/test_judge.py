"""Judged by hand-made profiles: what no workload shows."""

from dataclasses import replace
from pathlib import Path

import pytest

from concurlint.judge import judge
from concurlint.runtime.profile import Profile, Row, StackTime
from concurlint.runtime.samples import Frame, State
from tests.runtime.made import PID, profile, thread_times

APP = Frame("<module>", "/nowhere/app.py", 3)
IMPORT = Frame("_find_and_load", "<frozen importlib._bootstrap>", 1178)
SEARCH = Frame("search", "/nowhere/app.py", 9)


def one_thread(seconds: float, *stacks: tuple[tuple[Frame, ...], State, float]) -> Profile:
    """A run of one thread with these stacks, one after another."""
    states: dict[State, float] = {}
    stretches = []
    now = 0.0
    for _, state, spent in stacks:
        states[state] = states.get(state, 0.0) + spent
        stretches.append((now, now + spent, state))
        now += spent
    made = profile(seconds, thread_times(PID, states), rows=[Row(PID, PID, tuple(stretches))])
    return replace(
        made, stacks=tuple(StackTime(PID, PID, frames, {state: spent}, 9) for frames, state, spent in stacks)
    )


def codes(of: Profile) -> list[str]:
    """Of the verdicts, without sources."""
    return [verdict.finding.code for verdict in judge(of, root=Path("/nowhere"))]


def test_computing_is_worth_sharing_out_and_importing_is_not():
    assert codes(one_thread(2.0, ((APP, SEARCH), State.HOLDS_GIL, 2.0))) == ["CCL903"]
    assert codes(one_thread(2.0, ((APP, IMPORT), State.HOLDS_GIL, 2.0))) == ["CCL900"]
    assert codes(one_thread(2.0, ((APP, IMPORT), State.DISK, 1.0), ((APP, IMPORT), State.HOLDS_GIL, 1.0))) == ["CCL900"]


def test_importing_is_not_predicted_to_become_faster():
    half = one_thread(4.0, ((APP, IMPORT), State.HOLDS_GIL, 1.0), ((APP, SEARCH), State.HOLDS_GIL, 3.0))
    (verdict,) = judge(half, root=Path("/nowhere"))
    assert verdict.predictions[0].low >= 1.0 + 3.0 / half.run.cores - 0.1


def test_computing_without_the_gil_is_for_threads_unless_the_gil_could_not_be_read():
    made = one_thread(2.0, ((APP, SEARCH), State.COMPUTES, 2.0))
    blind = replace(made, run=replace(made.run, method="GIL not found: holding it as computing"))
    assert judge(made, root=Path("/nowhere"))[0].instead == "ThreadPoolExecutor"
    assert judge(blind, root=Path("/nowhere"))[0].instead == "ProcessPoolExecutor"


@pytest.mark.parametrize("seconds", [0.0, 0.1, 0.4])
def test_a_run_that_is_too_short_gets_no_verdict(seconds: float):
    assert codes(one_thread(seconds, ((APP, SEARCH), State.HOLDS_GIL, seconds))) == []


def test_a_run_without_stacks_is_judged_by_its_threads():
    made = one_thread(2.0, ((APP, SEARCH), State.HOLDS_GIL, 2.0))
    (verdict,) = judge(replace(made, stacks=(), lines=()), root=Path("/nowhere"))
    assert verdict.finding.code == "CCL903"
    assert verdict.finding.span.path == "app.py"


def test_on_one_core_no_process_is_advised():
    made = one_thread(2.0, ((APP, SEARCH), State.HOLDS_GIL, 2.0))
    single = replace(made, run=replace(made.run, cores=1))
    assert codes(single) == ["CCL900"]
    assert [verdict.finding.code for verdict in judge(single, root=Path("/nowhere"), cores=4)] == ["CCL903"]


def test_an_empty_profile_has_no_verdict():
    assert judge(profile(0.0)) == ()
