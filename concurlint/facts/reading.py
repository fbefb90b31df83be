"""Source files → their records, each file once, and what kept files from being read."""

from collections.abc import Iterable

from concurlint.facts.ahead import Ahead
from concurlint.facts.parsing import Trouble, find_trouble, parse
from concurlint.facts.records import ModuleFacts
from concurlint.source import SourceFile


class Reader:
    """Parses files once and keeps what went wrong by the file's reported name."""

    def __init__(self, ahead: Ahead | None = None) -> None:
        self.troubles: dict[str, Trouble] = {}
        self._ahead = ahead
        self._read: set[str] = set()

    def facts(self, source: SourceFile) -> ModuleFacts | None:
        """The records of a file, None (and a trouble) if it cannot be read or parsed."""
        self._read.add(source.name)
        parsed = (self._ahead.take(source) if self._ahead is not None else None) or parse(source)
        if parsed.trouble is not None:
            self.troubles[source.name] = parsed.trouble
        return parsed.facts

    def expect(self, sources: Iterable[SourceFile]) -> None:
        """Say which files will probably be asked for, so that others can parse them ahead."""
        if self._ahead is not None:
            self._ahead.expect(sources)

    def check_rest(self, sources: Iterable[SourceFile]) -> None:
        """Find what is wrong with files that nothing else had to read."""
        for source in sources:
            trouble = find_trouble(source) if source.name not in self._read else None
            if trouble is not None:
                self.troubles[source.name] = trouble
