"""Coroutines that compute for long without an await."""

from pathlib import Path

import pytest

from concurlint.effects.tasks.stalls import Stalls
from tests.linked import program

HEAD = """import asyncio
def adds(n):
    total = 0
    for i in range(n):
        total += i * i
    return total
"""


@pytest.mark.parametrize(
    ("serve", "expected"),
    [
        ("for i in range(1_000_000):\n        i * i", [(9, "loop over `range(1000000)`")]),
        ("for i in range(100):\n        i * i", []),
        ("for i in range(1_000_000):\n        await asyncio.sleep(i * i)", []),
        ("for i in range(n):\n        i * i", []),
        ("adds(1_000_000)", [(9, "loop over `range(n)`")]),
        ("adds(10)", []),
        ("await asyncio.to_thread(adds, 1_000_000)", []),
    ],
    ids=["long loop", "short loop", "awaits in it", "unknown length", "long call", "short call", "handed over"],
)
def test_a_coroutine_surely_computes_for_long(tmp_path: Path, serve: str, expected: list[tuple[int, str]]):
    text = f"{HEAD}async def serve(n):\n    await asyncio.sleep(1)\n    {serve}\n"
    text += "async def main():\n    await asyncio.gather(serve(1), serve(2))\nasyncio.run(main())\n"
    found = program(tmp_path, {"app.py": text})[Stalls].heavy()
    assert [(at[0], estimate.what) for _, at, estimate in found] == expected


def test_a_function_that_calls_itself_twice_grows_like_a_tree(tmp_path: Path):
    text = "import asyncio\ndef hard(n):\n    return 1 if n < 2 else hard(n - 1) + hard(n - 2)\n"
    text += "async def serve():\n    await asyncio.sleep(1)\n    print(hard(30))\n"
    text += "async def main():\n    await asyncio.gather(serve(), serve())\nasyncio.run(main())\n"
    found = program(tmp_path, {"app.py": text})[Stalls].heavy()
    assert [(at[0], estimate.what) for _, at, estimate in found] == [(6, "recursion of `hard`")]
