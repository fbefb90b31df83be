"""How locks are used: order, re-entry, release, joins, waits and awaits under them."""

from pathlib import Path

import pytest

from concurlint.effects.locks.condition_wait import ConditionWaits
from concurlint.effects.locks.contention import Contention
from concurlint.effects.locks.join import JoinUnderLock
from concurlint.effects.locks.order import LockOrder
from concurlint.effects.locks.release import LockRelease
from concurlint.effects.locks.suspension import Suspension
from concurlint.effects.program import Program
from concurlint.finding import Step
from tests.linked import program

HEAD = "import asyncio, threading, time\nA = threading.Lock()\nB = threading.Lock()\n"


def linked(folder: Path, text: str) -> Program:
    return program(folder, {"app.py": HEAD + text})


def words(steps: tuple[Step, ...]) -> list[str]:
    return [step.message for step in steps]


BOTH = """
def one():
    with A:
        {}
def other():
    with B:
        with A: ...
def inner():
    with B: ...
"""
RUN = "threading.Thread(target=one).start()\nthreading.Thread(target=other).start()\n"


@pytest.mark.parametrize("second", ["with B: ...", "inner()"])
def test_two_locks_taken_in_both_orders_by_two_threads_are_an_inversion(tmp_path: Path, second: str):
    inversions = list(linked(tmp_path, BOTH.format(second) + RUN)[LockOrder].inversions())
    assert [words(each.one.steps())[0] for each in inversions] == ["`one` takes `A` here"]


def test_one_order_is_no_inversion(tmp_path: Path):
    text = BOTH.format("with B: ...").replace("with B:\n        with A", "with A:\n        with B")
    assert list(linked(tmp_path, text + RUN)[LockOrder].inversions()) == []


def test_a_third_lock_around_both_keeps_them_apart(tmp_path: Path):
    text = BOTH.format("with B: ...").replace("def ", "C = threading.Lock()\ndef ", 1)
    text = text.replace("with A:\n", "with C, A:\n", 1).replace("with B:\n        with A", "with C, B:\n        with A")
    assert list(linked(tmp_path, text + RUN)[LockOrder].inversions()) == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("b = threading.Thread(target=other); a.start(); b.start(); a.join(); b.join()", 1),
        ("b = threading.Thread(target=other); a.start(); a.join(); b.start(); b.join()", 0),
        ("a.start(); other(); a.join()", 1),
        ("a.start(); a.join(); other()", 0),
    ],
    ids=["both", "one after the other", "beside the main thread", "the main thread later"],
)
def test_both_orders_matter_only_where_they_may_meet(tmp_path: Path, body: str, expected: int):
    run = f"def main():\n    a = threading.Thread(target=one)\n    {body}\nmain()\n"
    assert len(list(linked(tmp_path, BOTH.format("with B: ...") + run)[LockOrder].inversions())) == expected


def test_a_lock_taken_again_by_a_call_is_told_with_the_way(tmp_path: Path):
    text = "def outer():\n    with A:\n        by()\ndef by():\n    inner()\ndef inner():\n    with A: ...\n"
    [twice] = linked(tmp_path, text)[LockOrder].taken_twice()
    assert words(twice.steps()) == [
        "`outer` takes `A` here",
        "`outer` calls `by`",
        "`by` calls `inner`",
        "`inner` takes `A` here",
    ]


def test_a_reentrant_lock_lets_its_holder_in(tmp_path: Path):
    text = "R = threading.RLock()\ndef outer():\n    with R:\n        inner()\ndef inner():\n    with R: ...\n"
    assert list(linked(tmp_path, text)[LockOrder].taken_twice()) == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("A.acquire(); work(); A.release()", ["`work` may raise here"]),
        ("A.acquire()\n    try:\n        work()\n    finally:\n        A.release()", []),
        ("A.acquire()\n    if cond:\n        return\n    A.release()", ["returns here"]),
        ("A.acquire()\n    print()\n    A.release()", []),
    ],
)
def test_a_lock_leaks_where_something_leaves_before_its_release(tmp_path: Path, body: str, expected: list[str]):
    text = f"def main(cond):\n    {body}\ndef work():\n    open('a').read()\n"
    assert [leak.how for leak in linked(tmp_path, text)[LockRelease].leaks()] == expected


JOIN = (
    "def work():\n    {}\ndef main():\n    t = threading.Thread(target=work)\n    t.start()\n    with A:\n        {}\n"
)


@pytest.mark.parametrize(
    ("work", "held", "expected"),
    [
        ("with A: ...", "t.join()", 1),
        ("with B: ...", "t.join()", 0),
        ("with A: ...", "t.join(1.0)", 0),
        ("by()\ndef by():\n    with A: ...", "t.join()", 1),
    ],
)
def test_a_join_under_a_lock_that_the_thread_takes_stands_still(tmp_path: Path, work: str, held: str, expected: int):
    assert len(list(linked(tmp_path, JOIN.format(work, held))[JoinUnderLock].standstills())) == expected


def test_the_lock_may_be_held_by_a_caller_of_the_one_who_waits(tmp_path: Path):
    text = JOIN.format("with A: ...", "wait(t)") + "def wait(t):\n    t.join()\n"
    [found] = linked(tmp_path, text)[JoinUnderLock].standstills()
    assert "`wait` waits for `work` here" in words(found.steps())


def test_a_long_wait_under_a_lock_is_told_if_somebody_wants_the_lock_for_less(tmp_path: Path):
    text = "def slow():\n    with A:\n        time.sleep(9)\ndef quick():\n    with A:\n        print()\n"
    assert [hold.wanted.code.name for hold in linked(tmp_path, text)[Contention].long_holds()] == ["quick"]
    (tmp_path / "alone").mkdir()
    assert list(linked(tmp_path / "alone", text.replace("print()", "time.sleep(9)"))[Contention].long_holds()) == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("with A:\n        await asyncio.sleep(1)", ["A"]),
        ("with A: ...\n    await asyncio.sleep(1)", []),
        ("async with asyncio.Lock():\n        await asyncio.sleep(1)", []),
    ],
)
def test_a_lock_of_threads_is_held_over_an_await_in_its_block(tmp_path: Path, body: str, expected: list[str]):
    text = f"async def main():\n    {body}\nasync def start():\n    asyncio.create_task(main())\n"
    assert [held.hold.lock.spelling for held in linked(tmp_path, text)[Suspension].over_awaits()] == expected


COND = "C = threading.Condition()\nitems = []\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def take():\n    with C:\n        if not items:\n            C.wait()\n        return items.pop()\n", 1),
        ("def take():\n    with C:\n        while not items:\n            C.wait()\n        return items.pop()\n", 0),
        ("def pause():\n    C.wait()\ndef take():\n    with C:\n        while not items:\n            pause()\n", 0),
        ("def pause():\n    C.wait()\ndef a():\n    pause()\ndef take():\n    while not items:\n        pause()\n", 1),
    ],
    ids=["if", "while", "the caller looks", "one of two callers looks"],
)
def test_a_wait_is_blind_unless_every_way_looks_again(tmp_path: Path, text: str, expected: int):
    assert len(list(linked(tmp_path, COND + text)[ConditionWaits].blind())) == expected
