"""What is said of how a run's figures came about."""

from concurlint.runtime.notes import notes_on
from concurlint.runtime.samples import Frame, State
from tests.runtime.made import MS, PID, stacks, states, thread_stacks, thread_states

WORK = [Frame("work", "app.py", 3)]


def test_a_run_with_few_samples_is_called_too_short():
    found = states(thread_states(PID, (0, 50, State.SLEEP)))
    (note,) = notes_on(found, stacks(), 0, with_lines=False)
    assert note == "too short: 10 samples, and nothing can be judged from fewer than 93"


def test_a_process_that_stood_still_is_told_with_the_way_on():
    goes_on = thread_states(PID, (0, 600, State.SLEEP), (600, 1000, State.STOPPED), (1000, 2000, State.SLEEP))
    stands = thread_states(8, (0, 500, State.SLEEP), (500, 2000, State.STOPPED), pid=8)
    assert [*notes_on(states(goes_on, stands), stacks(), 0, with_lines=False)] == [
        "process 7 stood stopped for 0.4 s",
        "process 8 is stopped, for the last 1.5 s: `kill -CONT 8` lets it go on",
    ]


def test_children_without_stacks_and_with_late_ones_are_told():
    parent = thread_states(PID, (0, 5000, State.CHILD))
    short = thread_states(8, (100, 400, State.HOLDS_GIL), pid=8)
    late = thread_states(9, (1000, 4000, State.HOLDS_GIL), pid=9)
    soon = thread_states(10, (1000, 4000, State.HOLDS_GIL), pid=10)
    seen = stacks(
        thread_stacks(PID, (0, 5000, WORK)),
        thread_stacks(9, (1790, 4000, WORK), pid=9),
        thread_stacks(10, (1090, 4000, WORK), pid=10),
    )
    found = states(parent, short, late, soon)
    assert [*notes_on(found, seen, 10 * MS, with_lines=True)] == [
        "no stacks of 1 child process that lived for up to 0.3 s: what they did has no lines",
        "the stacks of 1 child process begin up to 0.8 s after the process itself",
    ]
    assert [*notes_on(found, seen, 10 * MS, with_lines=False)] == []
