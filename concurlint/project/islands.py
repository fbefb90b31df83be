"""Which files of a project can reach one another by imports: what is apart from the rest is analysed by itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from pathlib import Path
from typing import TypeAlias

from concurlint.project.modules import Project, absolute_name
from concurlint.source import SourceFile

Ties: TypeAlias = Sequence[str]
"""Dotted names of what a file may import or speak of; those of relative imports begin with their dots."""

# Wherever it stands in a line, and in a comment too: two files too many together cost time and nothing else.
_SPACE = rb"(?:[ \t\f]|\\\r?\n)"
_IMPORT = re.compile(
    rb"\bfrom%(s)s*([.\w\x80-\xff]+)%(s)s*import\b%(s)s*(\([^)]*\)|(?:\\\r?\n|[^\n;#])*)"
    rb"|\bimport%(s)s+((?:\\\r?\n|[^\n;#])*)" % {b"s": _SPACE}
)
_QUOTED = re.compile(rb"['\"]([^\W\d]\w*(?:\.\w+)*)['\":]")
_COMMENT = re.compile(rb"#[^\n]*")


def ties_of(data: bytes, first_names: Set[str]) -> Ties:
    """What a file may reach: all that it imports, and strings that begin with one of these names."""
    found = {name for statement in _IMPORT.finditer(data) for name in _imported(*statement.groups())}
    quoted = (text.decode() for text in set(_QUOTED.findall(data)))
    found.update(text for text in quoted if text.partition(".")[0] in first_names)
    return sorted(found)


def _imported(module: bytes | None, names: bytes | None, modules: bytes | None) -> Iterator[str]:
    for part in _COMMENT.sub(b"", names or modules or b"").strip(b"()").replace(b"\\", b" ").split(b","):
        words = part.split()
        if not words:
            continue
        name = words[0].decode(errors="replace")
        if module is not None:
            target = module.decode(errors="replace")
            yield f"{target}{name}" if target.endswith(".") else f"{target}.{name}"
        else:
            yield name
            if len(words) == 1:  # the first of the packages gets a name, and what others import in it is seen too
                yield name.partition(".")[0]


def first_names(files: Iterable[SourceFile]) -> frozenset[str]:
    """What names of modules of the project begin with."""
    return frozenset(name.partition(".")[0] for file in files for name in (file.module, *file.aliases))


def islands(files: Sequence[SourceFile], ties: Iterable[Ties]) -> list[int]:
    """A number for each file; between files of different numbers there is no tie."""
    reached = _Reached(files)
    groups = _Groups(len(files))
    numbers = {file.name: number for number, file in enumerate(files)}
    for number, (file, told) in enumerate(zip(files, ties, strict=True)):
        for other in reached.by(file, told):
            groups.join(number, numbers[other.name])
    return [groups.of(number) for number in range(len(files))]


class _Reached:
    """Finds the files that names lead to; files in one folder see the same."""

    def __init__(self, files: Sequence[SourceFile]) -> None:
        self._project = Project(files, lambda _: None)
        self._known: dict[tuple[str, Path], tuple[SourceFile, ...]] = {}

    def by(self, file: SourceFile, ties: Ties) -> Iterator[SourceFile]:
        """All that is loaded with the file, or by what it says."""
        names = {file.module, *file.aliases}
        for tie in ties:
            relative = tie.lstrip(".")
            names.add(absolute_name(file, relative, len(tie) - len(relative)))
        folder = file.path.parent
        for name in names:
            key = (name, folder)
            if key not in self._known:
                self._known[key] = tuple(self._by_name(name, file))
            yield from self._known[key]

    def _by_name(self, name: str, importer: SourceFile) -> Iterator[SourceFile]:
        """The module of that name with the packages around it; of a package that is only a folder, all below."""
        source = self._project.source(name, importer)
        yield from self._project.below(name, importer) if source is None else (source,)
        while "." in name:
            name = name.rpartition(".")[0]
            source = self._project.source(name, importer)
            if source is not None:
                yield source


class _Groups:
    """Numbers that are joined; each group is known by one of its numbers."""

    def __init__(self, count: int) -> None:
        self._above = list(range(count))

    def of(self, number: int) -> int:
        while self._above[number] != number:
            self._above[number] = number = self._above[self._above[number]]
        return number

    def join(self, one: int, other: int) -> None:
        one, other = self.of(one), self.of(other)
        self._above[max(one, other)] = min(one, other)
