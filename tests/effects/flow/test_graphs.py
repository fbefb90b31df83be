"""Graphs of a program: managers that take exceptions and calls that never return, found by what they are."""

from pathlib import Path

import pytest

from concurlint.effects.flow.graphs import Graphs
from tests.linked import program

MANAGERS = """
import contextlib
import threading
from contextlib import contextmanager, suppress as quietly
from unittest import TestCase
import pytest

LOCK = threading.Lock()

class Strict:
    def __enter__(self): ...
    def __exit__(self, kind, error, trace):
        self.left = True
        return False

class Lenient:
    def __enter__(self): ...
    def __exit__(self, kind, error, trace):
        return kind is KeyError

class Same(Lenient):
    pass

class Asynchronous:
    async def __aenter__(self): ...
    async def __aexit__(self, *of):
        return True

@contextmanager
def closing():
    try:
        yield
    finally:
        print("left")

@contextmanager
def reporting():
    try:
        yield
    except ValueError:
        print("caught")

@contextmanager
def renaming():
    try:
        yield
    except ValueError as error:
        raise KeyError from error

@contextmanager
def around():
    with reporting():
        yield

class Case(TestCase):
    def main(self):
        with self.assertRaises(ValueError):
            raise ValueError
        after()
"""


def goes_on(folder: Path, text: str, qualname: str = "main") -> bool:
    """Whether the last call of a function can be come to."""
    found = program(folder, {"app.py": text})
    module = found.project.module("app")
    assert module is not None
    code = next(code for code in module.codes if code.qualname == qualname)
    return max(site.order for site in code.scope.calls) in found[Graphs].of(code).reachable


@pytest.mark.parametrize(
    ("manager", "expected"),
    [
        ("contextlib.suppress(ValueError)", True),
        ("quietly(ValueError)", True),
        ("pytest.raises(ValueError)", True),
        ("LOCK", False),
        ("open('it')", False),
        ("unknown()", False),
        ("Strict()", False),
        ("Lenient()", True),
        ("Same()", True),
        ("closing()", False),
        ("reporting()", True),
        ("renaming()", False),
        ("around()", True),
    ],
)
def test_a_manager_is_known_by_what_it_is(tmp_path: Path, manager: str, expected: bool):
    main = f"def main():\n    with {manager}:\n        raise ValueError\n    after()\n"
    assert goes_on(tmp_path, f"{MANAGERS}\n{main}") is expected


def test_a_method_of_a_library_class_may_give_one(tmp_path: Path):
    assert goes_on(tmp_path, MANAGERS, "Case.main")


def test_an_asynchronous_manager_is_left_by_its_own_method(tmp_path: Path):
    main = "async def main():\n    async with Asynchronous():\n        raise ValueError\n    after()\n"
    assert goes_on(tmp_path, MANAGERS + main)


CALLS = """
import os
import sys
from sys import exit as leave

def fail(why):
    raise ValueError(why)

def fail_later(why):
    if why:
        fail(why)
    else:
        leave(1)

def serve():
    while True:
        print("serving")

def count(limit):
    while True:
        if limit:
            return limit

def again():
    again()

async def stop():
    raise KeyError

def items():
    raise ValueError
    yield

class Shape:
    def area(self):
        raise NotImplementedError
    def broken(self):
        raise ValueError
"""


@pytest.mark.parametrize(
    ("deed", "expected"),
    [
        ("sys.exit(1)", False),
        ("leave(1)", False),
        ("os._exit(1)", False),
        ("os.execv('it', [])", False),
        ("fail('why')", False),
        ("fail_later('why')", False),
        ("serve()", False),
        ("count(3)", True),
        ("again()", True),
        ("await stop()", False),
        ("stop()", True),
        ("items()", True),
        ("Shape().area()", True),
        ("Shape().broken()", False),
        ("unknown()", True),
        ("(fail if deed else count)(1)", True),
    ],
)
def test_nothing_follows_a_call_that_never_returns(tmp_path: Path, deed: str, expected: bool):
    assert goes_on(tmp_path, f"{CALLS}\nasync def main(deed):\n    {deed}\n    after()\n") is expected
