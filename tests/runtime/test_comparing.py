"""Two runs side by side."""

from dataclasses import replace

import pytest

from concurlint.runtime.comparing import Amount, Change, Comparison, compare
from concurlint.runtime.profile import Profile, Run, StackTime, ThreadTimes
from concurlint.runtime.samples import Frame, State


def run(folder: str, sleeps: float, computes: float) -> Profile:
    """A run that sleeps in `wait` and computes in `crunch`, looked at a hundred times a second."""
    seconds = sleeps + computes
    about = Run(("app.py",), "3.11", "Linux", 2, 0.0, seconds, 0.01, round(seconds * 100), "looked at", 0.0, 0.0)
    states = {State.SLEEP: sleeps, State.HOLDS_GIL: computes}
    main = ThreadTimes(1, 1, "MainThread", states, computes, 0.0, 0.0, seconds)

    def stack(function: str, line: int, state: State, spent: float) -> StackTime:
        library = Frame("inner", "/usr/lib/python3.11/lib.py", 1)
        frames = (Frame("main", f"{folder}/app.py", 1), Frame(function, f"{folder}/app.py", line), library)
        return StackTime(1, 1, frames, {state: spent}, round(spent * 100))

    stacks = (stack("wait", 3, State.SLEEP, sleeps), stack("crunch", 7, State.HOLDS_GIL, computes))
    return Profile(about, (main,), (), stacks)


def called(path: str) -> str:
    """Own files are called by their last part."""
    return path.rpartition("/")[2] if "/usr/" not in path else ""


def compared(before: Profile, after: Profile) -> Comparison:
    """Both runs."""
    return compare(before, after, called, called)


def rounded(amount: Amount) -> tuple[float, float, float]:
    """To two figures behind the point."""
    return (round(amount.value, 2), round(amount.low, 2), round(amount.high, 2))


def test_states_and_functions_are_set_against_each_other_wherever_they_were_run():
    found = compared(run("/a", 6.0, 4.0), run("/b/c", 2.0, 4.0))
    assert round(found.speed_up, 2) == 1.67
    assert rounded(found.states[State.SLEEP].before) == (6.0, 5.69, 6.3)
    assert rounded(found.states[State.SLEEP].by) == (-4.0, -4.37, -3.62)
    assert [(row.path, row.name, round(row.change.by.value, 1)) for row in found.functions] == [
        ("app.py", "wait", -4.0),
        ("app.py", "crunch", 0.0),
    ]
    assert [row.change.is_sure for row in found.functions] == [True, False]


def test_what_is_new_or_gone_has_nothing_on_the_other_side():
    found = compared(run("/a", 5.0, 0.0), run("/a", 0.0, 5.0))
    assert [(row.name, row.change.before.value, row.change.after.value) for row in found.functions] == [
        ("crunch", 0.0, 5.0),
        ("wait", 5.0, 0.0),
    ]


def test_what_took_hardly_any_time_has_no_row():
    found = compared(run("/a", 9.95, 0.05), run("/a", 9.95, 0.05))
    assert (list(found.states), [row.name for row in found.functions]) == ([State.SLEEP], ["wait"])


def test_what_differs_besides_the_program_is_noted():
    before, after = run("/a", 1.0, 1.0), run("/a", 1.0, 1.0)
    other = replace(after, run=replace(after.run, python="3.13", cores=8, command=("other.py",)))
    assert compared(before, other).notes == (
        "other commands: app.py and other.py",
        "Python: 3.11 before, 3.13 after",
        "cores: 2 before, 8 after",
    )
    assert compared(before, after).notes == ()


@pytest.mark.parametrize(("value", "sure"), [(4.0, True), (5.05, False), (7.0, True)])
def test_a_difference_is_sure_where_its_interval_leaves_out_nothing_at_all(value: float, sure: bool):
    change = Change(Amount(5.0, 4.8, 5.2), Amount(value, value - 0.2, value + 0.2))
    assert change.is_sure is sure
