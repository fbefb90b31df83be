"""Loops that do arithmetic number by number, long enough for NumPy to matter."""

from pathlib import Path

import pytest

from concurlint.effects.loops.arithmetic_loops import ArithmeticLoops
from tests.linked import program


@pytest.mark.parametrize(
    ("loop", "expected"),
    [
        ("for i in range(len(rows)):\n            total += rows[i] * rows[i]", []),
        ("for i in range(n):\n            total += rows[i] * rows[i]", ["work"]),
        ("for i in range(50):\n            total += rows[i] * rows[i]", []),
        ("for i in range(n):\n            total += rows[i] * self.counted[i]", []),
        ("for i in range(n):\n            total += rows[i] * self.plain[i]", ["work"]),
        ("for i in range(n):\n            total += rows[i] * ask(i)", []),
    ],
    ids=["of few items", "of many", "short", "by a property", "by an attribute", "by a call"],
)
def test_arithmetic_on_many_numbers_is_for_arrays(tmp_path: Path, loop: str, expected: list[str]):
    text = f"""import threading
class Table:
    def __init__(self, rows):
        self.plain = rows
    @property
    def counted(self):
        return [row + 1 for row in self.plain]
    def work(self, n, rows):
        total = 0
        {loop}
        return total
"""
    found = program(tmp_path, {"app.py": text})[ArithmeticLoops].all()
    assert [loop.code.name for loop in found] == expected
