"""Tests whose answer may be old by the time that something is done because of it."""

from pathlib import Path

import pytest

from concurlint.effects.accesses import StateAccesses
from concurlint.effects.races.check_then_act import ChecksThenActs
from tests.linked import program

HEAD = "import os, threading\nkept = {}\nlines = []\nlock = threading.Lock()\n"


@pytest.mark.parametrize(
    ("work", "expected"),
    [
        ("if key not in kept:\n        kept[key] = make(key)", [("work", "kept")]),
        ("with lock:\n        if key not in kept:\n            kept[key] = make(key)", []),
        ("if key not in kept:\n        with lock:\n            kept[key] = make(key)", [("work", "kept")]),
        ("if lines:\n        lines.pop()", [("work", "lines")]),
        ("if key:\n        lines.pop()", []),
        ("if key not in kept:\n        put(key)\ndef put(key):\n    kept[key] = make(key)", [("work", "kept")]),
        ("own = {}\n    if key not in own:\n        own[key] = make(key)", []),
    ],
    ids=["store", "locked", "half locked", "pop", "asks for something else", "in a helper", "its own"],
)
def test_what_is_done_because_of_a_test_needs_the_lock_of_the_test(
    tmp_path: Path, work: str, expected: list[tuple[str, str]]
):
    text = f"""{HEAD}def make(key):
    return [key]
def work(key):
    {work}
def main(names):
    for _ in range(3):
        threading.Thread(target=work, args=('a',)).start()
"""
    linked = program(tmp_path, {"app.py": text})
    touches = [touch for code in linked.graph.edges for touch in linked[StateAccesses].touches(code)]
    found = [linked[ChecksThenActs].at(touch) for touch in touches]
    assert [(check.code.name, check.shown) for check in found if check is not None] == expected


@pytest.mark.parametrize(
    ("work", "expected"),
    [
        ("if not os.path.exists(path):\n        os.mkdir(path)", ["work"]),
        ("os.makedirs(path, exist_ok=True)", []),
        ("if not os.path.exists(path):\n        print(path)", []),
    ],
    ids=["makes it", "asks nothing", "makes nothing"],
)
def test_a_file_may_be_there_by_the_time_that_it_is_made(tmp_path: Path, work: str, expected: list[str]):
    text = f"""{HEAD}def work(path):
    {work}
def main():
    for _ in range(3):
        threading.Thread(target=work, args=('/srv/a',)).start()
"""
    linked = program(tmp_path, {"app.py": text})
    found = [check for code in linked.graph.edges for check in linked[ChecksThenActs].about_paths(code)]
    assert [check.code.name for check in found] == expected
