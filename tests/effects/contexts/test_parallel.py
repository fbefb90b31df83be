"""What may happen while a thread that was started goes on, and which work may go on at once."""

from pathlib import Path

import pytest

from concurlint.effects.contexts.parallel import Parallel
from concurlint.effects.contexts.spawns import Spawn, Spawns
from concurlint.effects.program import Program
from tests.linked import program

HEAD = "import threading\nfrom concurrent.futures import ThreadPoolExecutor\n\ndef mark(number): ...\ndef work(): ...\n"


def spawns(linked: Program, name: str = "work") -> list[Spawn]:
    return [spawn for spawn in linked[Spawns].all if spawn.code.name == name]


def beside(folder: Path, text: str) -> list[int]:
    """The numbers of the calls of `mark` that may come while the first work goes on."""
    linked = program(folder, {"app.py": HEAD + text})
    parallel, spawn = linked[Parallel], spawns(linked)[0]
    marks = [
        (site.call.arguments[0].value.value, parallel.goes_on_at(spawn, code, site.order))
        for code in linked.graph.edges
        for site in code.scope.calls
        if getattr(site.call.function, "id", "") == "mark"
    ]
    return sorted(number for number, told in marks if told)


STARTED = "def main():\n    mark(1)\n    t = threading.Thread(target=work)\n    mark(2)\n    t.start()\n    mark(3)\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (STARTED + "    t.join()\n    mark(4)\n", [3]),
        (STARTED + "    mark(4)\n", [3, 4]),
        (STARTED + "    ', '.join('ab')\n    mark(4)\n", [3, 4]),
        (STARTED + "    if t.is_alive():\n        t.join()\n    mark(4)\n", [3]),
        (STARTED + "    try:\n        mark(4)\n    finally:\n        t.join()\n    mark(5)\n", [3, 4]),
        (STARTED + "    helper(t)\n    mark(4)\ndef helper(t):\n    mark(5)\n    t.join()\n    mark(6)\n", [3, 5]),
        (
            STARTED
            + "    aside()\n    t.join()\n    aside2()\ndef aside():\n    mark(5)\ndef aside2():\n    mark(6)\n",
            [3, 5],
        ),
    ],
    ids=["joined", "never joined", "another join", "asked first", "finally", "joined by a helper", "calls meanwhile"],
)
def test_a_thread_goes_on_from_its_start_until_it_is_joined(tmp_path: Path, text: str, expected: list[int]):
    assert beside(tmp_path, text) == expected


def test_a_helper_may_start_the_thread_for_its_caller(tmp_path: Path):
    text = """
def begin():
    mark(1)
    t = threading.Thread(target=work)
    t.start()
    return t
def main():
    mark(2)
    t = begin()
    mark(3)
    t.join()
    mark(4)
"""
    assert beside(tmp_path, text) == [3]


def test_a_constructor_may_start_the_thread_of_an_object_that_another_method_ends(tmp_path: Path):
    text = """
class Worker:
    def __init__(self):
        self.thread = threading.Thread(target=work)
        mark(1)
        self.thread.start()
        mark(2)
    def stop(self):
        self.thread.join()
def main():
    worker = Worker()
    mark(3)
    worker.stop()
    mark(4)
"""
    assert beside(tmp_path, text) == [2, 3]


def test_threads_in_a_list_are_joined_by_a_loop_over_it(tmp_path: Path):
    text = """
def main():
    threads = [threading.Thread(target=work) for _ in range(3)]
    mark(1)
    for t in threads:
        t.start()
        mark(2)
    mark(3)
    for t in threads:
        t.join()
    mark(4)
"""
    assert beside(tmp_path, text) == [2, 3]


def test_leaving_a_pool_waits_for_its_work(tmp_path: Path):
    text = """
def main():
    with ThreadPoolExecutor() as pool:
        mark(1)
        pool.submit(work)
        mark(2)
    mark(3)
"""
    assert beside(tmp_path, text) == [2]


TWO = """
def other(): ...
def main():
    a = threading.Thread(target=work)
    b = threading.Thread(target=other)
    {}
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("a.start(); b.start(); a.join(); b.join()", True),
        ("a.start(); a.join(); b.start(); b.join()", False),
        ("b.start(); b.join(); a.start(); a.join()", False),
    ],
)
def test_two_threads_meet_unless_one_is_joined_before_the_other_starts(tmp_path: Path, body: str, expected: bool):
    linked = program(tmp_path, {"app.py": HEAD + TWO.format(body)})
    one, other = spawns(linked)[0], spawns(linked, "other")[0]
    assert [linked[Parallel].may_meet(one, other), linked[Parallel].may_meet(other, one)] == [expected] * 2


def test_one_kind_of_work_meets_itself_if_there_are_several(tmp_path: Path):
    loop = "def main():\n    for _ in range(3):\n        threading.Thread(target=work).start()\n"
    once = "def main():\n    threading.Thread(target=work).start()\n"
    answers = []
    for number, text in enumerate((loop, once)):
        (tmp_path / str(number)).mkdir()
        linked = program(tmp_path / str(number), {"app.py": HEAD + text})
        answers.append(linked[Parallel].may_meet(spawns(linked)[0], spawns(linked)[0]))
    assert answers == [True, False]


def test_a_thread_is_left_alone_where_nobody_who_started_it_waits(tmp_path: Path):
    for number, end, expected in ((0, "", True), (1, "    t.join()\n", False)):
        (tmp_path / str(number)).mkdir()
        linked = program(tmp_path / str(number), {"app.py": HEAD + STARTED + end})
        assert linked[Parallel].is_left_alone(spawns(linked)[0]) is expected
