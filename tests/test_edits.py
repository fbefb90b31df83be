"""Quiet edits are told from those that may matter to somebody, and where lines are after them."""

import re

import pytest

from concurlint.edits import Quiet, any_of, has_word, quiet_edit

OLD = b'''"""About trees."""

import math
from threading import Lock

_LOCK = Lock()


class Tree:
    """A plant."""

    def grow(self, by):
        """Makes it higher."""
        with _LOCK:
            self.height += by  # metres
        return math.floor(self.height)


def cut(tree):
    tree.height = 0
'''
ADDED = b"def longer(a, b):\n    both = a.length + b.length\n    return both if both > 1 else None\n\n\n"


def _edit(old: bytes, new: bytes, within: bytes = OLD) -> Quiet | None:
    assert old in within
    return quiet_edit(within, within.replace(old, new, 1))


def test_lines_that_a_comment_pushes_down_are_found_again():
    edit = _edit(b"        with _LOCK", b"        # one at a time\n\n        with _LOCK")
    count = OLD.count(b"\n") + 1
    assert edit == Quiet({n: n + 2 * (n > 13) for n in range(1, count + 1)}, frozenset(), OLD)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"About trees.", b"About\ntrees."),
        (b"Makes it higher.", b"Makes it\n\n        much higher."),
        (b"  # metres", b""),
        (b"  # metres", b"  # feet"),
        (b"_LOCK = Lock()", b"_LOCK = Lock()  # for all"),
        (b"\n\n\ndef cut", b"\n\ndef cut"),
    ],
    ids=["docstring", "docstring inside", "comment gone", "comment changed", "comment added", "blank line gone"],
)
def test_comments_and_docstrings_have_no_words_that_matter(old: bytes, new: bytes):
    edit = _edit(old, new)
    assert edit is not None
    assert edit.words == frozenset()


def test_a_function_that_only_computes_brings_its_words_and_takes_them_away():
    there = OLD.replace(b"def cut", ADDED + b"def cut")
    words = frozenset({"longer", "length"})
    for edit in (quiet_edit(OLD, there), quiet_edit(there, OLD), quiet_edit(there, there.replace(b"> 1", b"> 2"))):
        assert edit is not None
        assert (edit.words, b"length" in edit.rest and edit.rest != OLD) == (words, False)


@pytest.mark.parametrize(
    "function",
    [
        ADDED.replace(b"a.length", b"len(a)"),
        ADDED.replace(b"b.length", b"math.pi"),
        ADDED.replace(b"both", b"math"),
        ADDED.replace(b"def", b"@cut\ndef"),
        ADDED.replace(b"b)", b"b=1)"),
        ADDED.replace(b"b)", b"b: Tree)"),
        ADDED.replace(b"    both = ", b"    a.both = ").replace(b"return both if both", b"return a if a"),
        ADDED.replace(b"longer", b"test_longer"),
        ADDED.replace(b"longer", b"__getattr__"),
        ADDED.replace(b"def", b"async def"),
        ADDED.replace(b"return", b"yield"),
        ADDED.replace(b"length", "länge".encode()),
    ],
)
def test_a_function_that_does_more_may_matter(function: bytes):
    assert _edit(b"def cut", function + b"def cut") is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"with _LOCK:", b"if _LOCK:"),
        (b"+= by", b"+= 1"),
        (b"self.height += by", b"self.height  += by"),
        (b"        return math", b"        if True:\n            return math"),
        (b"  # metres", b"  # noqa: CCL301"),
        (b"A plant.", b"A plant, thread-safe."),
        (b'    """A plant."""\n', b""),
        (b"import math\n", b"import math\r\n"),
        (b"import math\n", b"import math as math\n"),
        (b"def cut(tree):", b"def cut(tree:"),
        (b"def cut(tree):\n", b"def cut(tree):\n    pass\n"),
        (b"_LOCK = Lock()", b"_LOCK = Lock()  # concurlint: ignore"),
    ],
)
def test_all_else_may_matter(old: bytes, new: bytes):
    assert _edit(old, new) is None


def test_a_file_with_names_from_everywhere_may_have_any():
    within = OLD.replace(b"import math", b"from math import *")
    assert _edit(b"def cut", ADDED + b"def cut", within) is None


@pytest.mark.parametrize(
    ("text", "has"),
    [
        (b"x.length\n", True),
        (b"getattr(x, 'length')\n", True),
        (b"__slots__ = 'width length'\n", True),
        (b"from a.length import b\n", True),
        (b"def f():\n    global length\n", True),
        (b"length = = 1\n", True),
        (b"x.lengths = 1  # length\n", False),
        (b"'''The length.'''\n\n\ndef f():\n    '''Its length.'''\n", False),
    ],
)
def test_words_of_code_are_told_from_those_of_prose(text: bytes, has: bool):
    names: re.Pattern[bytes] = any_of(["length", "longer"])
    assert has_word(text, names) is has
