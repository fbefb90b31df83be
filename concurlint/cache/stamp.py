"""What answers and records depend on besides files and settings: who made them."""

import hashlib
import os
import sys
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from concurlint.version import __version__

_HOME = Path(__file__).parents[1]
_OURS = (".py", ".toml")


@cache
def of_records() -> bytes:
    """Of whatever reads files: our own code for that, LibCST and Python."""
    return _stamp(_HOME / "facts")


@cache
def of_answers() -> bytes:
    """Of all that finds: our own code and tables, LibCST and Python."""
    return _stamp(_HOME)


def _stamp(folder: Path) -> bytes:
    found = hashlib.blake2b(digest_size=16)
    words = (__version__, sys.implementation.name, sys.version, sys.platform)
    found.update("\0".join(words).encode())
    found.update(_parser())
    # By content, not by version alone: what is under development, or was mended in place, has the same version.
    for path in sorted(_files(str(folder))):
        found.update(hashlib.blake2b(Path(path).read_bytes(), digest_size=16).digest())
        found.update(os.path.relpath(path, folder).encode())
    return found.digest()


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


def _files(folder: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _files(entry.path)
            elif entry.name.endswith(_OURS):
                yield entry.path
