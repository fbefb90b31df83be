"""Threads that one function manages, pools that wait for themselves, streams with a thread for each item."""

from pathlib import Path

import pytest

from concurlint.effects.program import Program
from concurlint.effects.threads.construction import Construction
from concurlint.effects.threads.fork_join import ForkJoins
from concurlint.effects.threads.self_deadlock import SelfDeadlocks
from concurlint.effects.threads.termination import Termination
from concurlint.effects.threads.unbounded import UnboundedThreads
from tests.linked import program

HEAD = "import queue, socket, threading, time\nfrom concurrent.futures import ThreadPoolExecutor\n\n"


def linked(folder: Path, text: str) -> Program:
    return program(folder, {"app.py": HEAD + text})


@pytest.mark.parametrize(
    ("work", "expected"),
    [
        ("return pool.submit(other).result()", ["work"]),
        ("return by()\ndef by():\n    return pool.submit(other).result()", ["by"]),
        ("it = pool.submit(other)\n    return it.result()", ["work"]),
        ("pool.submit(other)", []),
        ("return list(pool.map(other, 'ab'))", ["work"]),
        ("return apart.submit(other).result()", []),
    ],
)
def test_a_task_that_waits_for_its_own_pool_may_wait_for_ever(tmp_path: Path, work: str, expected: list[str]):
    text = (
        "pool = ThreadPoolExecutor()\napart = ThreadPoolExecutor()\n"
        f"def other(*_): ...\ndef work():\n    {work}\ndef main():\n    pool.submit(work)\n"
    )
    assert [wait.code.name for wait in linked(tmp_path, text)[SelfDeadlocks].all()] == expected


TEAM = """
def work(n):
    {}
def main(numbers):
    threads = []
    for n in numbers:
        t = threading.Thread(target=work, args=(n,))
        t.start()
        threads.append(t)
    for t in threads:
        t.join()
"""


@pytest.mark.parametrize(
    ("work", "expected"),
    [("print(n)", ["main"]), ("Q.get()", []), ("while True: print(n)", []), ("by()\ndef by():\n    Q.get()", [])],
    ids=["plain", "waits for others", "endless", "waits further down"],
)
def test_threads_started_and_joined_by_one_function_are_a_team_if_they_end(
    tmp_path: Path, work: str, expected: list[str]
):
    text = "Q = queue.Queue()\n" + TEAM.format(work)
    assert [team.code.name for team in linked(tmp_path, text)[ForkJoins].all()] == expected


def test_work_that_reads_a_queue_stays_until_somebody_puts(tmp_path: Path):
    found = linked(tmp_path, "Q = queue.Queue()\ndef reads():\n    Q.get()\ndef by():\n    reads()\ndef ends(): ...\n")
    codes = {code.name: code for code in found.graph.edges}
    tarries = found[Termination].tarries
    assert {name: tarries(codes[name]) for name in ("reads", "by", "ends")} == {
        "reads": True,
        "by": True,
        "ends": False,
    }


@pytest.mark.parametrize(
    ("loop", "expected"),
    [
        ("while True:\n        c, _ = S.accept()\n        threading.Thread(target=work, args=(c,)).start()", 1),
        ("for c in [1, 2]:\n        threading.Thread(target=work, args=(c,)).start()", 0),
    ],
)
def test_a_thread_for_each_item_of_a_stream_has_no_bound(tmp_path: Path, loop: str, expected: int):
    text = f"S = socket.socket()\ndef work(c): ...\ndef main():\n    {loop}\n"
    assert len(list(linked(tmp_path, text)[UnboundedThreads].all())) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [("t.run()", ["t"]), ("t.start()", []), ("if later:\n        t.start()\n    else:\n        t.run()", [])],
)
def test_the_method_that_a_thread_runs_is_not_called_by_hand(tmp_path: Path, body: str, expected: list[str]):
    text = f"def work(): ...\ndef main(later):\n    t = threading.Thread(target=work)\n    {body}\n"
    assert [start.object for start in linked(tmp_path, text)[Construction].run_here()] == expected
