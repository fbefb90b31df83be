"""Help lines that can be followed where they stand: in this kind of function, for this framework and this Python."""

from pathlib import Path

import pytest

from concurlint.config import Config
from concurlint.linting import lint
from tests.linked import write

SERVER = "\n\nasync def main():\n    await asyncio.start_server(serve)\n\n\nasyncio.run(main())\n"
SET = "keep it in a set until it is done: `tasks.add(task)`, `task.add_done_callback(tasks.discard)`"


def helps(folder: Path, text: str, code: str, python: tuple[int, int] = (3, 11)) -> list[str]:
    write(folder, {"app.py": text})
    config = Config(root=folder, target_python=python, select=(code,), pedantic=True)
    return [finding.help for finding in lint([folder], config).findings if finding.code == code]


def serving(line: str, head: str = "") -> str:
    return f"import asyncio\n{head}\n\nasync def serve(reader, writer):\n    {line}\n    await reader.read()\n{SERVER}"


@pytest.mark.parametrize(
    ("line", "head", "python", "expected"),
    [
        ("time.sleep(0.5)", "import time\n", (3, 11), "use `await asyncio.sleep(0.5)`"),
        (
            "requests.get(url, timeout=3)",
            "import requests\n\nurl = 'http://a.test'\n",
            (3, 11),
            "use httpx.AsyncClient or aiohttp, or `await asyncio.to_thread(requests.get, url, timeout=3)`",
        ),
        (
            "requests.get(url, timeout=3)",
            "import requests\n\nurl = 'http://a.test'\n",
            (3, 8),
            "use httpx.AsyncClient or aiohttp, "
            "or `await loop.run_in_executor(None, partial(requests.get, url, timeout=3))`",
        ),
        (
            "wait(2)",
            "import time\n\n\ndef wait(n):\n    time.sleep(n)\n",
            (3, 11),
            "make the function that sleeps a coroutine with `asyncio.sleep`, or `await asyncio.to_thread(wait, 2)`",
        ),
        (
            "db.execute('UPDATE a SET b = 1')",
            "import sqlite3\n\ndb = sqlite3.connect('a.db')\n",
            (3, 11),
            "use aiosqlite, or give the connection one worker thread (`ThreadPoolExecutor(max_workers=1)`) "
            "that makes it and its calls",
        ),
        (
            "save()",
            "import sqlite3\n\n\ndef save():\n    db = sqlite3.connect('a.db')\n    db.execute('UPDATE a SET b = 1')\n",
            (3, 11),
            "run it in a thread: `await asyncio.to_thread(save)`",
        ),
    ],
    ids=["sleep", "own call", "old Python", "sleep behind a function", "connection of another thread", "its own"],
)
def test_a_blocking_call_is_handed_over_as_it_is_written(
    tmp_path: Path, line: str, head: str, python: tuple[int, int], expected: str
) -> None:
    assert helps(tmp_path, serving(line, head), "CCL501", python) == [expected]


@pytest.mark.parametrize(
    ("text", "python", "expected"),
    [
        (
            "async def main():\n    asyncio.create_task(work())\n    await asyncio.sleep(5)\n",
            (3, 11),
            "start it in an `asyncio.TaskGroup`, or keep it in a set until it is done",
        ),
        ("async def main():\n    asyncio.create_task(work())\n    await asyncio.sleep(5)\n", (3, 10), SET),
        ("def start():\n    asyncio.ensure_future(work())\n", (3, 12), SET),
        ("async def each():\n    asyncio.create_task(work())\n    yield 1\n", (3, 12), SET),
    ],
    ids=["a coroutine", "an older Python", "a plain function", "a generator"],
)
def test_a_task_group_is_named_only_where_one_can_be_written(
    tmp_path: Path, text: str, python: tuple[int, int], expected: str
) -> None:
    head = "import asyncio\n\n\nasync def work():\n    await asyncio.sleep(1)\n\n\n"
    assert helps(tmp_path, head + text, "CCL503", python) == [expected]


@pytest.mark.parametrize(
    ("text", "code", "expected"),
    [
        (
            "import os\n\n\nasync def show(name):\n    os.system(f'ls {name}')\n",
            "CCL401",
            "use `await asyncio.create_subprocess_exec(…)` without a shell, or quote each value with `shlex.quote`",
        ),
        (
            "import os\n\n\ndef show(name):\n    os.system(f\"ls '{name}'\")\n",
            "CCL401",
            "use `subprocess.run([…])` without a shell, or take the quotes around the value away and quote it with "
            "`shlex.quote`",
        ),
        (
            "import subprocess\n\n\ndef show():\n    return subprocess.getoutput('ls -l')\n",
            "CCL402",
            'use `subprocess.run(["ls", "-l"], stdout=PIPE, stderr=STDOUT, text=True).stdout.removesuffix("\\n")` '
            "without a shell",
        ),
    ],
    ids=["in a coroutine", "within quotes", "what getoutput gives"],
)
def test_a_command_without_a_shell_does_what_the_line_did(tmp_path: Path, text: str, code: str, expected: str) -> None:
    assert helps(tmp_path, text, code) == [expected]


def test_a_copy_is_made_of_what_the_loop_goes_through(tmp_path: Path) -> None:
    text = (
        "import threading\n\nseen = {}\n\n\ndef fill():\n    for n in range(9):\n        seen[n] = n\n\n\n"
        "threading.Thread(target=fill).start()\nfor value in seen.values():\n    print(value)\n"
    )
    assert helps(tmp_path, text, "CCL312") == [
        "go through a copy (`list(seen.values())`), or hold one lock around both"
    ]


def test_a_lock_of_asyncio_is_entered_with_async_with(tmp_path: Path) -> None:
    text = (
        "import asyncio\n\nlock = asyncio.Lock()\n\n\nasync def work(client):\n    await lock.acquire()\n"
        "    await client.send()\n    lock.release()\n"
    )
    assert helps(tmp_path, text, "CCL307") == ["write `async with lock:` around it, or release it in a `finally`"]


def test_a_recursion_is_not_sent_to_numpy(tmp_path: Path) -> None:
    text = (
        "from concurrent.futures import ThreadPoolExecutor\n\n\ndef fib(n):\n"
        "    return n if n < 2 else fib(n - 1) + fib(n - 2)\n\n\n"
        "with ThreadPoolExecutor() as pool:\n    print(list(pool.map(fib, range(30, 38))))\n"
    )
    assert helps(tmp_path, text, "CCL201") == [
        "use `ProcessPoolExecutor` under the main guard; the GIL lets one thread compute at a time"
    ]


@pytest.mark.parametrize(
    ("python", "named"), [((3, 11), "`asyncio.gather` or a `TaskGroup`"), ((3, 10), "`asyncio.gather`")]
)
def test_requests_are_awaited_together_by_what_the_oldest_python_has(
    tmp_path: Path, python: tuple[int, int], named: str
) -> None:
    text = (
        "import asyncio\n\nimport httpx\n\n\nasync def main(urls):\n    async with httpx.AsyncClient() as client:\n"
        "        for url in urls:\n            answer = await client.get(url)\n            print(answer.status_code)\n"
    )
    assert helps(tmp_path, text, "CCL509", python) == [
        f"run them together by {named}, with a semaphore where there are many"
    ]
