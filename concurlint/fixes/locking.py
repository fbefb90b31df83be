"""Locks and conditions: held by `with`, waited on in a loop; loops told of work in the way that is made for threads."""

from __future__ import annotations

import builtins
import re
from collections.abc import Sequence

import libcst as cst
from libcst import matchers

from concurlint.effects.locks.release import LockRelease
from concurlint.finding import Fix
from concurlint.fixes.mending import Mending
from concurlint.rewriting.draft import code_of, names_in

_CALL_SOON = "call_soon"


def leaked_lock(mending: Mending) -> Fix | None:
    """`with` around what stands between `acquire()` and the `release()` of the same block."""
    call = mending.call
    leak = next((leak for leak in mending.program[LockRelease].leaks() if leak.taking.at == mending.at), None)
    if leak is None or call is None or call.args or not isinstance(call.func, cst.Attribute):
        return None
    is_async = leak.taking.lock.kind.startswith("async")
    awaited = mending.draft.parent(call)
    if isinstance(awaited, cst.Await) is not is_async:
        return None
    first = mending.alone(awaited if isinstance(awaited, cst.Await) else call)
    block = mending.draft.parent(first) if first is not None else None
    if first is None or not isinstance(block, cst.IndentedBlock):
        return None
    lock = code_of(call.func.value)
    between, last = _until_release(block.body, first, lock)
    if last is None or not between or any(_mentions(each, lock) for each in between):
        return None
    function = next((each for each in mending.draft.around(first) if isinstance(each, cst.FunctionDef)), None)
    if function is None or code_of(function).count(f"{lock}.release(") != 1:
        return None  # it is given back elsewhere too, and that would be once too often
    return _held(mending, first, last, f"{'async ' * is_async}with {lock}:")


def _until_release(
    body: Sequence[cst.BaseStatement], first: cst.BaseStatement, lock: str
) -> tuple[list[cst.BaseStatement], cst.BaseStatement | None]:
    start = next(number for number, each in enumerate(body) if each is first)
    between: list[cst.BaseStatement] = []
    for each in body[start + 1 :]:
        if code_of(each).partition("#")[0].strip() == f"{lock}.release()":
            return between, each
        between.append(each)
    return between, None


def _mentions(statement: cst.BaseStatement, lock: str) -> bool:
    """Whether the lock is given back, looked at or handed on on the way: `with` would come on top of that."""
    return re.search(rf"(?<![\w.]){re.escape(lock)}(?!\w)", code_of(statement)) is not None


def _held(mending: Mending, first: cst.BaseStatement, last: cst.BaseStatement, head: str) -> Fix | None:
    start, end = mending.draft.place(first)[0], mending.draft.place(last)[0]
    if mending.has_long_text(start, end):
        return None
    indent, step = mending.line(start)[: mending.draft.place(first)[1] - 1], mending.draft.module.default_indent
    comment = mending.line(start).rstrip("\r\n").partition("#")[2]
    lines = [f"{indent}{head}{f'  #{comment}' if comment else ''}{mending.newline}"]
    for number in range(start + 1, end):
        line = mending.line(number)
        lines.append(f"{step}{line}" if line.strip() else line)
    while lines and not lines[-1].strip():
        lines.pop()
    mending.put((start, 1, end + 1, 1), "".join(lines))
    return mending.fix(f"hold it by `{head.removesuffix(':')}`")


def blind_wait(mending: Mending) -> Fix | None:
    """`while` for the `if` before a wait of which it is all, so that the test is made again."""
    call = mending.call
    line = mending.alone(call) if call is not None else None
    if line is None and call is not None and isinstance(mending.draft.parent(call), cst.Await):
        line = mending.alone(mending.draft.parent(call))
    block = mending.draft.parent(line) if line is not None else None
    test = mending.draft.parent(block) if isinstance(block, cst.IndentedBlock) else None
    if call is None or call.args or not isinstance(test, cst.If) or test.orelse is not None:
        return None
    if len(test.body.body) != 1 or isinstance(mending.draft.parent(test), cst.If):
        return None
    number, column, _, _ = mending.draft.place(test)
    if not _may_change(mending, test.test) or mending.line(number)[column - 1 : column + 1] != "if":
        return None
    mending.put((number, column, number, column + 2), "while")
    return mending.fix("test again after the wait: `while` for `if`")


def _may_change(mending: Mending, test: cst.BaseExpression) -> bool:
    """Whether the test reads what others can change: an attribute, or a name that is not the function's own."""
    found = mending.site
    if found is None or matchers.findall(test, matchers.Attribute()):
        return found is not None
    own = {*found[0].scope.bindings, *(each.name for each in found[0].scope.parameters)}
    return bool({name for name in names_in(test) if not hasattr(builtins, name)} - own)


def loop_from_thread(mending: Mending) -> Fix | None:
    """`call_soon_threadsafe` for `call_soon`."""
    call = mending.call
    if call is None or not isinstance(call.func, cst.Attribute) or call.func.attr.value != _CALL_SOON:
        return None
    mending.replace(call.func.attr, f"{_CALL_SOON}_threadsafe")
    return mending.fix("use `call_soon_threadsafe`")
