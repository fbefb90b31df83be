"""What becomes of coroutines and tasks, and what comes between their reads and writes."""

from pathlib import Path

import pytest

from concurlint.effects.contexts.parallel import SoleEndedTasks, SoleTasks
from concurlint.effects.program import Program
from concurlint.effects.tasks.atomicity import Atomicity
from concurlint.effects.tasks.coroutines import Coroutines
from concurlint.effects.tasks.kept import KeptTasks
from concurlint.effects.tasks.nested_loops import NestedLoops
from concurlint.effects.tasks.polling import Polling
from tests.linked import program

HEAD = "import asyncio\ntotal = 0\n"


def linked(folder: Path, text: str) -> Program:
    return program(folder, {"app.py": HEAD + text})


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("work()", ["dropped"]),
        ("it = work()", ["dropped"]),
        ("await work()", []),
        ("it = work(); await it", []),
        ("if work(): ...", ["tested"]),
        ("return work()", []),
    ],
)
def test_a_coroutine_that_nobody_awaits_never_runs(tmp_path: Path, body: str, expected: list[str]):
    text = f"async def work(): ...\nasync def main():\n    {body}\n"
    assert [how for _, _, how in linked(tmp_path, text)[Coroutines].never_awaited()] == expected


def test_a_loop_inside_a_loop_is_told_with_the_way(tmp_path: Path):
    text = (
        "async def work(): ...\n"
        "async def main():\n    by()\n"
        "def by():\n    start()\n"
        "def start():\n    asyncio.run(work())\n"
        "def apart():\n    start()\n"
    )
    [(code, _, nested)] = linked(tmp_path, text)[NestedLoops].nested_loops()
    assert code.name == "main"
    assert [step.message for step in nested.steps()] == ["`by` calls `start`", "`start` calls `asyncio.run`"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("async def main():\n    asyncio.create_task(work())\n", ["main"]),
        ("async def main():\n    it = asyncio.create_task(work())\n    await it\n", []),
        ("async def main():\n    it = asyncio.create_task(work())\n    await asyncio.sleep(1)\n", []),
        ("async def main():\n    _ = asyncio.create_task(work())\n    await asyncio.sleep(1)\n", ["main"]),
        ("def begin():\n    return asyncio.create_task(work())\nasync def main():\n    begin()\n", ["main"]),
        (
            "def make():\n    it = asyncio.create_task(work())\n    return it\n"
            "def begin():\n    return make()\nasync def main():\n    begin()\nasync def kept():\n    await begin()\n",
            ["main"],
        ),
    ],
    ids=["dropped", "awaited", "kept meanwhile", "underscore", "given back", "given back twice"],
)
def test_a_task_lives_as_long_as_somebody_keeps_it(tmp_path: Path, text: str, expected: list[str]):
    dropped = linked(tmp_path, "async def work(): ...\n" + text)[KeptTasks].dropped_tasks()
    assert [code.name for code, *_ in dropped] == expected


TORN = """
async def work(flag):
    global total
    {}
async def main():
    for _ in range(3):
        asyncio.create_task(work(1))
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("n = total; await asyncio.sleep(0); total = n + 1", 1),
        ("n = total; total = n + 1; await asyncio.sleep(0)", 0),
        ("n = total\n    if flag:\n        await asyncio.sleep(0)\n    total = n + 1", 1),
        ("n = total\n    if flag:\n        await asyncio.sleep(0)\n        n = total\n    total = n + 1", 0),
        ("total += await asyncio.sleep(0, 1)", 1),
        ("total += 1", 0),
    ],
    ids=["between", "after", "in a branch", "read again", "augmented", "at once"],
)
def test_a_write_is_torn_by_an_await_on_some_way_from_the_read(tmp_path: Path, body: str, expected: int):
    assert len(list(linked(tmp_path, TORN.format(body))[Atomicity].torn())) == expected


def test_a_loop_that_only_sleeps_polls_for_what_others_change(tmp_path: Path):
    text = (
        "async def wait():\n    while not total:\n        await asyncio.sleep(0.1)\n"
        "async def change():\n    global total\n    total = 1\n"
    )
    assert [poll.asked for poll in linked(tmp_path, text)[Polling].polls()] == ["total"]


ALONE = """
import click
@click.command()
async def command():
    await below()
async def below(): ...
async def task():
    await shared()
async def shared(): ...
async def main():
    await shared()
    asyncio.create_task(task())
async def one():
    await other()
async def other():
    await one()
asyncio.run(main())
"""


def test_coroutines_are_alone_if_all_ways_into_them_are(tmp_path: Path):
    found = linked(tmp_path, ALONE)
    names = ("command", "below", "task", "shared", "one")
    codes = {code.name: code for code in found.graph.edges}
    assert {name: found[SoleTasks].is_alone(codes[name]) for name in names} == {
        "command": True,
        "below": True,
        "task": False,
        "shared": False,
        "one": True,
    }


def test_one_run_to_its_end_by_a_plain_function_is_alone_too(tmp_path: Path):
    text = "async def below(): ...\nasync def main():\n    await below()\nasyncio.run(main())\n"
    found = linked(tmp_path, text)
    below = next(code for code in found.graph.edges if code.name == "below")
    assert [found[SoleTasks].is_alone(below), found[SoleEndedTasks].is_alone(below)] == [False, True]
