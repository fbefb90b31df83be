"""What is whole only as long as there is a GIL: changes in one step, and iterators that several threads advance."""

from pathlib import Path

import pytest

from concurlint.effects.races.gil import GilReliance
from tests.linked import program

HEAD = "import threading\nlines = []\nlock = threading.Lock()\n"
MAIN = "def main():\n    for _ in range(3):\n        threading.Thread(target=work).start()\n"


@pytest.mark.parametrize(
    ("work", "expected"),
    [
        ("lines.insert(0, 'a')", [("lines", "builtins.list.insert")]),
        ("lines.pop(0)", [("lines", "builtins.list.pop")]),
        ("lines.append('a')", []),
        ("with lock:\n        lines.insert(0, 'a')", []),
        ("own = []\n    own.insert(0, 'a')", []),
        ("lines.pop()", []),
    ],
)
def test_a_change_of_several_steps_is_torn_without_the_gil(tmp_path: Path, work: str, expected: list[tuple[str, str]]):
    found = program(tmp_path, {"app.py": f"{HEAD}def work():\n    {work}\n{MAIN}"})[GilReliance].torn_changes()
    assert [(torn.touch.location.shown, torn.method) for torn in found] == expected


@pytest.mark.parametrize(
    ("made", "work", "expected"),
    [
        ("numbers = iter([1, 2])", "next(numbers)", [("numbers", False)]),
        ("numbers = (n for n in [1, 2])", "for n in numbers:\n        print(n)", [("numbers", True)]),
        ("numbers = iter([1, 2])", "with lock:\n        next(numbers)", []),
        ("numbers = [1, 2]", "for n in numbers:\n        print(n)", []),
        ("", "numbers = iter([1, 2])\n    next(numbers)", []),
    ],
    ids=["iterator", "generator", "locked", "list", "its own"],
)
def test_threads_advance_one_iterator(tmp_path: Path, made: str, work: str, expected: list[tuple[str, bool]]):
    text = f"{HEAD}{made}\ndef work():\n    {work}\n{MAIN}"
    found = program(tmp_path, {"app.py": text})[GilReliance].borrowed_iterators()
    assert [(borrowed.shown, borrowed.is_generator) for borrowed in found] == expected
