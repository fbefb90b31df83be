"""Coroutines that wait for the disk: which calls, and which of them again and again."""

from pathlib import Path

import pytest

from concurlint.effects.tasks.disk import DiskAccess
from tests.linked import program

HEAD = "import asyncio, json, os\nfrom pathlib import Path\n"


@pytest.mark.parametrize(
    ("serve", "expected"),
    [
        ("Path(name).read_text()", [("serve", False)]),
        ("load(name)\ndef load(name):\n    return Path(name).read_text()", [("serve", False)]),
        ("await asyncio.to_thread(Path(name).read_text)", []),
        ("for line in name:\n        Path(line).read_text()\n        await asyncio.sleep(1)", [("serve", True)]),
        ("for n in range(3):\n        Path(name).read_text()\n        await asyncio.sleep(1)", [("serve", False)]),
        ("for n in 'ab', 'c':\n        Path(n).read_text()\n        await asyncio.sleep(1)", [("serve", False)]),
    ],
    ids=["once", "by a function", "handed over", "for each item", "three times", "for what is written down"],
)
def test_a_coroutine_waits_for_the_disk(tmp_path: Path, serve: str, expected: list[tuple[str, bool]]):
    text = (
        f"{HEAD}async def serve(name):\n    {serve}\nasync def main(names):\n"
        "    await asyncio.gather(*[serve(name) for name in names])\nasyncio.run(main(input()))\n"
    )
    found = program(tmp_path, {"app.py": text})[DiskAccess].on_loops()
    assert [(code.name, again) for code, _, _, again in found] == expected


@pytest.mark.parametrize(
    ("main", "expected"),
    [
        ("Path('a').read_text()\n    await asyncio.sleep(1)", []),
        ("await asyncio.sleep(1)\n    Path('a').read_text()", ["Path('a').read_text"]),
    ],
    ids=["before", "after"],
)
def test_before_the_main_coroutine_waits_nobody_else_runs(tmp_path: Path, main: str, expected: list[str]):
    text = f"{HEAD}async def main():\n    {main}\nasyncio.run(main())\n"
    found = program(tmp_path, {"app.py": text})[DiskAccess].on_loops()
    assert [code.name for code, _, _, _ in found] == ["main" for _ in expected]
