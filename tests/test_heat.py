"""Findings beside a measured run."""

import pytest

from concurlint import heat
from concurlint.finding import Finding, Level, Span, Step
from concurlint.heat import Heat, Mark, by_heat, measure
from concurlint.registry import RULES
from concurlint.runtime.profile import Profile, Run, StackTime
from concurlint.runtime.samples import Frame, State

TEXT = """\
def main():
    with lock:
        first()
        second()
    pool.map(crunch, items)


def crunch(item):
    for number in item:
        total += number
"""


def run(*stacks: StackTime, seconds: float = 10.0) -> Profile:
    """A run of ten seconds, looked at a hundred times a second."""
    about = Run(("app.py",), "3.11", "Linux", 2, 0.0, seconds, 0.01, round(seconds * 100), "looked at", 0.0, 0.0)
    return Profile(about, (), (), stacks)


def at(*lines: int, seconds: float, state: State = State.SLEEP, tid: int = 1) -> StackTime:
    """A stack of app.py's lines, outermost first."""
    frames = tuple(Frame("main", "/home/me/app.py", line) for line in lines)
    return StackTime(1, tid, frames, {state: seconds}, round(seconds * 100))


def finding(code: str, line: int, *chain: int) -> Finding:
    """A finding on a line, with a chain."""
    trace = tuple(Step(Span("app.py", step, 1, step, 5), "leads there") for step in chain)
    return Finding(code, "a-name", Level.WARNING, "is wrong", Span("app.py", line, 1, line, 5), trace=trace)


def heat_of(found: Finding, profile: Profile) -> Heat:
    """What the run says of one finding."""
    (heat,) = measure([found], profile, {"app.py": TEXT}, lambda path: f"/home/me/{path}")
    return heat


def test_a_wait_that_was_seen_is_confirmed_with_its_seconds():
    found = heat_of(finding("CCL501", 3), run(at(1, 3, seconds=4.0), at(1, 4, seconds=6.0)))
    assert (found.mark, found.seconds, found.states, found.threads) == (Mark.CONFIRMED, 4.0, {State.SLEEP: 4.0}, 1)
    assert (round(found.low, 2), round(found.high, 2)) == (3.7, 4.31)


def test_the_body_of_a_statement_belongs_to_it():
    assert heat_of(finding("CCL309", 2), run(at(1, 3, seconds=4.0), at(1, 4, seconds=5.0))).seconds == 9.0


def test_computing_does_not_confirm_a_wait():
    found = heat_of(finding("CCL501", 3), run(at(1, 3, seconds=5.0, state=State.HOLDS_GIL)))
    assert (found.mark, found.seconds) == (Mark.COLD, 0.0)


def test_work_is_looked_for_where_the_chain_leads():
    profile = run(*[at(9, 10, seconds=3.0, state=State.GIL_WAIT, tid=tid) for tid in (2, 3)])
    found = heat_of(finding("CCL201", 5, 8), profile)
    assert (found.mark, found.seconds, found.threads) == (Mark.CONFIRMED, 6.0, 2)


def test_what_was_never_seen_is_cold_with_the_most_it_can_have_been():
    found = heat_of(finding("CCL501", 3), run(at(1, 4, seconds=10.0)))
    assert (found.mark, found.seconds, found.low, round(found.high, 3)) == (Mark.COLD, 0.0, 0.0, 0.038)


def test_a_short_run_makes_nothing_cold():
    assert heat_of(finding("CCL501", 3), run(at(1, 4, seconds=0.5), seconds=0.5)).mark is Mark.UNSEEN


@pytest.mark.parametrize(("tids", "mark"), [((1, 2), Mark.CONFIRMED), ((1,), Mark.RAN), ((), Mark.UNSEEN)])
def test_a_race_is_confirmed_by_threads_and_never_cold(tids: tuple[int, ...], mark: Mark):
    profile = run(at(1, seconds=9.0), *[at(10, seconds=0.2, tid=tid) for tid in tids])
    assert heat_of(finding("CCL301", 10), profile).mark is mark


def test_other_rules_can_only_have_run():
    assert heat_of(finding("CCL401", 3), run(at(1, 3, seconds=4.0))).mark is Mark.RAN


def test_what_costs_most_comes_first_and_the_cold_last():
    heats = [Heat(mark, seconds, 0, 0, {}, 1) for mark in Mark for seconds in (1.0, 2.0)]
    assert [(one.mark, one.seconds) for one in sorted(heats, key=by_heat)] == [
        (mark, seconds) for mark in (Mark.CONFIRMED, Mark.RAN, Mark.UNSEEN, Mark.COLD) for seconds in (2.0, 1.0)
    ]


def test_every_claim_is_of_a_rule_that_is_there():
    assert set(heat._CLAIMS) - {rule.code for rule in RULES} == set()
