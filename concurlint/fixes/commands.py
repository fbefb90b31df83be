"""Commands given as a list, without a shell: where that is the same, or what was meant."""

from __future__ import annotations

import shlex

import libcst as cst

from concurlint.effects.commands.shell import needs_shell
from concurlint.finding import Fix
from concurlint.fixes.mending import Mending
from concurlint.rewriting.draft import code_of

_SYSTEM = "os.system"
_PLAIN = ("call", "check_call", "check_output", "run", "Popen")


def needless_shell(mending: Mending) -> Fix | None:
    """The constant command as a list, and no `shell=True`; `subprocess.run` where `os.system` drops its status."""
    call, text = mending.call, _text(mending)
    if call is None or text is None or needs_shell(text) or mending.finding.trace:
        return None
    if code_of(call.func) == _SYSTEM:
        if mending.alone(call) is None or not mending.imports("subprocess"):
            return None
        mending.replace(call.func, "subprocess.run")
    elif not _takes_list(call) or not _without_shell(mending, call):
        return None
    mending.replace(call.args[0].value, _items(text))
    return mending.fix("run it without a shell")


def list_with_shell(mending: Mending) -> Fix | None:
    """The list without the shell, of which only the first word would be run."""
    call = mending.call
    if call is None or mending.finding.trace or not _takes_list(call) or not isinstance(call.args[0].value, cst.List):
        return None
    words = [
        each.value.evaluated_value if isinstance(each.value, cst.SimpleString) else "x"
        for each in call.args[0].value.elements
    ]
    if any(not isinstance(word, str) or needs_shell(word) or len(word.split()) != 1 for word in words[:1]):
        return None
    if needs_shell(" ".join(map(str, words))):
        return None  # words that a shell is meant to read
    return mending.fix("run it without a shell") if _without_shell(mending, call) else None


def string_without_shell(mending: Mending) -> Fix | None:
    """The constant command as a list of its words."""
    call, text = mending.call, _text(mending)
    if call is None or text is None or needs_shell(text) or mending.finding.trace or not _takes_list(call):
        return None
    mending.replace(call.args[0].value, _items(text))
    return mending.fix("give it as a list of words")


def _takes_list(call: cst.Call) -> bool:
    return bool(call.args) and code_of(call.func).rpartition(".")[2] in _PLAIN and call.args[0].star == ""


def _text(mending: Mending) -> str | None:
    """The command where it is written right in the call."""
    call = mending.call
    first = call.args[0] if call is not None and call.args else None
    if first is None or (first.keyword is not None and first.keyword.value not in ("args", "command")):
        return None
    value = first.value.evaluated_value if isinstance(first.value, cst.SimpleString) else None
    return value if isinstance(value, str) else None


def _items(text: str) -> str:
    return f"[{', '.join(_quoted(word) for word in shlex.split(text))}]"


def _quoted(word: str) -> str:
    return f'"{word}"' if word.isprintable() and '"' not in word and "\\" not in word else repr(word)


def _without_shell(mending: Mending, call: cst.Call) -> bool:
    """Take `shell=True` out, with the comma before it."""
    at = next((n for n, each in enumerate(call.args) if each.keyword is not None and each.keyword.value == "shell"), 0)
    if at == 0 or code_of(call.args[at].value) != "True":
        return False
    if any(each.keyword is not None and each.keyword.value == "executable" for each in call.args):
        return False
    _, _, line, column = mending.draft.place(call.args[at - 1].value)
    _, _, end, last = mending.draft.place(call.args[at].value)
    mending.put((line, column, end, last), "")
    return True
