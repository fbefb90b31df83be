"""Methods that syntax and builtins run are calls like any other."""

from pathlib import Path

import pytest

from tests.linked import link

BOX = """
class Box:
    def __new__(cls): return object.__new__(cls)
    def __enter__(self): return self
    def __exit__(self, *error): ...
    def __aenter__(self): ...
    def __iter__(self): return self
    def __next__(self): ...
    def __getitem__(self, key): ...
    def __setitem__(self, key, value): ...
    def __delitem__(self, key): ...
    def __contains__(self, key): ...
    def __len__(self): return 0


class Registry(type):
    def __call__(cls): return super().__call__()


class Kept(metaclass=Registry): ...


box = Box()
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("with box: ...", ["__enter__", "__exit__"]),
        ("for x in box: ...", ["__iter__", "__next__"]),
        ("[x for x in box]", ["__iter__", "__next__"]),
        ("box[1]", ["__getitem__"]),
        ("box[1] = 2", ["__setitem__"]),
        ("box[1] += 2", ["__getitem__", "__setitem__"]),
        ("del box[1]", ["__delitem__"]),
        ("if 1 in box: ...", ["__contains__"]),
        ("return 1 not in box", ["__contains__"]),
        ("len(box)", ["__len__"]),
        ("sorted(box)", ["__iter__", "__next__"]),
        ("next(box)", ["__next__"]),
        ("Box()", ["__new__"]),
        ("Kept()", ["__call__"]),
        ("print(box)", []),
        ("other = [1]\n    other[0]", []),
    ],
)
def test_syntax_and_builtins_run_the_methods_of_an_object(tmp_path: Path, body: str, expected: list[str]):
    linked = link(tmp_path, {"app.py": BOX + f"\n\ndef main():\n    {body}\n"})
    edges = linked.graph.edges[linked.code("main")]
    assert sorted(edge.callee.name for edge in edges) == expected
