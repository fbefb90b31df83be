"""Tasks by their coroutine functions: what each kept the event loop for."""

from dataclasses import replace

import pytest

from concurlint.report.profiled.tasks import TaskTimes, tasks_of
from concurlint.runtime.profile import Profile, StackTime
from concurlint.runtime.samples import Frame, State
from tests.runtime.made import PID, profile

APP, LIBRARY = "/home/me/app.py", "/usr/lib/python3.12"
MAIN = Frame("main", APP, 90)
STARTED = (
    MAIN,
    Frame("run", f"{LIBRARY}/asyncio/runners.py", 194),
    Frame("Runner.run", f"{LIBRARY}/asyncio/runners.py", 118),
    Frame("BaseEventLoop.run_until_complete", f"{LIBRARY}/asyncio/base_events.py", 687),
    Frame("BaseEventLoop.run_forever", f"{LIBRARY}/asyncio/base_events.py", 654),
    Frame("BaseEventLoop._run_once", f"{LIBRARY}/asyncio/base_events.py", 1985),
)
HANDLE = Frame("Handle._run", f"{LIBRARY}/asyncio/events.py", 88)
SELECT = Frame("EpollSelector.select", f"{LIBRARY}/selectors.py", 468)
FETCH, PARSE = Frame("Crawler.fetch", APP, 12), Frame("parse", APP, 30)
SOON = Frame("BaseEventLoop.call_soon", f"{LIBRARY}/asyncio/base_events.py", 795)
READ = Frame("_SelectorTransport._read_ready", f"{LIBRARY}/asyncio/selector_events.py", 900)
RECEIVED = Frame("Wire.data_received", APP, 60)
UVLOOP = (
    MAIN,
    Frame("run", f"{LIBRARY}/asyncio/runners.py", 194),
    Frame("Runner.run", f"{LIBRARY}/asyncio/runners.py", 118),
)
TRIO = (MAIN, Frame("unrolled_run", "/home/me/venv/lib/python3.12/site-packages/trio/_core/_run.py", 2900))


def seen(*stacks: tuple[tuple[Frame, ...], dict[State, float]]) -> Profile:
    """A run in which these stacks were seen."""
    made = tuple(StackTime(PID, PID, frames, states, 9) for frames, states in stacks)
    return replace(profile(9.0), stacks=made)


def told(*stacks: tuple[tuple[Frame, ...], dict[State, float]], most: int = 9) -> list[tuple[str, float]]:
    return [(task.function, task.seconds) for task in tasks_of(seen(*stacks), most)]


def test_a_task_is_called_by_the_outermost_function_that_the_loop_called_whatever_that_calls():
    assert tasks_of(
        seen(
            ((*STARTED, HANDLE, FETCH), {State.SLEEP: 1.0}),
            ((*STARTED, HANDLE, FETCH, PARSE), {State.HOLDS_GIL: 2.0, State.GIL_WAIT: 0.5}),
            ((*STARTED, HANDLE, PARSE, SOON), {State.HOLDS_GIL: 0.25}),
        ),
        most=9,
    ) == [
        TaskTimes("Crawler.fetch", APP, {State.SLEEP: 1.0, State.HOLDS_GIL: 2.0, State.GIL_WAIT: 0.5}),
        TaskTimes("parse", APP, {State.HOLDS_GIL: 0.25}),
    ]


def test_a_transports_callback_is_called_by_the_programs_own_function_that_it_calls():
    assert told(((*STARTED, HANDLE, READ, RECEIVED), {State.HOLDS_GIL: 1.0})) == [("Wire.data_received", 1.0)]
    assert told(((*STARTED, HANDLE, READ), {State.HOLDS_GIL: 1.0})) == [("_SelectorTransport._read_ready", 1.0)]


def test_an_idle_loop_is_no_task_and_what_it_does_itself_is_its_own():
    assert told(((*STARTED, SELECT), {State.LOOP_IDLE: 5.0})) == []
    assert told(((*STARTED, SELECT), {State.LOOP_IDLE: 5.0, State.GIL_WAIT: 1.0})) == [("event loop", 1.0)]
    assert told((STARTED, {State.HOLDS_GIL: 0.5})) == [("event loop", 0.5)]


@pytest.mark.parametrize("loop", [UVLOOP, TRIO])
def test_loops_of_libraries_call_tasks_too(loop: tuple[Frame, ...]):
    assert told(((*loop, FETCH, PARSE), {State.HOLDS_GIL: 1.0})) == [("Crawler.fetch", 1.0)]


def test_threads_without_a_loop_have_no_tasks():
    assert told(((MAIN, FETCH), {State.HOLDS_GIL: 1.0})) == []


def test_of_many_the_rest_is_one_row():
    stacks = [((*STARTED, HANDLE, Frame(f"f{n}", APP, n)), {State.HOLDS_GIL: 1.0 + n}) for n in range(5)]
    assert told(*stacks, most=3) == [("f4", 5.0), ("f3", 4.0), ("others ×3", 6.0)]
