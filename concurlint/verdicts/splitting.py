"""Whether what computes is one piece or a loop over pieces that others could take."""

import ast
from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise

from concurlint.facts.syntax import Name, Place, spelled, walk
from concurlint.runtime.profile import ThreadTimes
from concurlint.runtime.samples import Frame, State
from concurlint.verdicts.case import Case
from concurlint.verdicts.measured import RUNNABLE, key
from concurlint.verdicts.verdict import Seconds
from concurlint.verdicts.written import Written

_MOSTLY = 0.5
"""Of the thread's computing: it has to happen below the loop that is to be shared out."""


@dataclass(frozen=True, slots=True)
class Split:
    """How the work comes apart: `work` is called with each item of a loop, or nobody knows ("").

    `pieces` is how many there are, 0 where that is not written there.
    """

    says: str
    work: str = ""
    pieces: int = 0

    @property
    def is_seen(self) -> bool:
        """Whether there is such a loop."""
        return bool(self.work)


_UNKNOWN = Split("The figures do not say whether the work can be split.")


def split(case: Case, thread: ThreadTimes, states: Collection[State] = RUNNABLE) -> Split:
    """The outermost loop that calls, with each of its items, the function below which the thread is in these states."""
    below: dict[tuple[Frame, Frame], Seconds] = {}
    computed = 0.0
    for stack in case.stacks({key(thread)}):
        seconds = sum(of for state, of in stack.states.items() if state in states)
        computed += seconds
        own = [frame for frame in stack.frames if case.is_own(frame.path)]
        for pair in dict.fromkeys(pairwise(own)):
            # The callee is the same wherever in it the thread was seen.
            caller, callee = pair[0], Frame(pair[1].function, pair[1].path, 0)
            below[caller, callee] = below.get((caller, callee), 0.0) + seconds
    for (caller, callee), seconds in below.items():
        found = _loop(case, caller, callee) if seconds >= _MOSTLY * computed else None
        if found is not None:
            return found
    return _UNKNOWN


def _loop(case: Case, caller: Frame, callee: Frame) -> Split | None:
    if case.known is None:
        return None
    here = Frame(caller.function, case.absolute(caller.path), caller.line)
    # Any line of it will do: the function of that name.
    there = Frame(callee.function, case.absolute(callee.path), 1_000_000)
    found = case.known.site_of(here, there)
    loop = case.known.loop_around(*found) if found is not None else None
    if found is None or loop is None or loop.kind == "while" or loop.iterable is None or loop.target is None:
        return None
    code, site = found
    first = site.call.arguments[0].value if site.call.arguments else None
    if first is None or len(site.call.arguments) != 1 or not isinstance(loop.target, Name):
        return None
    written = case.written(str(code.module.source.path))
    over = _cut(written, loop.iterable.at)
    work, items = spelled(site.call.function), over
    if not (isinstance(first, Name) and first.id == loop.target.id):
        passed = _cut(written, first.at)
        if not passed or not any(isinstance(part, Name) and part.id == loop.target.id for part in walk(first)):
            return None
        items = f"({passed} for {loop.target.id} in {items})" if items else ""
    if not work or not items:
        return None
    says = f"`{work}` is called with each item of `{items}`: several at once, if they do not need each other."
    return Split(says, work, _count(over))


def _cut(written: Written, at: Place) -> str:
    """What stands there, if it is on one line."""
    return written.line(at[0])[at[1] - 1 : at[3] - 1] if at[0] == at[2] else ""


def _count(items: str) -> int:
    """How many items there are, if the text says so: a list or tuple as such, or `range` of a number."""
    try:
        node = ast.parse(items.strip(), mode="eval").body
    except SyntaxError:
        return 0
    match node:
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return len(elements)
        case ast.Call(func=ast.Name(id="range"), args=[ast.Constant(value=int() as count)]):
            return count
        case ast.Call(
            func=ast.Name(id="range"), args=[ast.Constant(value=int() as first), ast.Constant(value=int() as n)]
        ):
            return max(0, n - first)
    return 0
