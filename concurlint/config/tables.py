"""TOML files near a file: the nearest table of ours, and where the project ends."""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from concurlint.config.values import ConfigError, Layer, kind

PYPROJECT = "pyproject.toml"
OURS = (".concurlint.toml", "concurlint.toml")
"""Files that are a table of ours as a whole, the one that counts first; both before pyproject.toml."""
TABLES = (*OURS, PYPROJECT)
_LONGEST_CHAIN = 20

# https://packaging.python.org/en/latest/specifications/inline-script-metadata/#reference-implementation
_BLOCK = re.compile(r"(?m)^# /// script\s*$\s(?P<content>(^#(| .*)$\s)+)^# ///\s*$")
_MARK = b"# /// script"


def find_project(start: Path) -> Path | None:
    """The folder of the nearest pyproject.toml at or above `start`, else the repository root, else None.

    The climb ends at the repository root: a pyproject.toml outside of it belongs to something else. Where there is
    neither, the folder of a concurlint.toml will do.
    """
    ours = None
    for folder in _climb(start.absolute()):
        try:
            if (folder / PYPROJECT).is_file() or (folder / ".git").exists():
                return folder
            if ours is None and any((folder / name).is_file() for name in OURS):
                ours = folder
        except OSError:  # a folder that may not be looked into
            continue
    return ours


def _climb(start: Path) -> Iterator[Path]:
    yield start
    yield from start.parents


def folders_above(folder: Path) -> Iterator[Path]:
    """`folder` and those above it, up to the top of the repository."""
    for above in _climb(folder):
        yield above
        try:
            if (above / ".git").exists():
                return
        except OSError:
            continue


def nearest_table(folder: Path) -> Layer | None:
    """The nearest table of ours at or above `folder`; a pyproject.toml without one is passed by."""
    for above in folders_above(folder):
        for name in TABLES:
            path = above / name
            if os.path.isfile(path):  # noqa: PTH113 - is_file may raise
                found = read_table(path)
                if found is not None:
                    return found
    return None


def read_table(path: Path, *, folder: Path | None = None) -> Layer | None:
    """The table of ours in a TOML file, None where a pyproject.toml has none; its patterns start at `folder`."""
    document = read_toml(path)
    table: object = document
    if path.name == PYPROJECT:
        tool = document.get("tool", {})
        table = tool.get("concurlint") if isinstance(tool, dict) else None
        if table is None:
            return None
        if not isinstance(table, dict):
            raise ConfigError(f"{path}: `tool.concurlint` must be a table, not {kind(table)}")
    assert isinstance(table, dict)
    return Layer(str(path), folder or path.parent, table).known()


def extended(layer: Layer) -> list[Layer]:
    """The layer and those it extends, the farthest first."""
    chain = [layer]
    while chain[0].holds("extend") and chain[0].values["extend"] != "":
        first = chain[0]
        path = Path(os.path.normpath(Path(first.origin).parent / first.text("extend", "../concurlint.toml")))
        if str(path) in {each.origin for each in chain} or len(chain) > _LONGEST_CHAIN:
            raise ConfigError(f"{first.where('extend')} leads back to {path}; take one of them out")
        found = read_table(path)
        if found is None:
            raise ConfigError(f"{first.where('extend')}: {path} has no [tool.concurlint]")
        chain.insert(0, found)
    return chain


def read_toml(path: Path) -> dict[str, object]:
    """The document; ConfigError, one line, where it cannot be read."""
    try:
        return _parse(str(path), path.read_bytes())
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConfigError(f"{path}: cannot be read ({reason}); make it readable and run again") from error


def script_metadata(path: Path, data: bytes) -> Mapping[str, object] | None:
    """What a script says of itself in a comment, as PEP 723 has it; None where it says nothing."""
    if _MARK not in data:
        return None
    text = data.decode("utf-8", "replace").replace("\r\n", "\n")
    match = _BLOCK.search(text)
    if match is None:
        return None
    lines = match["content"].splitlines()
    content = "\n".join(line[2:] if line.startswith("# ") else line[1:] for line in lines)
    return _parse(f"{path}: the block `script`", content.encode("utf-8"))


def _parse(origin: str, data: bytes) -> dict[str, object]:
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ConfigError(f"{origin}: is not UTF-8 (byte {error.start}); save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"{origin}: is not valid TOML: {reason}; mend that line") from error
