"""Threads that are called alike and do the same are one line with a spread."""

from collections.abc import Sequence
from dataclasses import replace

from concurlint.report.profiled.threads import ThreadGroup, thread_groups
from concurlint.runtime.profile import Profile, StackTime, ThreadTimes
from concurlint.runtime.samples import Frame, State
from tests.runtime.made import PID, profile, thread_times

W, S = State.GIL_WAIT, State.SLEEP
WORK = (Frame("Thread.run", "/usr/lib/python3.12/threading.py", 9), Frame("work", "/home/me/app.py", 3))


def many(names: Sequence[str], *, pid: int = PID, start: int = 100) -> list[ThreadTimes]:
    """A thread of each name, each living a little longer and waiting a little more."""
    return [
        thread_times(start + number, {W: 0.5 + number / 10, S: 0.5}, pid=pid, first=number / 100, name=name)
        for number, name in enumerate(names)
    ]


def shown(*threads: ThreadTimes, most: int = 12, stacks: Sequence[StackTime] = ()) -> list[tuple[str, str]]:
    """The name and the spread of each group."""
    made: Profile = replace(profile(9.0, *threads), stacks=tuple(stacks))
    return [(group.name, group.spread) for group in thread_groups(made, most)]


MAIN = thread_times(PID, {S: 9.0}, first=-1.0, name="MainThread")


def test_few_threads_are_shown_one_by_one():
    assert shown(MAIN, *many(["pool_0", "pool_1"])) == [("MainThread", ""), ("pool_0", ""), ("pool_1", "")]


def test_many_threads_of_a_pool_are_one_line_with_their_spread():
    names = [f"ThreadPoolExecutor-0_{number}" for number in range(50)]
    assert shown(MAIN, *many(names)) == [
        ("MainThread", ""),
        ("ThreadPoolExecutor ×50", "each 1.00 s to 5.90 s, GIL wait 50% to 92%"),
    ]


def test_threads_that_python_numbered_are_called_by_what_they_run():
    names = [f"Thread-{number} (handle)" for number in range(6)]
    assert [name for name, _ in shown(MAIN, *many(names))] == ["MainThread", "handle ×6"]


def test_threads_that_were_too_short_to_be_named_are_called_by_what_they_run():
    threads = many(["python"] * 6)
    stacks = [StackTime(PID, thread.tid, WORK, {W: 1.0}, 9) for thread in threads]
    assert [name for name, _ in shown(MAIN, *threads, stacks=stacks)] == ["MainThread", "work ×6"]
    assert [name for name, _ in shown(MAIN, *threads)] == ["MainThread", "unnamed ×6"]
    assert [name for name, _ in shown(MAIN, threads[0])] == ["MainThread", "thread 100"]


def test_worker_processes_are_one_line_and_the_first_process_stays_apart():
    workers = [thread_times(pid, {S: 1.0}, pid=pid, name="MainThread") for pid in range(20, 28)]
    stacks = [StackTime(of.pid, of.tid, WORK, {S: 1.0}, 9) for of in workers]
    assert shown(MAIN, *workers, stacks=stacks) == [
        ("MainThread [7]", ""),
        ("processes in work ×8", "each 1.00 s, sleep 100%"),
    ]


def test_of_many_kinds_the_largest_are_shown_and_the_others_together():
    threads = [thread_times(100 + n, {S: 1.0 + n}, name=name) for n, name in enumerate(["a", "b", "c"])]
    assert [name for name, _ in shown(MAIN, *threads, most=3)] == ["MainThread", "c", "others ×2"]


def test_a_group_sums_up_its_threads():
    one, two = many(["a", "b"])
    assert ThreadGroup("x", "", (one, two)).states == {W: 1.1, S: 1.0}
