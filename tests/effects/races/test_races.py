"""Races on shared state: whose updates meet, and what keeps them apart."""

from pathlib import Path

import pytest

from concurlint.effects.races.iteration import Iterations
from concurlint.effects.races.updates import Races
from tests.linked import program

HEAD = "import threading\ntotal = 0\n"
LOCK = "A = threading.Lock()\n"
LOOP = "def main():\n    for _ in range(3):\n        threading.Thread(target=work).start()\n"


def updates(folder: Path, text: str) -> list[str]:
    found = program(folder, {"app.py": HEAD + text})[Races].unlocked_updates()
    return sorted(f"{race.touch.code.name}:{race.touch.location.shown}" for race in found)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("total += 1", ["work:total"]),
        ("with A: total += 1", []),
        ("A.acquire(); total += 1; A.release()", []),
        ("A.acquire(); A.release(); total += 1", ["work:total"]),
        ("total = 1", []),
    ],
)
def test_an_update_by_several_threads_needs_a_lock(tmp_path: Path, body: str, expected: list[str]):
    assert (
        updates(tmp_path, f"def work():\n    global total; {body}\n".replace("; with", "\n    with") + LOOP) == expected
    )


BESIDE = """
def work():
    global total
    total += 1
def main():
    global total
    t = threading.Thread(target=work)
    {}
def add():
    global total
    total += 1
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("t.start(); total += 1; t.join()", ["main:total", "work:total"]),
        ("t.start(); t.join(); total += 1", []),
        ("total += 1; t.start(); t.join()", []),
        ("t.start(); add(); t.join()", ["add:total", "work:total"]),
        ("t.start(); t.join(); add()", []),
        ("t.start(); finish(t); add()\ndef finish(t):\n    t.join()", []),
        ("begin(t); add(); t.join()\ndef begin(t):\n    t.start()", ["add:total", "work:total"]),
    ],
    ids=["between", "after", "before", "in a helper", "a helper after", "joined by one", "started by one"],
)
def test_the_starter_races_from_start_to_join_also_by_helpers(tmp_path: Path, body: str, expected: list[str]):
    assert updates(tmp_path, BESIDE.format(body)) == expected


def test_threads_one_after_the_other_do_not_race(tmp_path: Path):
    text = (
        "def work():\n    global total\n    total += 1\n"
        "def main():\n    a = threading.Thread(target=work)\n    b = threading.Thread(target=work)\n    {}\n"
    )
    for number, (body, expected) in enumerate(
        [
            ("a.start(); b.start(); a.join(); b.join()", ["work:total"]),
            ("a.start(); a.join(); b.start(); b.join()", []),
        ]
    ):
        (tmp_path / str(number)).mkdir()
        assert updates(tmp_path / str(number), text.format(body)) == expected


@pytest.mark.parametrize(("lock", "expected"), [("", 1), ("with A:\n        ", 0)])
def test_a_loop_is_disturbed_by_a_change_beside_it(tmp_path: Path, lock: str, expected: int):
    text = (
        f"{LOCK}names = {{}}\n"
        f"def work():\n    {lock}names['a'] = 1\n"
        f"def main():\n    threading.Thread(target=work).start()\n    {lock}show()\n"
        "def show():\n    for name in names: print(name)\n"
    )
    found = program(tmp_path, {"app.py": HEAD + text})[Iterations].disturbed()
    assert len(list(found)) == expected
