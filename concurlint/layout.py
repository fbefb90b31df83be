"""Where a project's import roots are, and the dotted names by which its files are imported."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from concurlint.config import find_project
from concurlint.walking import PYTHON_SUFFIXES, exists

_PROJECT_MARKS = ("pyproject.toml", "setup.py", "setup.cfg")


def home_of(path: Path) -> Path:
    """The project folder of one path; without a project, the outermost package or the folder it is in."""
    home = folder = path if os.path.isdir(path) else path.parent  # noqa: PTH112 - is_dir may raise
    while is_package(folder) and folder != folder.parent:
        home, folder = folder, folder.parent
    return find_project(path) or home


def is_package(folder: Path) -> bool:
    return exists(folder, "__init__.py")


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
        self._is_package = cache(is_package)
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
        return any(exists(folder, mark) for mark in _PROJECT_MARKS)


def name_all(root: Path, paths: Sequence[Path]) -> dict[Path, tuple[str, tuple[str, ...]]]:
    """A dotted name of its own for every path, and its aliases."""
    layout = _Layout(root)
    owners: dict[str, Path] = {}
    places = {path: layout.place(path.parent) for path in paths}
    for path, place in sorted(places.items(), key=lambda item: (len(item[1].base.parts), item)):
        owners.setdefault(_dotted(place.parts, path).partition(".")[0], place.base)
    names: dict[Path, tuple[str, tuple[str, ...]]] = {}
    taken: set[str] = set()
    # Packages first: Python takes `x/__init__.py` before `x.py`. Notebooks and scripts without a suffix last.
    for path in sorted(paths, key=lambda path: (path.stem != "__init__", not _is_importable(path), path)):
        place = places[path]
        usual = _dotted(place.parts, path)
        lost = owners[usual.partition(".")[0]] != place.base and path.is_relative_to(root)
        module = _dotted(path.parent.relative_to(root).parts, path) if lost else usual
        aliases = [_alias(parts, path) for parts in (place.parts, *place.others)]
        number = 1
        if not _is_importable(path):
            module, aliases = f"{usual}~", []
        while module in taken:  # cannot be imported, so it gets a name that no import says
            number += 1
            module, aliases = f"{usual}~{number}", []
        taken.add(module)
        names[path] = (module, tuple(dict.fromkeys(alias for alias in aliases if alias not in ("", module))))
    return names


def _is_importable(path: Path) -> bool:
    return path.suffix in PYTHON_SUFFIXES


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
