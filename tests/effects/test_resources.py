"""Who owns what a function opens, and which ways on from there leave it open."""

from pathlib import Path
from textwrap import indent

import pytest

from concurlint.effects.resources import Resources
from tests.linked import program

HEAD = "from multiprocessing import Pool\nfrom elsewhere import keep\n\n\ndef work(n):\n    return n\n\n\n"


def left_open(folder: Path, body: str) -> list[str]:
    """What a function with this body leaves open: the name, and the line (of the body) of the gap, 0 for never."""
    text = HEAD + "def main(xs, last):\n" + indent(body, "    ")
    first = HEAD.count("\n") + 1
    found = program(folder, {"app.py": text})[Resources].left_open("terminate")
    return [f"{left.name}:{left.gap.at[0] - first if left.gap else 0}" for left in found]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("pool = Pool()\npool.map(work, xs)\n", ["pool:0"]),
        ("pool = Pool()\npool.map(work, xs)\npool.close()\n", []),
        ("pool = Pool()\nif last:\n    return\npool.close()\n", ["pool:3"]),
        ("pool = Pool()\nif last:\n    pool.close()\n", ["pool:2"]),
        ("pool = Pool()\nif last:\n    pool.close()\nelse:\n    raise ValueError\n", []),
        ("pool = Pool()\nif last:\n    pool.close()\nelse:\n    pool.terminate()\n", []),
        ("pool = None\nif last:\n    pool = Pool()\nif pool:\n    pool.close()\n", []),
        ("pool = Pool()\ntry:\n    return pool.map(work, xs)\nfinally:\n    pool.close()\n", []),
        ("pool = Pool()\ntry:\n    pool.map(work, xs)\n    pool.close()\nexcept Exception:\n    pass\n", ["pool:5"]),
        ("pool = Pool()\ntry:\n    pool.close()\nexcept Exception:\n    pass\n", []),
        ("pool = Pool()\ntry:\n    pool.map(work, xs)\nexcept OSError:\n    return\npool.close()\n", ["pool:5"]),
        ("pool = Pool()\ntry:\n    pool.map(work, xs)\nexcept OSError:\n    pass\npool.close()\n", []),
        ("pool = Pool()\nmatch last:\n    case 1:\n        pool.close()\n    case _:\n        print()\n", ["pool:2"]),
        ("pool = Pool()\nmatch last:\n    case 1:\n        pool.close()\n    case _:\n        pool.terminate()\n", []),
        ("pool = Pool()\nmatch last:\n    case [x]:\n        pool.close()\n", ["pool:4"]),
        ("pool = Pool()\nfor x in xs:\n    if x:\n        break\nelse:\n    pool.close()\n", ["pool:3"]),
        ("pool = Pool()\nfor x in xs:\n    if x:\n        break\npool.close()\n", []),
        ("pool = Pool()\nwhile True:\n    if last:\n        break\n    pool.close()\n    break\n", ["pool:3"]),
        ("pool = Pool()\nwhile True:\n    pool.map(work, xs)\n", []),
        ("pool = Pool() if last else None\nif pool is not None and xs:\n    pool.close()\n", []),
        ("pool = None\nif last:\n    pool = Pool()\npool.close() if last else print()\n", []),
        ("pool = Pool()\nkeep(pool)\n", []),
        ("pool = Pool()\nother = pool\n", []),
        ("pool = Pool()\nreturn [pool]\n", []),
        ("pool = Pool()\n\ndef later():\n    pool.close()\nreturn later\n", []),
        ("with Pool() as pool:\n    return pool.map(work, xs)\n", []),
        ("Pool().map(work, xs)\n", [":0"]),
    ],
)
def test_what_is_left_open_is_what_no_way_closes_and_nobody_else_has(tmp_path: Path, body: str, expected: list[str]):
    assert left_open(tmp_path, body) == expected
