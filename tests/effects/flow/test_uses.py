"""Where the object in a local name is used, and whether others get hold of it."""

from pathlib import Path
from textwrap import indent

import pytest

from concurlint.effects.flow.uses import Mentions, is_dropped, mentions_of
from tests.linked import link


def mentions(folder: Path, body: str) -> Mentions:
    """The uses of the name `it` in a function with this body."""
    linked = link(folder, {"app.py": "def main(last):\n" + indent(body, "    ")})
    return mentions_of("it", linked.code("main"))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("it = make()\nit.wait()\n", ["wait"]),
        ("it = make()\nprint(it.out.read())\n", ["out"]),
        ("it = make()\nwith it:\n    it.wait()\n", ["wait", "__enter__"]),
        ("it = make()\nit.limit = 5\n", ["limit"]),
        ("it = make()\nif it is None or not it:\n    return\nit.wait()\n", ["wait"]),
        ("it = make()\n\ndef later():\n    it.close()\n", ["close"]),
        ("it = make()\n\ndef other():\n    it = make()\n    it.close()\n", []),
        ("runs = [it.wait() for it in last]\n", []),
    ],
)
def test_attributes_are_noted_and_nothing_escapes(tmp_path: Path, body: str, expected: list[str]):
    found = mentions(tmp_path, body)
    assert [mention.attr for mention in found.all] == expected
    assert not found.escapes


@pytest.mark.parametrize(
    "body",
    [
        "it = make()\nkeep(it)\n",
        "it = make()\nreturn it\n",
        "it = make()\nother = it\n",
        "it = make()\nif known(it):\n    it.wait()\n",
        "it = make()\n\ndef later():\n    return it\n",
    ],
)
def test_an_object_used_as_a_whole_escapes(tmp_path: Path, body: str):
    assert mentions(tmp_path, body).escapes


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("make()", True),
        ("it = make()", True),
        ("it = make(); print(it)", False),
        ("it = other = make(); print(other)", False),
        ("return make()", False),
        ("it, other = make()", False),
        ("global it; it = make()", False),
        ("it = make()\n    def inner(): return it", False),
    ],
)
def test_a_result_is_dropped_where_nothing_ever_reads_it(tmp_path: Path, body: str, expected: bool):
    code = link(tmp_path, {"app.py": f"def main():\n    {body}\n"}).code("main")
    site = next(site for site in code.scope.calls if getattr(site.call.function, "id", "") == "make")
    assert is_dropped(code, site) is expected
