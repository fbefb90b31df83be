"""Which files of a project are analysed together; runs that follow know it again as long as no import has changed."""

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from concurlint.answers import places
from concurlint.cache.stamp import of_answers
from concurlint.cache.store import Kind, Store
from concurlint.source import SourceFile

if TYPE_CHECKING:
    from concurlint.project.islands import Ties

_of_names = msgspec.msgpack.Decoder(list[str])
_of_numbers = msgspec.msgpack.Decoder(list[int])


def groups(files: Sequence[SourceFile], store: Store | None) -> list[set[str]]:
    """The names of the files that can reach one another, group by group."""
    from concurlint.project.islands import first_names

    names = first_names(files)
    numbers = _numbers(files, names) if store is None else _Known(store, names).numbers(files)
    found: dict[int, set[str]] = {}
    for source, number in zip(files, numbers, strict=True):
        found.setdefault(number, set()).add(source.name)
    return list(found.values())


def _numbers(files: Sequence[SourceFile], first_names: frozenset[str]) -> list[int]:
    from concurlint.project.islands import islands, ties_of

    return islands(files, (ties_of(source.data, first_names) for source in files))


class _Known:
    """Looks up what runs before have left, and leaves what was new."""

    def __init__(self, store: Store, first_names: frozenset[str]) -> None:
        self._store = store
        self._first_names = first_names
        said = "\0".join(sorted(first_names)).encode("utf-8", "surrogatepass")
        self._begun = hashlib.blake2b(said, digest_size=20, key=of_answers(store))

    def numbers(self, files: Sequence[SourceFile]) -> list[int]:
        """The number of each file's group."""
        from concurlint.project.islands import islands

        packed = [self._ties(source) for source in files]
        whole = self._begun.copy()
        for part in (*packed, *places(files)):
            whole.update(len(part).to_bytes(8, "little"))
            whole.update(part)
        kept = self._store.get(Kind.ISLANDS, whole.digest())
        try:
            found = _of_numbers.decode(kept) if kept is not None else []
        except msgspec.MsgspecError:
            found = []
        if len(found) != len(files):
            found = islands(files, map(self._unpacked, packed, files))
            self._store.put(Kind.ISLANDS, whole.digest(), msgspec.msgpack.encode(found))
        return found

    def _ties(self, source: SourceFile) -> bytes:
        content = self._begun.copy()
        content.update(source.data)
        kept = self._store.get(Kind.TIES, content.digest())
        if kept is not None:
            return kept
        packed = msgspec.msgpack.encode(self._read(source))
        self._store.put(Kind.TIES, content.digest(), packed)
        return packed

    def _unpacked(self, packed: bytes, source: SourceFile) -> "Ties":
        try:
            return _of_names.decode(packed)
        except msgspec.MsgspecError:
            return self._read(source)

    def _read(self, source: SourceFile) -> "Ties":
        from concurlint.project.islands import ties_of

        return ties_of(source.data, self._first_names)
