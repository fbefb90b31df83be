"""Patterns written down in one folder, as another one would have to write them."""

import os
from fnmatch import fnmatchcase
from pathlib import Path


def reanchored(pattern: str, written_in: Path, root: Path) -> str | None:
    """The line of a .gitignore in `root` that leaves out what `pattern` in `written_in` does; None if nothing.

    As in a .gitignore, a slash at its start or middle ties a pattern to its folder.
    """
    sign = "!" if pattern.startswith("!") else ""
    body = pattern.removeprefix("!")
    absolute = f"{written_in.as_posix()}/"
    if body.startswith(absolute):
        body = f"/{body.removeprefix(absolute)}"
    if "/" not in body.rstrip("/") or body.startswith("**/"):
        return pattern
    try:
        way = Path(os.path.relpath(root, written_in))
    except ValueError:  # another drive
        return None
    if way == Path():
        return sign + body
    if ".." in way.parts:
        below = os.path.relpath(written_in, root).replace(os.sep, "/")
        return None if below.startswith("..") else f"{sign}/{below}/{body.lstrip('/')}"
    return _inside(sign, body.lstrip("/").split("/"), way.parts)


def _inside(sign: str, pattern: list[str], way: tuple[str, ...]) -> str | None:
    """What is left of a pattern once one has gone down into the folder that `way` leads to."""
    for number, folder in enumerate(way):
        left = pattern[number:]
        if left in ([], [""]):
            return f"{sign}**"
        if left[0] == "**":
            return sign + "/".join(left)
        if not fnmatchcase(folder, left[0]):
            return None
    rest = "/".join(pattern[len(way) :])
    return f"{sign}/{rest}" if rest else f"{sign}**"
