"""Tasks of process pools that do nearly nothing, or only wait for something outside."""

from pathlib import Path

import pytest

from concurlint.effects.processes.grain import TaskGrain
from tests.linked import program

HEAD = "import time, urllib.request\nfrom concurrent.futures import ProcessPoolExecutor\n"


def text_of(work: str, sends: str) -> str:
    return f"""{HEAD}def work(n):
    {work}
def main(numbers):
    with ProcessPoolExecutor() as pool:
        {sends}
if __name__ == "__main__":
    main([1])
"""


@pytest.mark.parametrize(
    ("work", "sends", "expected"),
    [
        ("return n * n", "list(pool.map(work, numbers))", ["work"]),
        ("return n * n", "list(pool.map(work, numbers, chunksize=500))", []),
        ("return n * n", "list(pool.map(work, range(8)))", []),
        ("return sum(i * i for i in range(100_000))", "list(pool.map(work, numbers))", []),
        ("time.sleep(n)", "list(pool.map(work, numbers))", []),
        ("return n.anything()", "list(pool.map(work, numbers))", []),
    ],
    ids=["tiny", "in chunks", "few", "computes", "waits", "unknown"],
)
def test_tasks_cost_less_than_sending_them(tmp_path: Path, work: str, sends: str, expected: list[str]):
    found = program(tmp_path, {"app.py": text_of(work, sends)})[TaskGrain].tiny()
    assert [spawn.code.name for spawn in found] == expected


@pytest.mark.parametrize(
    ("work", "expected"),
    [
        ("return urllib.request.urlopen('http://a')", [("work", "the network", "urllib.request.urlopen")]),
        ("time.sleep(1)", [("work", "a timer", "time.sleep")]),
        ("return fetch(n)\ndef fetch(n):\n    time.sleep(n)", [("work", "a timer", "time.sleep")]),
        ("time.sleep(1)\n    return sum(i * i for i in range(100_000))", []),
        ("return n * n", []),
    ],
    ids=["network", "timer", "further down", "computes too", "computes only"],
)
def test_tasks_that_only_wait_need_no_processes(tmp_path: Path, work: str, expected: list[tuple[str, str, str]]):
    found = program(tmp_path, {"app.py": text_of(work, "list(pool.map(work, numbers))")})[TaskGrain].waiting()
    assert [(task.dispatch.code.name, task.on, task.name) for task in found] == expected
