"""Paths → source files: which files belong to the project, and the dotted names they are imported by."""

import os
import re
from collections.abc import Container, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

from concurlint.config import Settings, find_project
from concurlint.decoding import decode
from concurlint.documents import Cell, open_document
from concurlint.layout import home_of, is_package, name_all
from concurlint.trouble import UserError
from concurlint.walking import excluded, walk

Unsaved: TypeAlias = Mapping[Path, bytes | None]
"""Absolute paths and what is to be taken for their content; None where no file is to be seen."""
NOTHING_UNSAVED: Unsaved = MappingProxyType({})
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


class SourceError(UserError):
    """A path the user gave cannot be checked; the text is one line."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One Python file as it was read: `module` is its own dotted name, no two files share one.

    `aliases` are other names it may be imported by, from files near it; several files may share one. `data` is what
    is analysed; `shown`, `cells` and `is_notebook` are those of its `Document`.
    """

    path: Path
    name: str
    module: str
    is_package: bool
    asked: bool
    data: bytes
    trouble: str = ""
    aliases: tuple[str, ...] = ()
    shown: bytes | None = None
    cells: tuple[Cell, ...] = ()
    is_notebook: bool = False

    def holding(self, data: bytes) -> "SourceFile":
        """The same file with another content."""
        opened = open_document(self.path, data)
        return replace(
            self,
            data=opened.code,
            shown=opened.shown,
            cells=opened.cells,
            is_notebook=opened.is_notebook,
            trouble=opened.trouble,
        )

    @property
    def text(self) -> str:
        """What reports show of it."""
        data = self.data if self.shown is None else self.shown
        try:
            return decode(data)
        except (SyntaxError, UnicodeDecodeError):
            return data.decode("latin-1")

    def folder_of(self, name: str) -> Path:
        """The folder that must be on `sys.path` for this file to be imported as `name`."""
        return self.path.parents[name.count(".") + self.is_package]


@dataclass(frozen=True, slots=True)
class Sources:
    """All files of the project, sorted by path; those with `asked` are to be reported on.

    `barren` are the paths the user gave that lead to none of these, as they were given.
    """

    root: Path
    files: tuple[SourceFile, ...]
    barren: tuple[Path, ...] = ()


def project_root(paths: Sequence[Path]) -> Path:
    """The folder of the project the paths lie in: pyproject.toml, else repository, else the path itself.

    Paths of several projects have the project around all of them as theirs, else the folder around them.
    """
    homes = sorted({home_of(_absolute(path)) for path in paths})
    if len(homes) == 1:
        return homes[0]
    try:
        common = Path(os.path.commonpath(homes))
    except ValueError:  # two drives
        return homes[0]
    return common if common in homes else find_project(common) or common


def find_sources(paths: Sequence[Path], settings: Settings, unsaved: Unsaved = NOTHING_UNSAVED) -> Sources:
    """The files under `paths`, asked, and the rest of their projects; raises SourceError for a bad path.

    What is `unsaved` counts as if it were on the disk.
    """
    given = [_absolute(path) if _absolute(path) in unsaved else _checked(path) for path in paths]
    root = project_root(given)
    asked: set[str] = set()
    for path in given:
        if path.is_dir():
            asked.update(walk(path, settings))
        elif path.suffix != ".pyi" and not (settings.of(path).force_exclude and _is_excluded(path, settings)):
            asked.add(path.as_posix())
    rest: set[str] = set()
    for home in {home_of(path) for path in given}.difference(given):
        # Around a loose script (in /tmp, in a home folder) only what it can import, not all below.
        loose = find_project(home) is None and not is_package(home)
        rest.update(walk(home, settings, packages_only=loose))
    for path, data in unsaved.items():
        name = path.as_posix()
        if data is None:
            asked.discard(name)
            rest.discard(name)
        elif name not in asked and not _is_excluded(path, settings):
            wanted = any(path == above or path.is_relative_to(above) for above in given)
            (asked if wanted else rest).add(name)
    barren = tuple(path for path, whole in zip(paths, given, strict=True) if not _leads_to(whole, asked))
    return Sources(root, tuple(_read_all(root, sorted(map(Path, asked | rest)), asked, unsaved)), barren)


def lines_of(text: str) -> list[str]:
    """The lines with their ends, as Python counts them: a form feed ends none."""
    return _LINE.findall(text)


def read(path: Path) -> tuple[bytes, str]:
    """The bytes of a file and why they could not be had ("" where they could)."""
    try:
        return path.read_bytes(), ""
    except OSError as error:
        return b"", (error.strerror or str(error)).lower()


def _is_excluded(path: Path, settings: Settings) -> bool:
    return excluded(settings.of(path)).covers(path.as_posix())


def _leads_to(path: Path, asked: Set[str]) -> bool:
    """Whether the path is one of those asked for, or a folder around one."""
    below = path.as_posix().rstrip("/") + "/"
    return path.as_posix() in asked or any(name.startswith(below) for name in asked)


def _absolute(path: Path) -> Path:
    # Not resolved: a linked folder is reported by the name the user gave.
    return Path(os.path.abspath(path))  # noqa: PTH100 - Path.absolute keeps `..`


def _checked(path: Path) -> Path:
    absolute = _absolute(path)
    try:
        if absolute.is_dir():
            os.scandir(absolute).close()
        elif not absolute.is_file():
            what = "neither a file nor a folder" if absolute.exists() else "no such file or folder"
            raise SourceError(f"{what}: {path}")
    except OSError as error:
        raise SourceError(f"cannot look into {path}: {(error.strerror or str(error)).lower()}") from error
    return absolute


def _read_all(root: Path, paths: Sequence[Path], asked: Container[str], unsaved: Unsaved) -> Iterator[SourceFile]:
    names = name_all(root, paths)
    shown = cache(_shown)
    for path in paths:
        module, aliases = names[path]
        name = f"{shown(path.parent)}{path.name}"
        is_asked = path.as_posix() in asked
        written = unsaved.get(path)
        data, trouble = read(path) if written is None else (written, "")
        source = SourceFile(path, name, module, path.stem == "__init__", is_asked, data, trouble, aliases)
        yield source if trouble else source.holding(data)


def shown_path(path: Path) -> str:
    """How reports call the file at an absolute path."""
    return f"{_shown(path.parent)}{path.name}"


def _shown(folder: Path) -> str:
    """The folder as seen from the current one, with `/` after it; "" for the current one."""
    try:
        seen = Path(os.path.relpath(folder)).as_posix()
    except ValueError:  # another drive
        seen = folder.as_posix()
    return "" if seen == "." else f"{seen.rstrip('/')}/"
