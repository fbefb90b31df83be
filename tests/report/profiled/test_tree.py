"""The call tree: the program's own calls, the library call that they wait in, and imports as one."""

from dataclasses import replace

from concurlint.report.profiled.tree import branches, call_tree
from concurlint.runtime.profile import Profile, StackTime
from concurlint.runtime.samples import Frame, State
from tests.runtime.made import PID, profile

APP, LIBRARY = "/home/me/app.py", "/usr/lib/python3.12/urllib/request.py"
START = Frame("Thread.run", "/usr/lib/python3.12/threading.py", 9)
MAIN, WORK, FETCH = Frame("main", APP, 9), Frame("work", APP, 3), Frame("fetch", APP, 6)
OPEN, RECEIVE = Frame("urlopen", LIBRARY, 5), Frame("SocketIO.readinto", "/usr/lib/python3.12/socket.py", 7)
IMPORT = Frame("_find_and_load", "<frozen importlib._bootstrap>", 1)
NUMPY = Frame("<module>", "/home/me/venv/lib/python3.12/site-packages/numpy/__init__.py", 1)


def seen(*stacks: tuple[tuple[Frame, ...], dict[State, float]]) -> Profile:
    """A run in which these stacks were seen."""
    made = tuple(StackTime(PID, PID, frames, states, 9) for frames, states in stacks)
    return replace(profile(9.0), stacks=made)


def drawn(of: Profile, states: set[State] | None = None, most: int = 20) -> list[str]:
    """Each row: its depth in dots, the function, the seconds."""
    root = call_tree(of, states) if states is not None else call_tree(of)
    return [f"{'.' * len(row.above)}{row.call.function} {row.call.seconds:g}" for row in branches(root, most=most)]


RUN = seen(
    ((START, MAIN, WORK), {State.HOLDS_GIL: 3.0, State.GIL_WAIT: 1.0, State.SLEEP: 5.0}),
    ((START, MAIN, replace(WORK, line=4)), {State.HOLDS_GIL: 1.0}),
    ((START, MAIN, FETCH, OPEN, RECEIVE), {State.NETWORK: 2.0}),
    ((MAIN, IMPORT, IMPORT, NUMPY), {State.HOLDS_GIL: 0.5}),
)


def test_own_calls_are_merged_and_of_a_library_the_first_call_is_shown():
    assert drawn(RUN) == ["main 7.5", ".work 5", ".fetch 2", "..urlopen 2", ".import numpy 0.5"]


def test_a_tree_of_one_state_has_that_time_alone():
    assert drawn(RUN, {State.GIL_WAIT}) == ["main 1", ".work 1"]
    assert drawn(RUN, {State.LOCK}) == []


def test_what_is_small_is_left_out_and_rows_are_bounded():
    wide = seen(*(((Frame(f"f{number}", APP, 1),), {State.HOLDS_GIL: 1.0 + number}) for number in range(30)))
    assert len(drawn(wide, most=10)) <= 10
    assert drawn(wide, most=10)[0] == "f29 30"
    tiny = seen(((MAIN, WORK), {State.DISK: 9.9}), ((MAIN, FETCH), {State.DISK: 0.1}))
    assert drawn(tiny) == ["main 10", ".work 9.9"]
