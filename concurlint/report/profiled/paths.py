"""Paths of a profile: whose a file is, and the part of its path that tells it apart."""

import os
import re
from collections.abc import Iterable
from pathlib import PurePath

from concurlint.report.visible import visible

_LIBRARY = re.compile(
    r"^<|[/\\](?:(?:site|dist)-packages|lib(?:64)?[/\\]python3\.\d+t?)[/\\](?!(?:site|dist)-packages)"
)


def is_library(path: str) -> bool:
    """Whether a file belongs to Python or to an installed package."""
    return _LIBRARY.search(path) is not None


def measured_path(reported: str, paths: Iterable[str]) -> str:
    """The path that a profile has for a file which is reported relative to its project; `reported` if none."""
    below = "/" + reported
    found = [path for path in paths if path == reported or path.replace(os.sep, "/").endswith(below)]
    # app.py of the project's folder; another below it is reported as sub/app.py.
    return min(found, key=len, default=reported)


def short_paths(paths: Iterable[str]) -> dict[str, str]:
    """Each path without the folders that all of the program's own share, or that a library lies in; safe to show."""
    every = sorted(set(paths))
    own = [path for path in every if not is_library(path) and PurePath(path).is_absolute()]
    shared = PurePath(os.path.commonpath([str(PurePath(path).parent) for path in own])) if own else None
    return {path: visible(_short(path, shared if path in own else None)) for path in every}


def short_path(path: str) -> str:
    """The path from where a library lies; of the program's own, the file and its folder."""
    library = _LIBRARY.search(path)
    if library and not path.startswith("<"):
        return path[library.end() :]
    return "/".join(PurePath(path).parts[-2:]) if PurePath(path).is_absolute() else path


def _short(path: str, shared: PurePath | None) -> str:
    if shared is not None:
        return str(PurePath(path).relative_to(shared))
    library = _LIBRARY.search(path)
    return path[library.end() :] if library and not path.startswith("<") else path
