"""Records ↔ bytes: compact, quick to read, what was shared shared again, and nothing done that the bytes ask for."""

from __future__ import annotations

import sys
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields
from itertools import accumulate, pairwise
from operator import attrgetter
from typing import Any

import msgspec

from concurlint.facts import flow, records, syntax
from concurlint.facts.records import ModuleFacts, Parsed

# Nodes are written in batches: all of one kind that lead to nothing but nodes of earlier batches. Of a class, each
# field is a column. So a batch is read by a handful of calls that run in C, however long it is.
_TUPLE, _LIST, _DICT, _TEXT, _ATOM, _COMPLEX, _LONG, _FLAT_TUPLE, _FLAT_LIST, _FLAT_SET, _COUNTS = range(11)
_FIRST_CLASS = 11
_KINDS_AT_MOST = 64
_PLAIN, _NODE, _PLACE, _WORD = range(4)
_PLACES = frozenset({"at", "statement"})
_WORDS = frozenset({"str", "str | None", "AccessKind", "BindingKind", "ScopeKind"})
_PLAINS = frozenset({"int", "int | None", "bool", "bytes"})
_FLAT = frozenset({int, bool, float, type(None)})
_INTEGER = frozenset({int})
_LONGEST = 1 << 63  # what msgpack has no number for


class NotRecordsError(Exception):
    """The bytes are not what `encode` wrote."""


class _Shape:
    """A class of records, and the columns it is written in."""

    def __init__(self, cls: type[Any]) -> None:
        self.cls = cls
        self.columns = [(field.name, _column(field.name, str(field.type))) for field in fields(cls)]
        self.nodes = _getter([name for name, kind in self.columns if kind == _NODE])


def _column(name: str, declared: str) -> int:
    if name in _PLACES:
        return _PLACE
    if declared in _WORDS or declared.startswith("Literal["):
        return _WORD
    return _PLAIN if declared in _PLAINS else _NODE


def _getter(names: Sequence[str]) -> Callable[[Any], Iterable[Any]]:
    if not names:
        return lambda _: ()
    get = attrgetter(*names)
    return get if len(names) > 1 else lambda record: (get(record),)


def _classes() -> list[type[Any]]:
    """All classes of records, in an order that depends on their names alone."""
    found = {
        cls
        for module in (syntax, records, flow)
        for cls in vars(module).values()
        if isinstance(cls, type) and hasattr(cls, "__dataclass_fields__") and cls is not flow.Graph
    }
    return sorted(found, key=lambda cls: cls.__name__)


_SHAPES = [_Shape(cls) for cls in _classes()]
_KINDS = {shape.cls: number for number, shape in enumerate(_SHAPES, start=_FIRST_CLASS)}
_packer = msgspec.msgpack.Encoder()
_unpacker = msgspec.msgpack.Decoder(list[Any])


def encode(parsed: Parsed) -> bytes:
    """The bytes of what was read in a file.

    Raises RecursionError where that is nested too deeply, and UnicodeEncodeError for half a surrogate pair.
    """
    return zlib.compress(_packer.encode(_Writer().write(parsed)), 1)


def decode(data: bytes) -> Parsed:
    """What `encode` has written; NotRecordsError for anything else."""
    try:
        found = _read(*_unpacker.decode(zlib.decompress(data)))
    except (ValueError, TypeError, LookupError, AttributeError, zlib.error, msgspec.MsgspecError) as error:
        raise NotRecordsError from error
    if not isinstance(found, Parsed) or not isinstance(found.facts, ModuleFacts | None):
        raise NotRecordsError
    return found


