"""What is read, what is mended, and what only Python itself reads."""

from pathlib import Path

import pytest

from concurlint.facts.parsing import parse
from concurlint.facts.reading import find_trouble
from concurlint.facts.records import Trouble
from concurlint.source import SourceFile

ONLY_PYTHONS = "class A(metaclass=type, *[object]):\n    pass\n"


def source(text: str) -> SourceFile:
    return SourceFile(Path("/a.py"), "a.py", "a", False, True, text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "+".join(["a"] * 600) + "\n",
        "x = a" + ".b()" * 300 + "\n",
        "if a:\n    pass\n" + "elif b:\n    pass\n" * 600,
    ],
    ids=["sum", "chain", "cascade"],
)
def test_what_is_nested_deeper_than_the_stack_allows_is_read_with_a_larger_one(text: str) -> None:
    assert parse(source(text)).trouble is None


@pytest.mark.parametrize(
    "text", ["x = 1\n\f\ny = 2\n", "def f():\n    x = 1\n\f    return x\n", "class A:\n    \f\n    x = 1\n"]
)
def test_form_feeds_are_no_trouble(text: str) -> None:
    assert parse(source(text)).trouble is None


def test_what_only_python_reads_is_told_apart_from_what_nobody_reads() -> None:
    valid, broken = parse(source(ONLY_PYTHONS)).trouble, parse(source("class A(:\n")).trouble
    assert valid is not None
    assert valid.is_valid
    assert broken == Trouble("cannot be parsed: invalid syntax", 1, 9)


def test_what_compiles_is_no_trouble_where_nothing_else_reads_it() -> None:
    assert find_trouble(source(ONLY_PYTHONS)) is None
