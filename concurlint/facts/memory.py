"""What files said when they were read last, kept by their content from run to run."""

import hashlib
from contextlib import suppress
from functools import lru_cache

from msgspec import MsgspecError
from msgspec.msgpack import decode as unpack
from msgspec.msgpack import encode as pack

from concurlint.cache.stamp import of_records
from concurlint.cache.store import Kind, Store
from concurlint.facts.encoding import NotRecordsError, decode, encode
from concurlint.facts.records import TOO_DEEP, Parsed, Trouble
from concurlint.source import SourceFile


class Memory:
    """Records of files, and the troubles of those that nothing had to read; both are right for a content, not a path.

    What no run has asked for in `most` runs is forgotten. With a `store`, what is not here may be there; it may be
    another one in each run.
    """

    def __init__(self, most: int = 20, store: Store | None = None) -> None:
        self._most = most
        self.store = store
        self._run = 0
        self._parsed: dict[bytes, tuple[Parsed, int]] = {}
        self._checked: dict[bytes, tuple[Trouble | None, int]] = {}

    def begin(self) -> None:
        """A run begins: forget what has not been of use for long."""
        self._run += 1
        oldest = self._run - self._most
        self._parsed = {data: kept for data, kept in self._parsed.items() if kept[1] >= oldest}
        self._checked = {data: kept for data, kept in self._checked.items() if kept[1] >= oldest}

    def parsed(self, source: SourceFile) -> Parsed | None:
        """What was read in a file with this content; None where none was."""
        if source.trouble:
            return None
        kept = self._parsed.get(source.data)
        parsed = kept[0] if kept is not None else self._stored(source)
        if parsed is not None:
            self._parsed[source.data] = (parsed, self._run)
        return parsed

    def _stored(self, source: SourceFile) -> Parsed | None:
        packed = self.store.get(Kind.FACTS, _key(source.data)) if self.store is not None else None
        try:
            return decode(packed) if packed is not None else None
        except NotRecordsError:
            return None

    def keep(self, source: SourceFile, parsed: Parsed, packed: bytes | None = None) -> None:
        """Remember what was read, unless the file could not be opened; `packed` are the same records encoded."""
        if source.trouble:
            return
        self._parsed[source.data] = (parsed, self._run)
        # Whether a file is nested too deeply depends on how deep the asker is.
        if self.store is not None and not (parsed.trouble is not None and parsed.trouble.message == TOO_DEEP):
            with suppress(RecursionError, UnicodeEncodeError):  # such a file is read anew each time
                self.store.put(Kind.FACTS, _key(source.data), packed or encode(parsed))

    def was_checked(self, source: SourceFile) -> bool:
        """Whether `trouble` knows a file with this content."""
        if source.trouble:
            return False
        if source.data not in self._checked and self.store is not None:
            packed = self.store.get(Kind.TROUBLE, _key(source.data))
            try:
                found = unpack(packed, type=Trouble | None) if packed is not None else None
            except MsgspecError:
                packed = None
            if packed is not None:
                self._checked[source.data] = (found, self._run)
        return source.data in self._checked

    def trouble(self, source: SourceFile) -> Trouble | None:
        """What was wrong with the content, None where nothing was."""
        found, _ = self._checked[source.data]
        self._checked[source.data] = (found, self._run)
        return found

    def keep_trouble(self, source: SourceFile, trouble: Trouble | None) -> None:
        """Remember that the content was looked at, and what is wrong with it."""
        if source.trouble:
            return
        self._checked[source.data] = (trouble, self._run)
        if self.store is not None and (trouble is None or trouble.message != TOO_DEEP):
            self.store.put(Kind.TROUBLE, _key(source.data), pack(trouble))


@lru_cache(maxsize=4096)
def _key(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=20, key=of_records()).digest()