class _Writer:
    """Numbers the nodes that are reached from one, those that lead nowhere first."""

    def __init__(self) -> None:
        self._heights: dict[int, int] = {}
        self._batches: dict[int, list[Any]] = defaultdict(list)  # by height and kind in one number
        self._words: dict[str | None, int] = {None: 0}

    def write(self, root: Any) -> list[Any]:
        """The words, and the batches one after the other; the last node is the root."""
        self._visit(root)
        numbers = {id(None): 0}
        batches: list[Any] = []
        for key, nodes in sorted(self._batches.items()):
            batches += (key % _KINDS_AT_MOST, self._columns(key % _KINDS_AT_MOST, nodes, numbers.__getitem__))
            start = len(numbers)
            numbers.update(zip(map(id, nodes), range(start, start + len(nodes)), strict=True))
        return [list(self._words)[1:], batches]

    def _visit(self, node: Any) -> int:
        """The height of a node over those that lead nowhere. Here a cold run's writing spends its time."""
        kind = _KINDS.get(type(node))
        if kind is not None:
            below = _SHAPES[kind - _FIRST_CLASS].nodes(node)
        else:
            kind, below = _other(node)
        heights = self._heights
        height = 0
        for child in below:
            if child is not None:
                child_height = heights.get(id(child))
                if child_height is None:
                    child_height = self._visit(child)
                if child_height >= height:
                    height = child_height + 1
        heights[id(node)] = height
        self._batches[height * _KINDS_AT_MOST + kind].append(node)
        return height

    def _columns(self, kind: int, nodes: Sequence[Any], number: Callable[[int], int]) -> list[Any]:
        if kind >= _FIRST_CLASS:
            return [self._column(*column, nodes, number) for column in _SHAPES[kind - _FIRST_CLASS].columns]
        if kind in (_TUPLE, _LIST):
            return [list(map(len, nodes)), [number(id(item)) for node in nodes for item in node]]
        if kind == _DICT:
            values = [number(id(item)) for node in nodes for item in node.values()]
            return [list(map(len, nodes)), self._numbered(key for node in nodes for key in node), values]
        if kind == _COUNTS:
            counts = [count for node in nodes for count in node.values()]
            return [list(map(len, nodes)), self._numbered(key for node in nodes for key in node), counts]
        if kind == _FLAT_SET:
            return [self._numbered(sorted(node)) for node in nodes]
        if kind == _TEXT:
            return self._numbered(nodes)
        if kind == _COMPLEX:
            return [(node.real, node.imag) for node in nodes]
        return [hex(node) for node in nodes] if kind == _LONG else list(nodes)

    def _column(self, name: str, kind: int, nodes: Sequence[Any], number: Callable[[int], int]) -> list[Any]:
        cells = map(attrgetter(name), nodes)
        if kind == _NODE:
            return list(map(number, map(id, cells)))
        if kind == _PLACE:
            return list(map(list, zip(*cells, strict=True)))
        return self._numbered(cells) if kind == _WORD else list(cells)

    def _numbered(self, words: Iterable[str | None]) -> list[int]:
        known = self._words
        return [known.setdefault(word, len(known)) for word in words]


def _other(node: Any) -> tuple[int, Iterable[Any]]:
    """The kind of what is no record, and the nodes it leads to."""
    if isinstance(node, (tuple, list)):
        flat, deep = (_FLAT_TUPLE, _TUPLE) if isinstance(node, tuple) else (_FLAT_LIST, _LIST)
        return (flat, ()) if _FLAT.issuperset(map(type, node)) else (deep, node)
    if isinstance(node, dict):
        return (_COUNTS, ()) if _INTEGER.issuperset(map(type, node.values())) else (_DICT, node.values())
    if isinstance(node, (set, str)):
        return _FLAT_SET if isinstance(node, set) else _TEXT, ()
    if isinstance(node, complex):
        return _COMPLEX, ()
    return _LONG if type(node) is int and not -_LONGEST <= node < _LONGEST else _ATOM, ()


def _read(words: Sequence[str], batches: Sequence[Any]) -> Any:
    word = [None, *map(sys.intern, words)].__getitem__
    nodes: list[Any] = [None]
    rest = iter(batches)
    for kind, columns in zip(rest, rest, strict=True):
        if kind >= _FIRST_CLASS:
            shape = _SHAPES[kind - _FIRST_CLASS]
            cells = [
                _cells(column, of, nodes.__getitem__, word)
                for column, (_, of) in zip(columns, shape.columns, strict=True)
            ]
            nodes += map(shape.cls, *cells)
        else:
            nodes += _others(kind, columns, nodes.__getitem__, word)
    return nodes[-1]


def _cells(column: Any, kind: int, node: Callable[[int], Any], word: Callable[[int], str | None]) -> Iterable[Any]:
    if kind == _NODE:
        return map(node, column)
    if kind == _PLACE:
        return zip(*column, strict=True)
    return map(word, column) if kind == _WORD else column


def _others(kind: int, columns: Any, node: Callable[[int], Any], word: Callable[[int], str | None]) -> Iterable[Any]:
    if kind in (_TUPLE, _LIST):
        items = list(map(node, columns[1]))
        cut = (items[start:end] for start, end in _cuts(columns[0]))
        return map(tuple, cut) if kind == _TUPLE else list(cut)
    if kind in (_DICT, _COUNTS):
        values = list(map(node, columns[2])) if kind == _DICT else columns[2]
        pairs = list(zip(map(word, columns[1]), values, strict=True))
        return [dict(pairs[start:end]) for start, end in _cuts(columns[0])]
    if kind == _FLAT_TUPLE:
        return map(tuple, columns)
    if kind == _FLAT_SET:
        return [set(map(word, each)) for each in columns]
    if kind == _TEXT:
        return map(word, columns)
    if kind == _COMPLEX:
        return [complex(*each) for each in columns]
    return [int(each, 16) for each in columns] if kind == _LONG else columns


def _cuts(lengths: Iterable[int]) -> Iterator[tuple[int, int]]:
    return pairwise(accumulate(lengths, initial=0))
