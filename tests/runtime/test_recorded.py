"""Parts of a recorded run: what falls into a window, and how exact times are shared out."""

from concurlint.runtime.recorded import Recorded, Window
from concurlint.runtime.samples import (
    Frame,
    ProcessSeen,
    Stacks,
    StackStretch,
    State,
    States,
    Stretch,
    ThreadStacks,
    ThreadStates,
)
from concurlint.runtime.stacks import Recording

SECOND = 1_000_000_000
OUTER, FIRST, SECOND_TEST = Frame("run", "runner.py", 1), Frame("first", "app.py", 2), Frame("second", "app.py", 5)


def recorded() -> Recorded:
    """Two seconds of computing in `first`, then two of sleep in `second`; another thread computes in the last."""
    main = ThreadStates(
        pid=7,
        tid=7,
        name="MainThread",
        stretches=(Stretch(0, 2 * SECOND, State.HOLDS_GIL), Stretch(2 * SECOND, 4 * SECOND, State.SLEEP)),
        cpu_ns=round(1.8 * SECOND),
        queue_ns=0,
        turns=8,
        asked={1: 4, 2: 1},
    )
    other = ThreadStates(7, 8, "late", (Stretch(3 * SECOND, 4 * SECOND, State.COMPUTES),), SECOND, 0)
    child = ProcessSeen(9, 7, ("sleep", "2"), False, SECOND, 3 * SECOND, SECOND, ())
    states = States(
        threads=(main, other),
        started=0,
        ended=4 * SECOND,
        interval=SECOND // 100,
        ticks=400,
        switches=8,
        holders=((SECOND, 7, 7),),
        method="looked at",
        cost_ns=SECOND,
        processes=(child,),
    )
    stretches = (
        StackStretch(0, 2 * SECOND, (OUTER, FIRST)),
        StackStretch(2 * SECOND, 4 * SECOND, (OUTER, SECOND_TEST)),
    )
    stacks = Stacks((ThreadStacks(7, 7, "MainThread", stretches),), 0, 50, 0)
    return Recorded(states, Recording(stacks), frozenset(), ("app.py",), "3.11", "Linux", 2, 1000.0, (), True)


def test_a_window_has_its_own_threads_lines_and_seconds():
    part = recorded().part(Window(SECOND, 3 * SECOND, ("a test",), ("runner.py",)))
    (thread,) = part.threads
    assert (part.run.command, part.run.seconds, part.run.started, part.run.samples) == (("a test",), 2.0, 1001.0, 200)
    # Of the second that was seen on a core the kernel counted nine tenths.
    assert thread.states == {State.HOLDS_GIL: 0.9, State.SLEEP: 1.1}
    assert {(stack.frames, *stack.states) for stack in part.stacks} == {
        ((FIRST,), State.HOLDS_GIL),
        ((SECOND_TEST,), State.SLEEP),
    }


def test_exact_times_are_shared_out_by_what_was_seen():
    (thread,) = recorded().part(Window(SECOND, 3 * SECOND)).threads
    assert (thread.cpu_seconds, thread.turns, thread.asked) == (0.9, 4, {1: 2})


def test_processes_and_threads_that_were_not_there_are_left_out():
    (child,) = recorded().part(Window(0, 2 * SECOND)).processes
    assert (child.pid, child.first, child.last, child.cpu_seconds) == (9, 1.0, 2.0, 0.5)
    assert recorded().part(Window(3 * SECOND, 4 * SECOND)).processes == ()
    assert recorded().part(Window(0, SECOND, without=(7,))).threads == ()


def test_a_window_beyond_the_run_ends_with_it():
    part = recorded().part(Window(3 * SECOND, 9 * SECOND))
    assert [(thread.name, thread.seconds) for thread in part.threads] == [("MainThread", 1.0), ("late", 1.0)]


def test_a_short_window_says_that_it_is_short():
    part = recorded().part(Window(SECOND, SECOND + SECOND // 10))
    assert part.run.notes == ("too short: 10 samples, and nothing can be judged from fewer than 93",)


def test_the_whole_is_what_was_recorded():
    whole = recorded().profile()
    assert (whole.run.seconds, whole.run.notes, len(whole.threads)) == (4.0, (), 2)
