"""Forks beside threads, queues joined too early, and what cannot get to another process."""

from pathlib import Path

import pytest

from concurlint.effects.processes.fork import Forks
from concurlint.effects.processes.queues import QueueDraining
from concurlint.effects.processes.transfer import Transfer
from concurlint.effects.program import Program
from tests.linked import program

HEAD = "import multiprocessing, os, threading\n\ndef work(*_): ...\n\n"


def linked(folder: Path, text: str) -> Program:
    return program(folder, {"app.py": HEAD + text})


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("t.start(); os.fork()", 1),
        ("os.fork(); t.start()", 0),
        ("t.start(); t.join(); os.fork()", 0),
        ("t.start()\n    if last:\n        t.join()\n        os.fork()", 0),
        ("begin(t); os.fork()\ndef begin(t):\n    t.start()", 1),
        ("t.start(); end(t); os.fork()\ndef end(t):\n    t.join()", 0),
        ("t.start()\n    if last:\n        return\n    os.fork()", 1),
        ("if last:\n        t.start()\n    else:\n        os.fork()", 0),
        ("for _ in 'ab':\n        os.fork()\n        t.start()", 1),
    ],
)
def test_a_fork_may_not_come_while_a_thread_goes_on(tmp_path: Path, body: str, expected: int):
    text = f"def main(last):\n    t = threading.Thread(target=work)\n    {body}\n"
    assert len(list(linked(tmp_path, text)[Forks].with_threads())) == expected


QUEUE = """
def fill(q):
    q.put('x' * 100000)
def main():
    q = multiprocessing.Queue()
    p = multiprocessing.Process(target=fill, args=(q,))
    p.start()
    {}
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [("p.join(); q.get()", 1), ("q.get(); p.join()", 0), ("p.terminate(); p.join(); q.get()", 0)],
)
def test_a_process_that_has_put_is_joined_after_the_queue_is_read(tmp_path: Path, body: str, expected: int):
    assert len(list(linked(tmp_path, QUEUE.format(body))[QueueDraining].joined_too_early())) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def main():\n    pool.map(lambda n: n, [1])\n", [5]),
        ("def main():\n    pool.map(work, [1])\n", []),
        ("def send(f):\n    pool.map(f, [1])\ndef main():\n    send(lambda n: n)\n", [7]),
        ("def send(f):\n    pool.map(f, [1])\ndef by(f):\n    send(f)\ndef main():\n    by(lambda n: n)\n", [9]),
    ],
    ids=["at the call", "a function", "by a caller", "by a caller's caller"],
)
def test_what_cannot_be_pickled_is_told_where_it_is_named(tmp_path: Path, text: str, expected: list[int]):
    found = linked(tmp_path, "pool = multiprocessing.Pool()\n" + text)[Transfer].unsendable()
    assert [one.at.at[0] - 2 for one in found] == expected
