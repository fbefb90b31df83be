"""Where a symbol lies in an ELF file: just enough to find CPython's state in a running process."""

import mmap
import struct
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_SECTION = struct.Struct("<IIQQQQIIQQ")
_SEGMENT = struct.Struct("<IIQQQQQQ")
_SYMBOL = struct.Struct("<IBBHQQ")
_LOADED = 1
_SYMBOL_TABLES = (11, 2)
"""The dynamic linker's table is there even when the file is stripped, so it is looked at first."""


class Symbol(NamedTuple):
    """`offset` counts from where the file's first byte is mapped."""

    offset: int
    size: int


def find_symbol(path: str, name: str) -> Symbol | None:
    """The symbol defined under this name; None if there is none, or the file is no 64-bit little-endian ELF."""
    try:
        stat = Path(path).stat()
        return _find(path, name, (stat.st_dev, stat.st_ino, stat.st_mtime_ns))
    except (OSError, ValueError, struct.error):
        return None


@lru_cache(maxsize=64)
def _find(path: str, name: str, _version: tuple[int, int, int]) -> Symbol | None:
    with Path(path).open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if data[:6] != b"\x7fELF\x02\x01":
            return None
        header = _HEADER.unpack_from(data)
        segments_at, sections_at, segments, sections = header[5], header[6], header[10], header[12]
        loaded = (_SEGMENT.unpack_from(data, segments_at + i * _SEGMENT.size) for i in range(segments))
        first = min((entry[3] for entry in loaded if entry[0] == _LOADED), default=0)
        tables = [_SECTION.unpack_from(data, sections_at + i * _SECTION.size) for i in range(sections)]
        for kind in _SYMBOL_TABLES:
            for table in tables:
                if table[1] == kind:
                    found = _find_in(data, table, tables[table[6]], name)
                    if found:
                        return Symbol(found.offset - first, found.size)
    return None


def _find_in(data: mmap.mmap, table: tuple[int, ...], strings: tuple[int, ...], name: str) -> Symbol | None:
    texts = data[strings[4] : strings[4] + strings[5]]
    starts = set()
    at = texts.find(wanted := name.encode() + b"\0")
    while at >= 0:
        starts.add(at)
        at = texts.find(wanted, at + 1)
    symbols = data[table[4] : table[4] + table[5] // _SYMBOL.size * _SYMBOL.size]
    for text, _, _, section, value, size in _SYMBOL.iter_unpack(symbols):
        if text in starts and section:
            return Symbol(value, size)
    return None
