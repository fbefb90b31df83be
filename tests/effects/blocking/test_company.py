"""Who is kept waiting: what is held back because nobody is, and what is told because somebody may be."""

from pathlib import Path

import pytest

from concurlint.config import Config
from concurlint.linting import lint
from tests.linked import write

HEAD = "import asyncio\nimport sqlite3\nimport time\n\n\n"
ALONE = HEAD + "async def main():\n    await asyncio.sleep(1)\n    time.sleep(1)\n\n\nasyncio.run(main())\n"
FIRST = (
    HEAD
    + "async def work():\n    await asyncio.sleep(9)\n\n\nasync def main():\n    name = input()\n"
    + "    await asyncio.gather(work(), work())\n    print(name)\n\n\nasyncio.run(main())\n"
)
ROW = (
    HEAD + "db = sqlite3.connect('a.db')\n\n\nasync def serve(reader, writer):\n"
    "    db.execute('SELECT name FROM users WHERE id = ?', (1,))\n    await reader.read()\n\n\n"
    "async def main():\n    await asyncio.start_server(serve)\n\n\nasyncio.run(main())\n"
)


def told(folder: Path, text: str) -> tuple[list[str], int]:
    write(folder, {"app.py": text})
    result = lint([folder], Config(root=folder, target_python=(3, 11)))
    return [finding.code for finding in result.findings], result.held_back


LAST = FIRST.replace("    name = input()\n", "").replace("print(name)", "input()")
BELOW = (
    HEAD + "async def work():\n    await asyncio.sleep(9)\n\n\nasync def ask():\n    return input()\n\n\n"
    "async def main():\n    name = await ask()\n    async with asyncio.TaskGroup() as group:\n"
    "        group.create_task(work())\n    print(name, await ask())\n\n\nasyncio.run(main())\n"
)
BESIDE = BELOW.replace("create_task(work())", "create_task(work())\n        await ask()")


@pytest.mark.parametrize(
    "text",
    [ALONE, FIRST, LAST, BELOW, ROW],
    ids=["alone on its loop", "before all others", "after all others", "before and after a group", "one row by key"],
)
def test_what_keeps_nobody_waiting_is_held_back(tmp_path: Path, text: str) -> None:
    assert told(tmp_path, text) == ([], 1)


@pytest.mark.parametrize(
    "text",
    [
        ALONE.replace(
            "    await asyncio.sleep(1)",
            "    asyncio.create_task(asyncio.sleep(1)).cancel()\n    await asyncio.sleep(1)",
        ),
        "import websockets\n" + ALONE.replace("await asyncio.sleep(1)", "await websockets.connect('ws://a.test')"),
        ALONE.replace("    await asyncio.sleep(1)", "    done = asyncio.Event()\n    await done.wait()"),
        FIRST.replace("    name = input()\n", "").replace(
            "await asyncio.gather(work(), work())\n    print(name)",
            "both = asyncio.gather(work(), work())\n    await asyncio.sleep(1)\n    input()\n    await both",
        ),
        BESIDE,
        ROW.replace("WHERE id = ?", "WHERE name LIKE ?"),
    ],
    ids=[
        "beside a task",
        "beside a library's tasks",
        "an event others set",
        "beside others",
        "in a group",
        "a search of the table",
    ],
)
def test_what_may_keep_somebody_waiting_is_told(tmp_path: Path, text: str) -> None:
    assert told(tmp_path, text)[0][:1] == ["CCL501"]
