"""Which calls in coroutines block, and by which way."""

from pathlib import Path

import pytest

from concurlint.effects.blocking.calls import BlockingCalls, DiskCalls
from tests.linked import program


def blocked(folder: Path, text: str, kind: type[BlockingCalls] = BlockingCalls) -> list[list[str]]:
    """The trace of each blocking call on an event loop."""
    found = program(folder, {"app.py": "import asyncio, time, threading\n" + text})[kind].on_loops()
    return [[step.message for step in blocking.steps()] for _, _, blocking in found]


TASK = "async def main():\n    asyncio.create_task(work())\nasync def work():\n    {}\n"


def test_a_call_blocks_by_the_shortest_way_to_what_blocks(tmp_path: Path):
    text = TASK.format("top()") + "def top():\n    by()\n    time.sleep(1)\ndef by():\n    time.sleep(2)\n"
    assert blocked(tmp_path, text) == [["`work` calls `top`", "`top` blocks in `time.sleep`"]]


def test_functions_that_call_each_other_come_to_an_end(tmp_path: Path):
    text = TASK.format("odd()") + "def odd():\n    even()\ndef even():\n    odd()\n    time.sleep(1)\n"
    assert blocked(tmp_path, text) == [["`work` calls `odd`", "`odd` calls `even`", "`even` blocks in `time.sleep`"]]


@pytest.mark.parametrize(
    "body",
    [
        "def top(wait=False):\n    if wait:\n        time.sleep(1)\n",
        "async def top():\n    time.sleep(1)\n",
        "def top():\n    try:\n        asyncio.get_running_loop()\n    except RuntimeError:\n        time.sleep(1)\n",
        "def top():\n    yield\n    time.sleep(1)\n",
    ],
    ids=["the argument rules it out", "nobody awaits it", "it knows the loop", "nobody iterates"],
)
def test_a_call_that_may_not_come_to_it_is_silent(tmp_path: Path, body: str):
    text = TASK.format("top()") + body
    expected = [["`top` blocks in `time.sleep`"]] if body.startswith("async") else []
    assert blocked(tmp_path, text) == expected


def test_one_of_several_targets_that_does_not_block_makes_it_unknown(tmp_path: Path):
    text = TASK.format("pick()()") + (
        "def slow():\n    time.sleep(1)\ndef quick(): ...\ndef pick():\n    return slow if time.time() else quick\n"
    )
    assert blocked(tmp_path, text) == []


def test_the_disk_is_another_matter(tmp_path: Path):
    text = TASK.format("top()") + "def top():\n    open('a').read()\n"
    assert blocked(tmp_path, text) == []
    assert blocked(tmp_path, text, DiskCalls)[0][0] == "`work` calls `top`"
