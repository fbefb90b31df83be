"""Source files → their records, each file once, and what kept files from being read."""

import ast
import gc
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from concurlint.decoding import decode as decode_text
from concurlint.facts.ahead import Ahead
from concurlint.facts.encoding import decode
from concurlint.facts.memory import Memory
from concurlint.facts.records import ModuleFacts, Parsed, Trouble
from concurlint.source import SourceFile


@contextmanager
def collection_paused() -> Iterator[None]:
    """The cyclic garbage collector switched off: parsing makes millions of objects that all stay."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


class Reader:
    """Parses files once and keeps what went wrong by the file's reported name; a `memory` of earlier runs helps.

    `opened` are the names of the files whose records were asked for.

    With `keep` the records stay too, for several that ask for the same file. `read` is called after each file.
    """

    def __init__(
        self,
        ahead: Ahead | None = None,
        memory: Memory | None = None,
        *,
        keep: bool = False,
        read: Callable[[], None] = lambda: None,
    ) -> None:
        self._told = read
        self.troubles: dict[str, Trouble] = {}
        self._kept: dict[str, ModuleFacts | None] | None = {} if keep else None
        self._ahead = ahead
        self._memory = memory
        self.opened: set[str] = set()

    def facts(self, source: SourceFile) -> ModuleFacts | None:
        """The records of a file, None (and a trouble) if it cannot be read or parsed."""
        if self._kept is not None and source.name in self._kept:
            return self._kept[source.name]
        self.opened.add(source.name)
        parsed = self._parsed(source)
        if parsed.trouble is not None:
            self.troubles[source.name] = parsed.trouble
        if self._kept is not None:
            self._kept[source.name] = parsed.facts
        self._told()
        return parsed.facts

    def _parsed(self, source: SourceFile) -> Parsed:
        known = self._memory.parsed(source) if self._memory is not None else None
        if known is not None:
            return known
        packed = self._ahead.take(source) if self._ahead is not None else None
        parsed = decode(packed) if packed is not None else _parse(source)
        if self._memory is not None:
            self._memory.keep(source, parsed, packed)
        return parsed

    def expect(self, sources: Iterable[SourceFile]) -> None:
        """Say which files will probably be asked for, so that others can parse them ahead."""
        if self._ahead is not None:
            memory = self._memory
            self._ahead.expect(s for s in sources if memory is None or memory.parsed(s) is None)

    def check_rest(self, sources: Iterable[SourceFile]) -> None:
        """Find what is wrong with files that nothing else had to read."""
        for source in sources:
            trouble = self._trouble(source) if source.name not in self.opened else None
            self._told()
            if trouble is not None:
                self.troubles[source.name] = trouble

    def _trouble(self, source: SourceFile) -> Trouble | None:
        if self._memory is None:
            return find_trouble(source)
        if not self._memory.was_checked(source):
            self._memory.keep_trouble(source, find_trouble(source))
        return self._memory.trouble(source) if not source.trouble else find_trouble(source)


def find_trouble(source: SourceFile) -> Trouble | None:
    """What is wrong with a file that nothing else has to read.

    Python's own parser is ten times as fast, so it sorts out the good ones; LibCST has the last word.
    """
    if source.trouble:
        return Trouble(source.trouble)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(decode_text(source.data))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return _parse(source).trouble
    return None


def _parse(source: SourceFile) -> Parsed:
    from concurlint.facts.parsing import parse  # LibCST is slow to load, and a run may need none of it

    return parse(source)
