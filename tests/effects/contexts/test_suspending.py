"""Coroutines that never wait, directly or through others."""

from pathlib import Path

import pytest

from concurlint.effects.contexts.suspending import Suspending
from tests.linked import program

TEXT = """
import asyncio

async def plain():
    print("x")

async def through():
    await plain()

async def waits():
    await asyncio.sleep(1)

async def waits_through():
    await plain()
    await waits()

async def goes_through(stream):
    async for item in stream:
        print(item)

async def stub(): ...

async def again():
    await again()
"""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("plain", True),
        ("through", True),
        ("waits", False),
        ("waits_through", False),
        ("goes_through", False),
        ("stub", False),
        ("again", False),
    ],
)
def test_a_coroutine_never_waits_where_nothing_in_it_does(tmp_path: Path, name: str, expected: bool) -> None:
    linked = program(tmp_path, {"app.py": TEXT})
    code = next(code for code in linked.graph.edges if code.name == name)
    assert linked[Suspending].never(code) == expected
