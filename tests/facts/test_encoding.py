"""Records written down and read back: the same, shared where they were shared; anything else is told apart."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from concurlint.facts.encoding import NotRecordsError, decode, encode
from concurlint.facts.parsing import parse
from concurlint.facts.records import Parsed
from concurlint.source import SourceFile

_ROOT = Path(__file__).parents[2]
_FILES = sorted((_ROOT / "concurlint").rglob("*.py"))[::9] + sorted((_ROOT / "fixtures").rglob("*.py"))[::5]
_ODD = b"""
import a.b, c as d
x = 1j, 1 << 99, 123456789012345678901234567890, -0.5, None, True, b"\\xff", "\xc3\xa9", ...
def f(*, a: int = 1, **k) -> None:
    global x
    for i, (j, *_) in enumerate(k):
        with open(a) as g, lock:
            x += yield f"{i!r:>{a}}"
    return [lambda y: y[1:2, ::3] for y in k if y if not a < i <= 3] and {**k, 1: 2}
"""


def _drawn(root: object) -> list[Any]:
    """Everything that is reached from a record, in order; what was there before is named by its number."""
    numbers: dict[int, int] = {}
    drawn: list[Any] = []

    def draw(node: Any) -> None:
        if isinstance(node, (str, int, float, complex, bytes, set, type(None))):
            drawn.append((type(node), node))
        elif isinstance(node, tuple) and all(type(item) in (int, str) for item in node):
            drawn.append(node)
        elif id(node) in numbers:
            drawn.append(("again", numbers[id(node)]))
        else:
            numbers[id(node)] = len(numbers)
            drawn.append(type(node))
            if isinstance(node, dict):
                drawn.append(list(node))
                below = list(node.values())
            else:
                is_row = isinstance(node, (tuple, list))
                below = list(node) if is_row else [getattr(node, field.name) for field in fields(node)]
            drawn.append(len(below))
            for each in below:
                draw(each)

    draw(root)
    return drawn


def _parsed(data: bytes) -> Parsed:
    return parse(SourceFile(Path("/p/m.py"), "m.py", "m", False, True, data))


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.relative_to(_ROOT).as_posix())
def test_what_was_written_is_read_back_with_all_its_sharing(path: Path) -> None:
    parsed = _parsed(path.read_bytes())
    if rb"\ud800" in path.read_bytes():  # half a pair of surrogates, which no bytes stand for
        with pytest.raises(UnicodeEncodeError):
            encode(parsed)
        return
    assert _drawn(decode(encode(parsed))) == _drawn(parsed)


def test_every_kind_of_literal_comes_back_as_it_was() -> None:
    parsed = _parsed(_ODD)
    assert parsed.facts is not None
    assert _drawn(decode(encode(parsed))) == _drawn(parsed)


def test_a_file_that_cannot_be_parsed_comes_back_with_its_trouble() -> None:
    parsed = _parsed(b"def f(:\n")
    assert decode(encode(parsed)).trouble == parsed.trouble
    assert parsed.trouble is not None


def test_the_same_records_are_the_same_bytes() -> None:
    assert encode(_parsed(_ODD)) == encode(_parsed(_ODD))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_other_bytes_are_told_apart(data: bytes) -> None:
    with pytest.raises(NotRecordsError):
        decode(data)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_damaged_bytes_are_told_apart(data: st.DataObject) -> None:
    whole = encode(_parsed(_ODD))
    # The first two bytes tell how hard zlib has tried, which may be another thing and changes nothing.
    place = data.draw(st.integers(2, len(whole) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != whole[place]))
    with pytest.raises(NotRecordsError):
        decode(whole[:place] + bytes([other]) + whole[place + 1 :])
    with pytest.raises(NotRecordsError):
        decode(whole[:place])
