"""Which files below a folder are Python code of its owner: not what git ignores, nor what a tool put there."""

import os
from collections.abc import Container, Iterable, Iterator
from pathlib import Path

from pathspec import GitIgnoreSpec

from concurlint.cache.place import FOLDER
from concurlint.config import Config, Settings, find_project, globs
from concurlint.config.tables import TABLES
from concurlint.documents.notebooks import SUFFIX
from concurlint.documents.shebang import LONGEST, names_python

PYTHON_SUFFIXES = (".py", ".pyw")
_SUFFIXES = (*PYTHON_SUFFIXES, SUFFIX)

# Never a part of the project, by name alone.
_FOREIGN = frozenset(
    {".venv", ".tox", ".nox", ".eggs", ".git", ".hg", ".svn", ".bzr", ".direnv", ".pixi"}
    | {"__pycache__", "__pypackages__", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", FOLDER}
    | {".ipynb_checkpoints", ".idea", ".vscode", "site-packages", "node_modules", "_build", "buck-out"}
)
# A package may bear these names (`hatch.cli.build`, `venv`); what a tool puts there has no `__init__.py`.
_OUTPUT = frozenset({"build", "dist", "venv"})
_ENVIRONMENT_MARKS = frozenset({"pyvenv.cfg", "conda-meta"})


class Patterns:
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

    def covers(self, path: str) -> bool:
        """Whether `path` or a folder it lies in is left out."""
        if not path.startswith(self._prefix):
            return False
        parts = path.removeprefix(self._prefix).split("/")
        folders = ("/".join(parts[:end]) + "/" for end in range(1, len(parts)))
        return any(map(self._spec.match_file, folders)) or bool(self.verdict(path))

    def below(self, folder: Path) -> "Patterns":
        """Without the patterns that leave out `folder` itself: the user asked to look into it."""
        if folder == self.folder or not folder.is_relative_to(self.folder):
            return self
        seen = folder.relative_to(self.folder).as_posix() + "/"
        kept = [p for p in self._spec.patterns if p.include is not None and p.match_file(seen) is None]
        return Patterns(self.folder, GitIgnoreSpec(kept))


def _gitignore(folder: Path) -> Patterns | None:
    try:
        lines = (folder / ".gitignore").read_text("utf-8-sig", errors="replace").splitlines()
    except OSError:
        return None
    return Patterns(folder, globs(*filter(_is_pattern, lines)))


def _is_pattern(line: str) -> bool:
    try:
        globs(line)
    except ValueError:  # git passes over such a line as well
        return False
    return True


def _inherited(folder: Path) -> tuple[Patterns, ...]:
    """The .gitignore files above `folder`, up to its repository or project, the nearest first."""
    repository = next((above for above in folder.parents if (above / ".git").exists()), None)
    top = repository or find_project(folder) or folder
    found = [_gitignore(above) for above in folder.parents if above.is_relative_to(top)]
    return tuple(patterns.below(folder) for patterns in found if patterns is not None)


def excluded(config: Config) -> Patterns:
    """What the settings leave out."""
    return Patterns(config.root, globs(*config.exclude))


def walk(start: Path, settings: Settings, *, packages_only: bool = False) -> Iterator[str]:
    """Absolute paths, with `/`, of the Python files below `start`; links to folders are not followed.

    The settings of a folder say what is left out in it.
    """
    config = settings.of(start)
    inherited = _inherited(start) if config.respect_gitignore else ()
    folders = [(start.as_posix().rstrip("/"), excluded(config).below(start), inherited)]
    while folders:
        folder, exclude, ignores = folders.pop()
        try:
            with os.scandir(folder or "/") as scan:
                entries = {entry.name: entry for entry in scan}
        except OSError:
            continue
        if folder != start.as_posix() and _is_foreign(folder, entries, packages_only):
            continue
        if folder != start.as_posix() and not entries.keys().isdisjoint(TABLES):
            exclude = excluded(settings.of(Path(folder)))
        if ".gitignore" in entries and config.respect_gitignore:
            own = _gitignore(Path(folder or "/"))
            ignores = (own, *ignores) if own is not None else ignores
        for name, entry in entries.items():
            path = f"{folder}/{name}"
            if entry.is_dir(follow_symlinks=False):
                if name not in _FOREIGN and not _left_out(path + "/", exclude, ignores):
                    folders.append((path, exclude, ignores))
            elif (
                (name.endswith(_SUFFIXES) or ("." not in name and not packages_only and _is_script(path)))
                # A link may lead nowhere or to itself, at which `entry` would raise.
                and (entry.is_file(follow_symlinks=False) or exists(Path(folder), name))
                and not _left_out(path, exclude, ignores)
            ):
                yield path


def _is_script(path: str) -> bool:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - a path of its own for each file takes time
            return names_python(file.read(LONGEST))
    except OSError:
        return False


def _is_foreign(folder: str, entries: Container[str], packages_only: bool) -> bool:
    """Whether a tool made this folder, or it is no package where only packages are wanted."""
    if "__init__.py" not in entries and (packages_only or folder.rpartition("/")[2] in _OUTPUT):
        return True
    return any(mark in entries for mark in _ENVIRONMENT_MARKS)


def _left_out(path: str, exclude: Patterns, ignores: Iterable[Patterns]) -> bool:
    if exclude.verdict(path):
        return True
    verdicts = (patterns.verdict(path) for patterns in ignores)
    return next((verdict for verdict in verdicts if verdict is not None), False)


def exists(folder: Path, name: str) -> bool:
    try:
        return (folder / name).is_file()
    except OSError:
        return False
