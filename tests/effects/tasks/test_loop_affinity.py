"""Threads that call what only the event loop's own thread may call."""

from pathlib import Path

import pytest

from concurlint.effects.tasks.loop_affinity import LoopAffinity
from tests.linked import program

HEAD = "import asyncio, threading\n"


@pytest.mark.parametrize(
    ("work", "expected"),
    [
        ("loop.call_soon(print)", [("work", "asyncio.AbstractEventLoop.call_soon")]),
        ("by(loop)\ndef by(loop):\n    loop.call_soon(print)", [("by", "asyncio.AbstractEventLoop.call_soon")]),
        ("loop.call_soon_threadsafe(print)", []),
        ("lines.put_nowait(1)", [("work", "asyncio.Queue.put_nowait")]),
        ("loop.call_soon_threadsafe(lines.put_nowait, 1)", []),
        ("own = asyncio.Queue()\n    own.put_nowait(1)", []),
        ("asyncio.run(lines.get())\n    lines.put_nowait(1)", []),
    ],
    ids=["loop", "further down", "safe", "queue", "handed to the loop", "its own", "runs a loop"],
)
def test_a_thread_calls_what_belongs_to_the_loop(tmp_path: Path, work: str, expected: list[tuple[str, str]]):
    text = f"""{HEAD}lines = asyncio.Queue()
def work(loop):
    {work}
async def main():
    loop = asyncio.get_running_loop()
    threading.Thread(target=work, args=(loop,)).start()
    await lines.get()
asyncio.run(main())
"""
    found = program(tmp_path, {"app.py": text})[LoopAffinity].all()
    assert [(crossing.code.name, crossing.name) for crossing in found] == expected
