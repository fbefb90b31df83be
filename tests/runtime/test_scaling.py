"""Sampled times brought to the kernel's own count."""

from concurlint.runtime.join import JoinedThread, Spent
from concurlint.runtime.samples import Frame, State
from concurlint.runtime.scaling import to_kernels_count

WORK, WAIT = (Frame("work", "/home/me/app.py", 3),), (Frame("wait", "/home/me/app.py", 9),)


def thread(*spent: Spent, cpu: int, queue: int = 0) -> JoinedThread:
    return JoinedThread(7, 8, "worker", spent, (), cpu, queue)


def sums(of: JoinedThread) -> dict[State, int]:
    found: dict[State, int] = {}
    for one in of.spent:
        found[one.state] = found.get(one.state, 0) + one.ns
    return found


def test_what_the_looks_missed_on_a_core_is_taken_from_waits_for_one_and_then_from_all_alike():
    seen = thread(
        Spent(WORK, State.HOLDS_GIL, 100, 2), Spent(WORK, State.RUN_QUEUE, 300, 6), Spent(WAIT, State.QUEUE, 600, 12),
        cpu=400, queue=200,
    )  # fmt: skip
    assert sums(to_kernels_count(seen)) == {State.HOLDS_GIL: 400, State.RUN_QUEUE: 150, State.QUEUE: 450}


def test_what_was_seen_too_often_on_a_core_was_a_wait_for_one_as_far_as_any_was_counted():
    seen = thread(Spent(WORK, State.HOLDS_GIL, 600, 6), Spent(WAIT, State.SLEEP, 400, 4), cpu=300, queue=100)
    assert sums(to_kernels_count(seen)) == {State.HOLDS_GIL: 300, State.RUN_QUEUE: 140, State.SLEEP: 560}


def test_each_stack_keeps_its_part_of_a_state():
    seen = thread(
        Spent(WORK, State.HOLDS_GIL, 300, 3), Spent(WAIT, State.HOLDS_GIL, 100, 1), Spent(WAIT, State.SLEEP, 600, 6),
        cpu=200,
    )  # fmt: skip
    held = {one.frames: one.ns for one in to_kernels_count(seen).spent if one.state is State.HOLDS_GIL}
    assert held == {WORK: 150, WAIT: 50}


def test_a_thread_never_seen_on_a_core_is_put_there_for_as_long_as_it_was():
    python = to_kernels_count(thread(Spent(WAIT, State.PIPE, 1000, 10), cpu=200))
    assert sums(python) == {State.PIPE: 800, State.HOLDS_GIL: 200}
    native = to_kernels_count(thread(Spent((), State.LOCK, 1000, 10), cpu=200))
    assert sums(native) == {State.LOCK: 800, State.COMPUTES: 200}


def test_a_thread_lives_no_longer_for_it():
    for cpu in (0, 1, 999, 5000):
        seen = thread(Spent(WORK, State.HOLDS_GIL, 500, 5), Spent(WAIT, State.QUEUE, 500, 5), cpu=cpu)
        assert abs(sum(sums(to_kernels_count(seen)).values()) - 1000) <= 2
