"""What a shell makes of a constant command line: whether it needs one, and the list that does the same."""

import re
import shlex

_FEATURES = re.compile(r"[|&;<>$`*?\[\]~(){}#!\n\\]|(^|\s)[A-Za-z_]\w*=")
_BUILTINS = {
    "cd", "export", "source", ".", "ulimit", "umask", "type", "alias", "unalias", "set", "unset", "exit",
    "exec", "eval", "command", "echo", "read", "wait", "trap", "shift", "return", "times", "hash", "jobs",
    "bg", "fg", "history", "let", "local", "declare", "builtin", "pushd", "popd", "dirs", "test", "true",
    "false", ":", "printf", "pwd", "kill", "getopts", "if", "for", "while", "case", "until", "function", "time",
}  # fmt: skip
_WINDOWS_BUILTINS = {
    "dir", "cls", "copy", "del", "start", "ver", "erase", "move", "ren", "rename", "md", "rd", "vol",
    "color", "title", "assoc", "ftype", "mklink", "path", "pause", "prompt", "verify", "call", "rem",
}  # fmt: skip


def needs_shell(text: str) -> bool:
    """Whether a command line uses anything that only a shell knows, or cannot be taken apart."""
    if _FEATURES.search(text):
        return True
    try:
        words = shlex.split(text)
    except ValueError:
        return True
    return not words or words[0] in _BUILTINS or words[0].lower() in _WINDOWS_BUILTINS or "%" in text


def shown_list(text: str) -> str:
    """The list of arguments a command line stands for, as Python source, shortened when long."""
    words = shlex.split(text)
    shown = ", ".join(f'"{word}"' for word in words[:6])
    return f"[{shown}{', …' if len(words) > 6 else ''}]"
