"""What a shell makes of a constant command line: whether it needs one, and the list that does the same."""

import re
import shlex
from collections.abc import Sequence

from concurlint.catalog.shells import shell_words
from concurlint.effects.taint.domain import Piece

_FEATURES = re.compile(r"[|&;<>$`*?\[\]~(){}#!\n\\]|(^|\s)[A-Za-z_]\w*=")
_VARIABLE = re.compile(r"%\w+%")  # of cmd.exe
_BLANK_PATH = re.compile(r"[A-Za-z]:[\\/]|/Applications/|/Library/")
_MOST_ITEMS = 6


def needs_shell(text: str) -> bool:
    """Whether a command line uses anything that only a shell knows, or cannot be taken apart."""
    if _FEATURES.search(text):
        return True
    try:
        words = shlex.split(text)
    except ValueError:
        return True
    return (
        not words
        or words[0] in shell_words("builtins")
        or words[0].lower() in shell_words("windows-builtins") | shell_words("batch-files")
        or _VARIABLE.search(text) is not None
    )


def is_plain_shell(words: str) -> bool:
    """Whether `sh -c` or the like names a POSIX shell that reads no settings, which may define commands."""
    program, _, option = words.partition(" ")
    return program.rpartition("/")[2] in shell_words("plain") and option == "-c"


def shown_items(text: str) -> str:
    """The items of the list that a command line stands for, as Python source, shortened if many."""
    words = shlex.split(text)
    shown = ", ".join(f'"{word}"' if '"' not in word else repr(word) for word in words[:_MOST_ITEMS])
    return f"{shown}, …" if len(words) > _MOST_ITEMS else shown


def has_arguments(pieces: Sequence[Piece]) -> bool:
    """Whether a string surely names a program and something behind a blank, and no path with blanks in it."""
    if not pieces or _BLANK_PATH.match(pieces[0].text):
        return False
    known = "".join(piece.text or "\0" for piece in pieces)
    program, _, rest = known.lstrip(" ").partition(" ")
    if program.lower().removesuffix(".exe") in shell_words("windows-programs") or program.lower().endswith(".exe"):
        return False
    return bool(rest.strip(" ")) and "\0" not in program
