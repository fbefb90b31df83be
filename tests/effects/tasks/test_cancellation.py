"""Handlers that catch the cancellation of their own task and let it go on."""

from pathlib import Path

import pytest

from concurlint.effects.tasks.cancellation import Cancellation
from tests.linked import program

HEAD = "import asyncio, contextlib\n"


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        ("except asyncio.CancelledError:\n            print('on')", [("asyncio.CancelledError", True)]),
        ("except BaseException:\n            print('on')", [("builtins.BaseException", True)]),
        ("except:\n            print('on')", [("except:", True)]),
        ("except Exception:\n            print('on')", []),
        ("except asyncio.CancelledError:\n            raise", []),
        ("except asyncio.CancelledError:\n            print('on')\n            raise", []),
        ("except asyncio.CancelledError:\n            return", []),
        ("finally:\n            print('on')", []),
    ],
)
def test_a_handler_in_a_loop_lets_a_cancelled_task_go_on(
    tmp_path: Path, handler: str, expected: list[tuple[str, bool]]
):
    text = f"""{HEAD}async def serve():
    while True:
        try:
            await asyncio.sleep(1)
        {handler}
async def main():
    task = asyncio.create_task(serve())
    await asyncio.sleep(9)
    task.cancel()
asyncio.run(main())
"""
    found = program(tmp_path, {"app.py": text})[Cancellation].swallowed()
    assert [(swallowed.caught, swallowed.loops) for swallowed in found] == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("await asyncio.sleep(1)", ["asyncio.CancelledError"]),
        ("print('nothing to interrupt')", []),
        ("await other", []),
    ],
    ids=["here", "nowhere", "in another task"],
)
def test_a_cancellation_of_what_is_waited_for_is_not_ones_own(tmp_path: Path, body: str, expected: list[str]):
    text = f"""{HEAD}async def idle():
    await asyncio.sleep(5)
async def serve():
    other = asyncio.create_task(idle())
    while True:
        with contextlib.suppress(asyncio.CancelledError):
            {body}
asyncio.run(serve())
"""
    found = program(tmp_path, {"app.py": text})[Cancellation].swallowed()
    assert [swallowed.caught for swallowed in found] == expected
