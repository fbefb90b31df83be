"""What files said when they were read last, kept by their content from run to run."""

from concurlint.facts.records import Parsed, Trouble
from concurlint.source import SourceFile


class Memory:
    """Records of files, and the troubles of those that nothing had to read; both are right for a content, not a path.

    What no run has asked for in `most` runs is forgotten.
    """

    def __init__(self, most: int = 20) -> None:
        self._most = most
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
        kept = None if source.trouble else self._parsed.get(source.data)
        if kept is None:
            return None
        self._parsed[source.data] = (kept[0], self._run)
        return kept[0]

    def keep(self, source: SourceFile, parsed: Parsed) -> None:
        """Remember what was read, unless the file could not be opened."""
        if not source.trouble:
            self._parsed[source.data] = (parsed, self._run)

    def was_checked(self, source: SourceFile) -> bool:
        """Whether `trouble` knows a file with this content."""
        return not source.trouble and source.data in self._checked

    def trouble(self, source: SourceFile) -> Trouble | None:
        """What was wrong with the content, None where nothing was."""
        found, _ = self._checked[source.data]
        self._checked[source.data] = (found, self._run)
        return found

    def keep_trouble(self, source: SourceFile, trouble: Trouble | None) -> None:
        """Remember that the content was looked at, and what is wrong with it."""
        if not source.trouble:
            self._checked[source.data] = (trouble, self._run)
