"""Runs first in every interpreter of a program that is tried: it reads some files from memory, not from the disk."""

# Copied as sitecustomize.py into a folder that PYTHONPATH names, beside `texts`: so the program's children have it too.
# Python 3.8 must run it, and it must leave no more behind than it has to.
# ruff: noqa: PTH100, PTH118, PTH120, PTH123

import io
import marshal
import os
import sys

TYPING = False
if TYPING:
    from types import CodeType
    from typing import IO

NAME = "sitecustomize"
TEXTS = "texts"


def install(texts: "dict[str, str]") -> None:
    """From now on these files have these texts, for imports, for `runpy` and for whoever opens code."""
    loader = sys.modules["_frozen_importlib_external"].SourceFileLoader
    load, open_code = loader.get_code, io.open_code

    def found(path: str) -> "str | None":
        return texts.get(os.path.realpath(path))

    def get_code(self: "SourceFileLoader", name: str) -> "CodeType | None":  # type: ignore[name-defined]  # noqa: F821
        text = found(self.path)
        return load(self, name) if text is None else compile(text, self.path, "exec", dont_inherit=True)

    def opened(path: str) -> "IO[bytes]":
        text = found(path)
        return open_code(path) if text is None else io.BytesIO(text.encode())

    loader.get_code = get_code
    io.open_code = opened


def make_way() -> None:
    """Have the program's own module of this name imported, if there is one."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [path for path in sys.path if os.path.abspath(path) != here]
    ours = sys.modules.pop(NAME)
    sys.path_importer_cache.pop(here, None)
    try:
        __import__(NAME)
    except ImportError:
        sys.modules[NAME] = ours


if __name__ == NAME:
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), TEXTS), "rb") as file:
        install(marshal.loads(file.read()))
    make_way()
