"""Loops over numbers as one step over arrays."""

import ast

import pytest

from concurlint.effects.loops.arithmetic import is_arithmetic
from concurlint.effects.loops.vectorize import vector_form


def loop(text: str) -> ast.For:
    """The first statement of the text."""
    found = ast.parse(text).body[0]
    assert isinstance(found, ast.For)
    return found


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("for i in range(len(a)):\n    total += (a[i] - b[i]) ** 2", "total += np.sum((a - b) ** 2)"),
        ("for x in numbers:\n    total += x * x", "total += np.sum(numbers * numbers)"),
        ("for x, y in zip(left, right):\n    total += x * y", "total += np.sum(left * right)"),
        ("for x in self.rows:\n    total += math.sqrt(abs(x))", "total += np.sum(np.sqrt(np.abs(self.rows)))"),
        ("for i in range(n):\n    out[i] = a[i] * 2 + offset", "out = a * 2 + offset"),
        ("for x in numbers:\n    product *= x", "product *= np.prod(numbers)"),
        (
            "for i in range(n):\n  for j in range(n):\n    for k in range(n):\n      r[i][j] += a[i][k] * b[k][j]",
            "a @ b",
        ),
    ],
)
def test_a_plain_loop_has_a_form_with_arrays(text: str, form: str):
    assert vector_form(loop(text)) == form


@pytest.mark.parametrize(
    "text",
    [
        "for i in range(n):\n    out[i] = out[i - 1] + a[i]",
        "for i in range(n):\n    total += i * a[i]",
        "for x in numbers:\n    total += x if x > 0 else 0",
        "for x in numbers:\n    total += weigh(x)",
        "for x in numbers:\n    total += x\n    count += 1",
        "for x, y in pairs:\n    total += x * y",
        "for i in range(n):\n    out[i + 1] = a[i]",
    ],
)
def test_a_loop_that_is_not_plain_has_none(text: str):
    assert vector_form(loop(text)) == ""


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("for x in numbers:\n    total += x * 2", True),
        ("for i in range(n):\n    if a[i] > limit:\n        total += a[i] - limit", True),
        ("for i in range(n):\n    total += math.sin(a[i])", True),
        ("for i in range(n):\n    total += i * i", False),  # a counter alone: no numbers lie anywhere
        ("for word in words:\n    counts[word] = counts.get(word, 0) + 1", False),
        ("for x in numbers:\n    total += weigh(x) * 2", False),
        ("for name in names:\n    text += 'a' + name", False),
        ("for x in numbers:\n    print(x + 1)", False),
        ("for x in numbers:\n    with lock:\n        total += x + 1", False),
        ("for i in range(n):\n    a[i] = b[i]", False),
    ],
)
def test_arithmetic_over_elements_is_told_from_other_loops(text: str, is_one: bool):
    assert is_arithmetic(loop(text)) is is_one
