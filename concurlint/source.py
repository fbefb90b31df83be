"""Paths → source files: which files belong to the project, and the dotted names they are imported by."""

import io
import os
import sys
import tokenize
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pathspec import GitIgnoreSpec

from concurlint.config import Config, find_project, globs
from concurlint.trouble import UserError

PYTHON_SUFFIXES = (".py", ".pyw")

# Never a part of the project, by name alone.
_FOREIGN = frozenset(
    {".venv", ".tox", ".nox", ".eggs", ".git", ".hg", ".svn", ".bzr", ".direnv", ".pixi"}
    | {"__pycache__", "__pypackages__", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis"}
    | {".ipynb_checkpoints", ".idea", ".vscode", "site-packages", "node_modules", "_build", "buck-out"}
)
# A package may bear these names (`hatch.cli.build`, `venv`); what a tool puts there has no `__init__.py`.
_OUTPUT = frozenset({"build", "dist", "venv"})
_ENVIRONMENT_MARKS = frozenset({"pyvenv.cfg", "conda-meta"})
_PROJECT_MARKS = ("pyproject.toml", "setup.py", "setup.cfg")


class SourceError(UserError):
    """A path the user gave cannot be checked; the text is one line."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One Python file as it was read: `module` is its own dotted name, no two files share one.

    `aliases` are other names it may be imported by, from files near it; several files may share one.
    """

    path: Path
    name: str
    module: str
    is_package: bool
    asked: bool
    data: bytes
    trouble: str = ""
    aliases: tuple[str, ...] = ()

    def folder_of(self, name: str) -> Path:
        """The folder that must be on `sys.path` for this file to be imported as `name`."""
        return self.path.parents[name.count(".") + self.is_package]


@dataclass(frozen=True, slots=True)
class Sources:
    """All files of the project, sorted by path; those with `asked` are to be reported on."""

    root: Path
    files: tuple[SourceFile, ...]


def project_root(paths: Sequence[Path]) -> Path:
    """The folder of the project the paths lie in: pyproject.toml, else repository, else the path itself.

    Paths of several projects have the project around all of them as theirs, else the folder around them.
    """
    homes = sorted({_home(_absolute(path)) for path in paths})
    if len(homes) == 1:
        return homes[0]
    try:
        common = Path(os.path.commonpath(homes))
    except ValueError:  # two drives
        return homes[0]
    return common if common in homes else find_project(common) or common


def find_sources(paths: Sequence[Path], config: Config) -> Sources:
    """The files under `paths`, asked, and the rest of their projects; raises SourceError for a bad path."""
    given = [_checked(path) for path in paths]
    root = project_root(given)
    exclude = _Patterns(config.root, globs(*config.exclude)) if config.exclude else None
    asked: set[str] = set()
    for path in given:
        if path.is_dir():
            asked.update(_walk(path, exclude))
        elif path.suffix != ".pyi":
            asked.add(path.as_posix())
    rest: set[str] = set()
    for home in {_home(path) for path in given}.difference(given):
        # Around a loose script (in /tmp, in a home folder) only what it can import, not all below.
        loose = find_project(home) is None and not _is_package(home)
        rest.update(_walk(home, exclude, packages_only=loose))
    return Sources(root, tuple(_read_all(root, sorted(map(Path, asked | rest)), asked)))


def decode(data: bytes) -> str:
    """The text of a source file by its byte order mark and PEP 263; line ends stay as they are.

    Raises UnicodeDecodeError for bytes that are not in the encoding, SyntaxError for an unknown encoding.
    """
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    except SyntaxError:
        # Bad bytes in the first two lines end here too, without the place: this tells it.
        data.decode("utf-8")
        raise
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise
    except (LookupError, ValueError) as error:  # codecs such as rot13, hex and undefined
        raise SyntaxError(f"{encoding} is no encoding of text") from error


def read(path: Path) -> tuple[bytes, str]:
    """The bytes of a file and why they could not be had ("" where they could)."""
    try:
        return path.read_bytes(), ""
    except OSError as error:
        return b"", (error.strerror or str(error)).lower()


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


def _home(path: Path) -> Path:
    """The project folder of one path; without a project, the outermost package or the folder it is in."""
    home = folder = path if os.path.isdir(path) else path.parent  # noqa: PTH112 - is_dir may raise
    while _is_package(folder) and folder != folder.parent:
        home, folder = folder, folder.parent
    return find_project(path) or home


def _is_package(folder: Path) -> bool:
    return _exists(folder, "__init__.py")


def _exists(folder: Path, name: str) -> bool:
    try:
        return (folder / name).is_file()
    except OSError:
        return False


class _Patterns:
    """Patterns of a .gitignore or of `exclude`, with the folder they start from."""

    def __init__(self, folder: Path, spec: GitIgnoreSpec) -> None:
        self.folder = folder
        self._spec = spec
        self._prefix = folder.as_posix().rstrip("/") + "/"

    def verdict(self, path: str) -> bool | None:
        """True where `path` is left out, False where it is taken in again, None where nothing is said."""
        if not path.startswith(self._prefix):
            return None
        return self._spec.check_file(path.removeprefix(self._prefix)).include

    def below(self, folder: Path) -> "_Patterns":
        """Without the patterns that leave out `folder` itself: the user asked to look into it."""
        if folder == self.folder or not folder.is_relative_to(self.folder):
            return self
        seen = folder.relative_to(self.folder).as_posix() + "/"
        kept = [p for p in self._spec.patterns if p.include is not None and p.match_file(seen) is None]
        return _Patterns(self.folder, GitIgnoreSpec(kept))


def _gitignore(folder: Path) -> _Patterns | None:
    try:
        lines = (folder / ".gitignore").read_text("utf-8-sig", errors="replace").splitlines()
    except OSError:
        return None
    return _Patterns(folder, globs(*filter(_is_pattern, lines)))


def _is_pattern(line: str) -> bool:
    try:
        globs(line)
    except ValueError:  # git passes over such a line as well
        return False
    return True


def _inherited(folder: Path) -> tuple[_Patterns, ...]:
    """The .gitignore files above `folder`, up to its repository or project, the nearest first."""
    repository = next((above for above in folder.parents if (above / ".git").exists()), None)
    top = repository or find_project(folder) or folder
    found = [_gitignore(above) for above in folder.parents if above.is_relative_to(top)]
    return tuple(patterns.below(folder) for patterns in found if patterns is not None)


def _walk(start: Path, exclude: _Patterns | None, *, packages_only: bool = False) -> Iterator[str]:
    """Absolute paths, with `/`, of the Python files below `start`; links to folders are not followed."""
    exclusive = () if exclude is None else (exclude.below(start),)
    folders = [(start.as_posix().rstrip("/"), _inherited(start))]
    while folders:
        folder, ignores = folders.pop()
        try:
            with os.scandir(folder or "/") as scan:
                entries = {entry.name: entry for entry in scan}
        except OSError:
            continue
        if folder != start.as_posix() and _is_foreign(folder, entries, packages_only):
            continue
        if ".gitignore" in entries:
            own = _gitignore(Path(folder or "/"))
            ignores = (own, *ignores) if own is not None else ignores
        for name, entry in entries.items():
            path = f"{folder}/{name}"
            if entry.is_dir(follow_symlinks=False):
                if name not in _FOREIGN and not _left_out(path + "/", exclusive, ignores):
                    folders.append((path, ignores))
            elif (
                name.endswith(PYTHON_SUFFIXES)
                # A link may lead nowhere or to itself, at which `entry` would raise.
                and (entry.is_file(follow_symlinks=False) or _exists(Path(folder), name))
                and not _left_out(path, exclusive, ignores)
            ):
                yield path


def _is_foreign(folder: str, entries: Container[str], packages_only: bool) -> bool:
    """Whether a tool made this folder, or it is no package where only packages are wanted."""
    if "__init__.py" not in entries and (packages_only or folder.rpartition("/")[2] in _OUTPUT):
        return True
    return any(mark in entries for mark in _ENVIRONMENT_MARKS)


def _left_out(path: str, exclusive: Iterable[_Patterns], ignores: Iterable[_Patterns]) -> bool:
    if any(patterns.verdict(path) for patterns in exclusive):
        return True
    verdicts = (patterns.verdict(path) for patterns in ignores)
    return next((verdict for verdict in verdicts if verdict is not None), False)


@dataclass(frozen=True, slots=True)
class _Place:
    """How files of one folder are named: parts from the import root, and from other possible ones."""

    base: Path
    parts: tuple[str, ...]
    others: tuple[tuple[str, ...], ...]


class _Layout:
    """Where the import roots are: `src`, folders with a pyproject.toml or setup.py, the project's root."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._is_package = cache(_is_package)
        self.place = cache(self._place)

    def _place(self, folder: Path) -> _Place:
        outside = folder
        while self._is_package(outside) and outside != outside.parent:
            outside = outside.parent
        # Folders without `__init__.py` are namespaces, or scripts lie in them: both ways are tried.
        chain = [above for above in (outside, *outside.parents) if above.is_relative_to(self._root)]
        base = next((above for above in chain if self._is_base(above)), outside)
        roots = [above for above in chain if not self._is_package(above) or above == self._root]
        if not chain and folder.is_relative_to(self._root) and self._is_marked(self._root):
            roots.append(self._root)  # a stray `__init__.py` beside pyproject.toml
        others = tuple(folder.relative_to(above).parts for above in roots if above != base)
        return _Place(base, folder.relative_to(base).parts, others)

    def _is_base(self, folder: Path) -> bool:
        # No dotted name leads through a folder called `my-scripts`.
        if folder == self._root or not folder.name.isidentifier() or self._is_marked(folder):
            return True
        return folder.name == "src" and not self._is_package(folder)

    def _is_marked(self, folder: Path) -> bool:
        return any(_exists(folder, mark) for mark in _PROJECT_MARKS)


def _name_all(root: Path, paths: Sequence[Path]) -> dict[Path, tuple[str, tuple[str, ...]]]:
    """A dotted name of its own for every path, and its aliases."""
    layout = _Layout(root)
    owners: dict[str, Path] = {}
    places = {path: layout.place(path.parent) for path in paths}
    for path, place in sorted(places.items(), key=lambda item: (len(item[1].base.parts), item)):
        owners.setdefault(_dotted(place.parts, path).partition(".")[0], place.base)
    names: dict[Path, tuple[str, tuple[str, ...]]] = {}
    taken: set[str] = set()
    # Packages first: Python takes `x/__init__.py` before `x.py`.
    for path in sorted(paths, key=lambda path: (path.stem != "__init__", path)):
        place = places[path]
        usual = _dotted(place.parts, path)
        lost = owners[usual.partition(".")[0]] != place.base and path.is_relative_to(root)
        module = _dotted(path.parent.relative_to(root).parts, path) if lost else usual
        aliases = [_alias(parts, path) for parts in (place.parts, *place.others)]
        number = 1
        while module in taken:  # cannot be imported, so it gets a name that no import says
            number += 1
            module, aliases = f"{usual}~{number}", []
        taken.add(module)
        names[path] = (module, tuple(dict.fromkeys(alias for alias in aliases if alias not in ("", module))))
    return names


def _parts(parts: tuple[str, ...], path: Path) -> tuple[str, ...]:
    return parts if parts and path.stem == "__init__" else (*parts, path.stem)


def _dotted(parts: tuple[str, ...], path: Path) -> str:
    return ".".join(part.replace(".", "_") for part in _parts(parts, path))


def _alias(parts: tuple[str, ...], path: Path) -> str:
    """The dotted name where an import can say it, else ""."""
    said = _parts(parts, path)
    # A file called like a module of the standard library is rarely what its neighbours import by that name.
    foreign = said[0] in sys.stdlib_module_names or said[0] in ("__main__", "__init__")
    return "" if foreign or not all(part.isidentifier() for part in said) else ".".join(said)


def _read_all(root: Path, paths: Sequence[Path], asked: Container[str]) -> Iterator[SourceFile]:
    names = _name_all(root, paths)
    shown = cache(_shown)
    for path in paths:
        module, aliases = names[path]
        name = f"{shown(path.parent)}{path.name}"
        is_asked = path.as_posix() in asked
        yield SourceFile(path, name, module, path.stem == "__init__", is_asked, *read(path), aliases)


def _shown(folder: Path) -> str:
    """The folder as seen from the current one, with `/` after it; "" for the current one."""
    try:
        seen = Path(os.path.relpath(folder)).as_posix()
    except ValueError:  # another drive
        seen = folder.as_posix()
    return "" if seen == "." else f"{seen.rstrip('/')}/"
