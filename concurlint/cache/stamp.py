"""What answers and records depend on besides files and settings: who made them."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from concurlint.cache.store import Kind, Store
from concurlint.version import __version__

_HOME = str(Path(__file__).parents[1])
_OURS = (".py", ".toml")
READING = ("facts", "documents", "decoding.py")
"""What of our own code makes records out of the bytes of a file."""
_made: dict[bytes, bytes] = {}


@cache
def of_records() -> bytes:
    """Of whatever reads files: our own code for that, LibCST and Python."""
    return _stamp(path for name in READING for path in _files(f"{_HOME}{os.sep}{name}"))


def of_answers(store: Store | None = None) -> bytes:
    """Of all that finds: our own code and tables, LibCST and Python.

    A `store` knows it for files of these sizes and times, by which Python too tells whether a module has changed.
    """
    key = _looks()
    found = _made.get(key) or (store.get(Kind.STAMP, key) if store is not None else None)
    if found is None:
        found = _stamp(_files(_HOME))
        if store is not None:
            store.put(Kind.STAMP, key, found)
    _made[key] = found
    return found


@cache
def _looks() -> bytes:
    """How our own files look from outside."""
    found = _begun()
    found.update(_HOME.encode(errors="surrogatepass"))
    for path in sorted(_files(_HOME)):
        seen = Path(path).stat()
        found.update(f"{path}\0{seen.st_size} {seen.st_mtime_ns}\0".encode(errors="surrogatepass"))
    return found.digest()


def _stamp(paths: Iterable[str]) -> bytes:
    found = _begun()
    # By content, not by version alone: what is under development, or was mended in place, has the same version.
    for path in sorted(paths):
        found.update(hashlib.blake2b(Path(path).read_bytes(), digest_size=16).digest())
        found.update(path.removeprefix(_HOME).encode(errors="surrogatepass"))
    return found.digest()


def _begun() -> hashlib.blake2b:
    found = hashlib.blake2b(digest_size=16)
    words = (__version__, sys.implementation.name, sys.version, sys.platform)
    found.update("\0".join(words).encode())
    found.update(_parser())
    return found


def _parser() -> bytes:
    """What tells one LibCST from another; read off its files, for loading it takes longer than many a run."""
    spec = find_spec("libcst")
    if spec is None or spec.origin is None:
        return b""
    home = Path(spec.origin).parent
    try:
        return (home / "_version.py").read_bytes()
    except OSError:
        return repr([(entry.name, entry.stat().st_size) for entry in sorted(home.iterdir())]).encode()


def _files(place: str) -> Iterator[str]:
    """A file, or those of a folder."""
    if place.endswith(_OURS):
        yield place
        return
    with os.scandir(place) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _files(entry.path)
            elif entry.name.endswith(_OURS):
                yield entry.path
