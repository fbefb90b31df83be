"""Commands that are Python itself, told apart from those that start it somewhere below."""

import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from concurlint.runtime.launch import Kind

_PYTHON = re.compile(r"(?:^|/)python(?:3(?:\.\d+)?)?t?$")
_FLAGS = frozenset("bBdEIOPqRsSuv")
_VALUED = frozenset("WX")
_ENDING: Mapping[str, Kind] = {"m": "module", "c": "code"}
_ENV = ("/usr/bin/env", "/bin/env")
_FIRST_LINE = 256
_STUB = 1024


@dataclass(frozen=True, slots=True)
class PythonCommand:
    """`python options target arguments`; the target is a script's path, a module's name, or the text of `-c`."""

    python: str
    options: tuple[str, ...]
    kind: Kind
    target: str
    arguments: tuple[str, ...]


def read_command(words: Sequence[str]) -> PythonCommand | None:
    """What Python a command runs at once, if it is one: by its name, or by its file's first line.

    None for any other, and for what cannot be held at a barrier: a program on standard input.
    """
    if not words:
        return None
    if _PYTHON.search(words[0]):
        return _read_python(words[0], words[1:])
    path = shutil.which(words[0])
    interpreter = _read_first_line(path) if path else []
    if path and interpreter and _PYTHON.search(interpreter[0]):
        return _read_python(interpreter[0], [*interpreter[1:], path, *words[1:]])
    return None


def is_entry_stub(path: str) -> bool:
    """Whether an installer wrote the script, beside its Python: a few lines that call a package."""
    script = Path(path)
    try:
        is_small = not script.suffix and script.stat().st_size <= _STUB
    except (OSError, ValueError):
        return False
    return is_small and any((script.parent / name).exists() for name in ("python", "python3"))


def _read_python(python: str, words: Sequence[str]) -> PythonCommand | None:
    at = 0
    while at < len(words):
        word = words[at]
        if not word.startswith("-"):
            return PythonCommand(python, tuple(words[:at]), "script", word, tuple(words[at + 1 :]))
        letter = next((letter for letter in word[1:] if letter not in _FLAGS), "")
        if letter in _ENDING:
            before, _, name = word.partition(letter)
            options = (*words[:at], *([before] if before != "-" else []))
            rest = [*([name] if name else []), *words[at + 1 :]]
            return PythonCommand(python, options, _ENDING[letter], rest[0], tuple(rest[1:])) if rest else None
        if letter and letter not in _VALUED:
            return None
        at += 2 if letter and word.endswith(letter) else 1
        if word in ("-", "--"):
            return None
    return None


def _read_first_line(path: str) -> list[str]:
    """The interpreter that a script names for itself, and what is to be said to it."""
    try:
        file = os.open(path, os.O_RDONLY)
        try:
            line = os.read(file, _FIRST_LINE).partition(b"\n")[0]
        finally:
            os.close(file)
        words = line.decode() if line.startswith(b"#!") else ""
    except (OSError, UnicodeDecodeError):
        return []
    # The kernel hands on all that follows the interpreter as one word; only `env -S` parts it.
    found = words[2:].strip().split(None, 1)
    if found and found[0] in _ENV:
        found = found[1].split() if len(found) > 1 else []
        return found[1:] if found[:1] == ["-S"] else found if len(found) == 1 else []
    return found
