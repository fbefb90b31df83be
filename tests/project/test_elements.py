"""What is inside things: elements of containers, of generators, of what annotations promise."""

from pathlib import Path

import pytest

from tests.linked import link

MADE = """
import asyncio
import queue
from collections import defaultdict, deque


class One:
    pass


class Two:
    pass


def each():
    yield One()
    yield Two()


"""


def here(tmp_path: Path, text: str) -> str:
    return link(tmp_path, {"app.py": MADE + text}).here()


@pytest.mark.parametrize(
    ("iterable", "expected"),
    [
        ("[One(), Two()]", "<app.One> | <app.Two>"),
        ("(One(), One())", "<app.One>"),
        ("{One()}", "<app.One>"),
        ("[One() for _ in range(3)]", "<app.One>"),
        ("{One() for _ in range(3)}", "<app.One>"),
        ("(One() for _ in range(3))", "<app.One>"),
        ("[One()] * 4", "<app.One>"),
        ("list([One()])", "<app.One>"),
        ("sorted({One()})", "<app.One>"),
        ("reversed([One()])", "<app.One>"),
        ("[*[One()], Two()]", "<app.Two> | ?"),
        ("each()", "<app.One> | <app.Two>"),
        ("{1: One()}.values()", "<app.One>"),
        ("unknown()", "?"),
        ("range(3)", "<builtins.int>"),
    ],
)
def test_iteration_gives_what_was_put_in(tmp_path: Path, iterable: str, expected: str):
    assert here(tmp_path, f"for here in {iterable}:\n    pass\n") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("for _, here in enumerate([One()]):\n    pass", "<app.One>"),
        ("for here, _ in zip([One()], [Two()]):\n    pass", "<app.One>"),
        ("for _, here in zip([One()], [Two()]):\n    pass", "<app.Two>"),
        ("for here, _ in [(One(), 1), (Two(), 2)]:\n    pass", "<app.One> | <app.Two>"),
        ("for _, here in {1: One()}.items():\n    pass", "<app.One>"),
        ("here, _ = [One(), Two()]", "<app.One>"),
        ("_, here = (One(), Two())", "<app.Two>"),
    ],
)
def test_unpacking_takes_the_right_part(tmp_path: Path, text: str, expected: str):
    assert here(tmp_path, text) == expected


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("[One(), Two()][0]", "<app.One>"),
        ("[One(), Two()][1]", "<app.Two>"),
        ("[One(), Two()][-1]", "<app.Two>"),
        ("[One(), Two()][n]", "<app.One> | <app.Two>"),
        ("[One(), Two()][1:]", "list"),
        ("{'a': One(), 'b': Two()}['a']", "<app.One>"),
        ("{'a': One(), 'b': Two()}[n]", "<app.One> | <app.Two>"),
        ("list[One]", "builtins.list"),
    ],
)
def test_a_subscription_gives_the_very_element_where_the_index_is_known(tmp_path: Path, item: str, expected: str):
    assert here(tmp_path, f"here = {item}\n") == expected


@pytest.mark.parametrize(
    "fill",
    [
        "things = []\nthings.append(One())",
        "things = []\nthings.insert(0, One())",
        "things = set()\nthings.add(One())",
        "things = deque()\nthings.appendleft(One())",
        "things = list()\n\ndef more():\n    things.append(One())",
        "things = {}\nthings['a'] = One()",
    ],
)
def test_what_is_added_later_is_inside_too(tmp_path: Path, fill: str):
    use = "here = things['a']" if "{}" in fill else "for here in things:\n    pass"
    assert here(tmp_path, f"{fill}\n\n{use}\n").removesuffix(" | ?") == "<app.One>"


def test_what_one_method_adds_another_finds(tmp_path: Path):
    text = """
class Pool:
    def __init__(self):
        self.things = []
        self.by_name = {}

    def add(self, name):
        self.things.append(One())
        self.by_name[name] = Two()

    def use(self, name):
        for here in self.things:
            pass
        here = self.by_name[name]
"""
    assert here(tmp_path, text) == "<app.One>\n<app.Two>"


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        ("list[One]", "<app.One>"),
        ("'list[One]'", "<app.One>"),
        ("Sequence[One]", "<app.One>"),
        ("tuple[One, ...]", "<app.One>"),
        ("deque[One]", "<app.One>"),
        ("Iterable['One']", "<app.One>"),
        ("list[One | Two]", "<app.One> | <app.Two>"),
        ("list", "?"),
    ],
)
def test_an_annotation_says_what_is_inside(tmp_path: Path, annotation: str, expected: str):
    text = f"def f(things: {annotation}):\n    for here in things:\n        pass\n"
    assert here(tmp_path, "from collections.abc import Iterable, Sequence\n\n\n" + text) == expected


def test_an_annotated_dict_says_what_its_values_are(tmp_path: Path):
    assert here(tmp_path, "def f(things: dict[str, One]):\n    here = things['a']\n") == "<app.One>"


def test_a_container_passed_to_a_function_keeps_its_elements(tmp_path: Path):
    text = "def f(things):\n    for here in things:\n        pass\n\n\nf([One()])\n"
    assert here(tmp_path, text) == "<app.One>"


def test_a_container_that_holds_itself_is_no_trouble(tmp_path: Path):
    assert here(tmp_path, "things = [One()]\nthings.append(things)\nthings = things[0]\nhere = things[0]\n")


def test_comprehension_names_are_elements_of_what_they_run_over(tmp_path: Path):
    text = "things = [One()]\nmore = [thing for thing in things]\nfor here in more:\n    pass\n"
    assert here(tmp_path, text) == "<app.One>"
