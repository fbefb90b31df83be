"""Numbers that are known before a run, and what they say of lengths."""

from pathlib import Path

import pytest

from concurlint.effects.cost.estimates import StatedEstimates
from concurlint.effects.cost.numbers import number
from tests.linked import link, program


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7", 7.0),
        ("10 ** 3", 1000.0),
        ("2 * N", 20.0),
        ("N - 1", 9.0),
        ("unknown", None),
        ("len(items)", None),
    ],
)
def test_a_number_is_worked_out_from_what_is_written(tmp_path: Path, text: str, expected: float | None):
    linked = link(tmp_path, {"app.py": f"N = 10\ndef main(unknown, items):\n    use({text})\n"})
    code = linked.code("main")
    assert number(code.scope.calls[-1].call.arguments[0].value, code, linked.evaluator, {}) == expected


@pytest.mark.parametrize(
    ("iterable", "expected"),
    [("range(50)", 50.0), ("range(10, 50, 4)", 10.0), ("[1, 2, 3]", 3.0), ("'abcd'", 4.0), ("[0] * 90", 90.0)],
)
def test_a_loop_turns_as_often_as_there_are_items(tmp_path: Path, iterable: str, expected: float):
    linked = program(tmp_path, {"app.py": f"import threading\ndef main():\n    for x in {iterable}:\n        x + 1\n"})
    code = next(code for code in linked.graph.edges if code.name == "main")
    [loop] = code.scope.loops
    assert loop.iterable is not None
    assert linked[StatedEstimates].items(loop.iterable, code) == expected
