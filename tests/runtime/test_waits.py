"""Waits named by the frames they are in."""

import pytest

from concurlint.runtime.samples import Frame, State
from concurlint.runtime.waits import BLOCKED, library_module, name_wait

LIB = "/usr/lib/python3.12/"
MINE = Frame("main", "/home/me/app.py", 4)


def frames(*calls: str) -> tuple[Frame, ...]:
    """My own line, and the library calls inside it: "threading.py Event.wait"."""
    inner = (call.split() for call in calls)
    return (MINE, *(Frame(function, LIB + module, 1) for module, function in inner))


@pytest.mark.parametrize(
    ("state", "calls", "named"),
    [
        (State.LOCK, ["queue.py Queue.get", "threading.py Condition.wait"], State.QUEUE),
        (State.LOCK, ["queue.py get", "threading.py wait"], State.QUEUE),
        (State.LOCK, ["concurrent/futures/_base.py Future.result", "threading.py Condition.wait"], State.QUEUE),
        (State.LOCK, ["threading.py Event.wait", "threading.py Condition.wait"], State.QUEUE),
        (State.LOCK, ["threading.py Thread.join", "threading.py Thread._wait_for_tstate_lock"], State.QUEUE),
        (State.LOCK, ["threading.py Thread.join"], State.QUEUE),
        (State.LOCK, ["concurrent/futures/thread.py _worker"], State.QUEUE),
        (State.LOCK, ["threading.py Semaphore.acquire", "threading.py Condition.wait"], State.LOCK),
        (State.LOCK, [], State.LOCK),
        (State.LOCK, ["logging/__init__.py Handler.acquire"], State.LOCK),
        (State.UNKNOWN, ["queue.py Queue.get", "threading.py Condition.wait"], State.QUEUE),
        (State.LOOP_IDLE, ["asyncio/base_events.py _run_once", "selectors.py EpollSelector.select"], State.LOOP_IDLE),
        (State.NETWORK, ["asyncio/base_events.py _run_once", "selectors.py SelectSelector.select"], State.LOOP_IDLE),
        (State.LOOP_IDLE, ["socketserver.py serve_forever", "selectors.py PollSelector.select"], State.NETWORK),
        (State.CHILD, ["subprocess.py Popen.wait", "subprocess.py Popen._try_wait"], State.CHILD),
        (State.SLEEP, ["subprocess.py Popen.wait", "subprocess.py Popen._wait"], State.CHILD),
        (State.PIPE, ["subprocess.py Popen._communicate", "selectors.py PollSelector.select"], State.CHILD),
        (State.DISK, ["subprocess.py Popen._execute_child"], State.CHILD),
        (State.PIPE, ["multiprocessing/connection.py Connection._recv"], State.PIPE),
        (
            State.LOOP_IDLE,
            ["multiprocessing/connection.py wait", "selectors.py PollSelector.select"],
            State.PIPE,
        ),
        (State.LOCK, ["multiprocessing/queues.py Queue.get"], State.QUEUE),
        (
            State.PIPE,
            ["multiprocessing/queues.py Queue.get", "multiprocessing/connection.py Connection._recv"],
            State.QUEUE,
        ),
        (
            State.LOOP_IDLE,
            [
                "multiprocessing/popen_forkserver.py Popen.poll",
                "multiprocessing/connection.py wait",
                "selectors.py PollSelector.select",
            ],
            State.CHILD,
        ),
        (State.SLEEP, [], State.SLEEP),
        (State.SLEEP, ["threading.py Thread.run"], State.SLEEP),
    ],
)
def test_a_wait_is_named_by_what_its_caller_asked_for(state: State, calls: list[str], named: State):
    assert name_wait(state, frames(*calls)) is named


def test_only_blocked_threads_are_renamed():
    inside = frames("queue.py Queue.get", "threading.py Condition.wait")
    for state in set(State) - BLOCKED:
        assert name_wait(state, inside) is state


def test_a_module_of_the_same_name_elsewhere_is_not_the_library_s():
    for path in ("/home/me/queue.py", "/usr/lib/python3.12/site-packages/queue.py"):
        assert name_wait(State.LOCK, (MINE, Frame("Queue.get", path, 1))) is State.LOCK


def test_reading_stops_at_the_program_s_own_frame():
    """A callback that takes a lock while its caller waits for children waits for the lock."""
    stack = (*frames("subprocess.py Popen.wait"), Frame("on_signal", "/home/me/app.py", 9))
    assert name_wait(State.LOCK, stack) is State.LOCK


@pytest.mark.parametrize(
    ("path", "module"),
    [
        ("/usr/lib/python3.12/threading.py", "threading.py"),
        ("/opt/python3.13t/lib/python3.13t/asyncio/base_events.py", "asyncio/base_events.py"),
        (r"C:\Python312\Lib\concurrent\futures\_base.py", "concurrent/futures/_base.py"),
        ("/home/me/threading.py", ""),
        ("<frozen importlib._bootstrap>", ""),
        ("", ""),
    ],
)
def test_library_modules_are_known_by_their_folder(path: str, module: str):
    assert library_module(path) == module
