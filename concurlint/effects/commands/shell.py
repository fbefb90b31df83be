"""What a shell makes of a constant command line: whether it needs one, and the list that does the same."""

import re
import shlex
from collections.abc import Sequence

from concurlint.effects.taint.domain import Piece

_FEATURES = re.compile(r"[|&;<>$`*?\[\]~(){}#!\n\\]|(^|\s)[A-Za-z_]\w*=")
_VARIABLE = re.compile(r"%\w+%")  # of cmd.exe
_BLANK_PATH = re.compile(r"[A-Za-z]:[\\/]|/Applications/|/Library/")
_MOST_ITEMS = 6
_PLAIN_SHELLS = {"sh", "bash", "dash", "ksh", "ash"}
_BUILTINS = {
    "cd", "export", "source", ".", "ulimit", "umask", "type", "alias", "unalias", "set", "unset", "exit",
    "exec", "eval", "command", "echo", "read", "wait", "trap", "shift", "return", "times", "hash", "jobs",
    "bg", "fg", "history", "let", "local", "declare", "builtin", "pushd", "popd", "dirs", "test", "true",
    "false", ":", "printf", "pwd", "kill", "getopts", "if", "for", "while", "case", "until", "function",
    "time",
}  # fmt: skip
_WINDOWS_PROGRAMS = {
    "cmd", "powershell", "taskkill", "tasklist", "reg", "regedit", "wmic", "net", "netsh", "sc", "schtasks",
    "icacls", "attrib", "explorer", "msiexec", "rundll32", "wevtutil", "cscript", "wscript",
}  # fmt: skip
_WINDOWS_BUILTINS = {
    "dir", "cls", "copy", "del", "start", "ver", "erase", "move", "ren", "rename", "md", "rd", "vol",
    "color", "title", "assoc", "ftype", "mklink", "path", "pause", "prompt", "verify", "call", "rem",
}  # fmt: skip
# Batch files on Windows, which only its shell finds by these names.
_BATCH_FILES = {
    "npm", "npx", "yarn", "pnpm", "bower", "gulp", "grunt", "tsc", "ng", "webpack", "mvn", "gradle",
}  # fmt: skip


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
        or words[0] in _BUILTINS
        or words[0].lower() in _WINDOWS_BUILTINS | _BATCH_FILES
        or _VARIABLE.search(text) is not None
    )


def is_plain_shell(words: str) -> bool:
    """Whether `sh -c` or the like names a POSIX shell that reads no settings, which may define commands."""
    program, _, option = words.partition(" ")
    return program.rpartition("/")[2] in _PLAIN_SHELLS and option == "-c"


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
    if program.lower().removesuffix(".exe") in _WINDOWS_PROGRAMS or program.lower().endswith(".exe"):
        return False
    return bool(rest.strip(" ")) and "\0" not in program
