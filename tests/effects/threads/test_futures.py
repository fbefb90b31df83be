"""Results of work that may fail, which nobody asks for."""

from pathlib import Path

import pytest

from concurlint.effects.threads.futures import FutureResults
from tests.linked import program

HEAD = """from concurrent.futures import ThreadPoolExecutor
pool = ThreadPoolExecutor()
def fails(n):
    raise ValueError(n)
def fine(n):
    return n
"""


@pytest.mark.parametrize(
    ("main", "expected"),
    [
        ("pool.submit(fails, 1)", [("main", "fails")]),
        ("pool.submit(fine, 1)", []),
        ("pool.submit(fails, 1).result()", []),
        ("it = pool.submit(fails, 1)\n    print(it.result())", []),
        ("pool.map(fails, [1])", [("main", "fails")]),
        ("list(pool.map(fails, [1]))", []),
        ("send()\ndef send():\n    return pool.submit(fails, 1)", [("main", "fails")]),
        ("send(fails)\n    send(fine)\ndef send(work):\n    return pool.submit(work, 1)", [("main", "fails")]),
        ("print(send())\ndef send():\n    return pool.submit(fails, 1)", []),
    ],
)
def test_the_error_of_dropped_work_is_lost(tmp_path: Path, main: str, expected: list[tuple[str, str]]):
    found = program(tmp_path, {"app.py": f"{HEAD}def main():\n    {main}\n"})[FutureResults].lost_errors()
    assert [(lost.code.name, lost.work.name) for lost in found] == expected
