"""Loops over numbers and rows, in which most computing is: what arrays and columns do in one step."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from concurlint.effects.loops.arithmetic import carries, is_arithmetic
from concurlint.runtime.samples import Frame, State
from concurlint.verdicts.case import Case
from concurlint.verdicts.measured import Place, key
from concurlint.verdicts.verdict import Seconds
from concurlint.verdicts.written import Comprehension

_MOSTLY = 0.5
"""Of all that holds the GIL: arrays come first where most of the computing is theirs to do."""
_COMPUTING = frozenset({State.HOLDS_GIL, State.RUN_QUEUE})
_ROWS = {
    "/pandas/core/apply.py": ("apply_series_generator", "apply_standard"),
    "/pandas/core/frame.py": ("iterrows", "itertuples"),
}
"""Functions of pandas that make an object of each row in turn."""
_ACROSS = ("axis=1", "axis='columns'", 'axis="columns"', "iterrows", "itertuples")


@dataclass(frozen=True, slots=True)
class NumbersLoop:
    """A hot loop: its first line, and all the seconds spent in it."""

    place: Place
    seconds: Seconds


def numbers_loop(case: Case) -> NumbersLoop | None:
    """The outermost loop of nothing but arithmetic over the elements of sequences, if most computing is in it."""
    held = case.places(_COMPUTING)
    found: dict[tuple[str, int], list[Place]] = {}
    for place in held:
        loop = _loop(case, place)
        if loop is not None:
            found.setdefault((place.path, loop.lineno), []).append(place)
    if not found:
        return None
    (path, line), places = max(found.items(), key=lambda item: sum(place.seconds for place in item[1]))
    seconds = sum(place.seconds for place in places)
    if not _is_most(case, seconds, sum(place.seconds for place in held)):
        return None
    threads = frozenset(key for place in places for key in place.threads)
    return NumbersLoop(Place(path, line, places[0].function, seconds, threads), seconds)


def rows_loop(case: Case) -> Place | None:
    """The line by which pandas takes a table row by row, if most computing is below it."""
    whole, spent = 0.0, 0.0
    found: dict[Frame, Seconds] = {}
    threads = set()
    for stack in case.stacks():
        seconds = sum(of for state, of in stack.states.items() if state in _COMPUTING)
        whole += seconds
        frame = _over_rows(case, stack.frames)
        if frame is not None:
            spent += seconds
            found[frame] = found.get(frame, 0.0) + seconds
            threads.add(key(stack))
    if not found or not _is_most(case, spent, whole):
        return None
    line = max(found, key=lambda frame: found[frame])
    return Place(line.path, line.line, line.function, spent, frozenset(threads))


def _is_most(case: Case, seconds: Seconds, whole: Seconds) -> bool:
    return case.matters(seconds) and case.share("", seconds, whole).low >= _MOSTLY


def _over_rows(case: Case, frames: Sequence[Frame]) -> Frame | None:
    """The user's line that calls one of pandas' functions which go through rows."""
    for index, frame in enumerate(frames):
        path, name = frame.path.replace("\\", "/"), frame.function.rpartition(".")[2]
        if any(path.endswith(end) and name in names for end, names in _ROWS.items()):
            own = case.own(frames[:index])
            if own is not None and any(word in case.reaching(own) for word in _ACROSS):
                return own
    return None


def _loop(case: Case, place: Place) -> ast.For | None:
    """The outermost loop around the line, up to the function's edge, that is arithmetic all through.

    Where a turn needs what the one before has come to, arrays are no help.
    """
    found = None
    written = case.written(place.path)
    for block in written.around(place.line):
        if isinstance(block, (ast.FunctionDef, ast.AsyncFunctionDef)):
            break
        if isinstance(block, ast.For) and is_arithmetic(block):
            if carries(block) or _mixes(block):
                return None
            found = block
    if found is None:
        loops = (loop for node in written.comprehensions_at(place.line) for loop in _as_loop(node))
        found = next((loop for loop in loops if is_arithmetic(loop) and not carries(loop)), None)
    return found


def _mixes(loop: ast.For) -> bool:
    """Whether one name is changed in several ways, as a hash is: each turn goes on from the one before."""
    ways: dict[str, set[type[ast.operator]]] = {}
    for node in ast.walk(loop):
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            ways.setdefault(node.target.id, set()).add(type(node.op))
    return any(len(kinds) > 1 or not kinds <= {ast.Add, ast.Sub, ast.Mult} for kinds in ways.values())


def _as_loop(node: Comprehension) -> Iterator[ast.For]:
    """The comprehension as the `for` that it stands for: each element is added to something."""
    if isinstance(node, ast.DictComp):
        return
    body: list[ast.stmt] = [ast.AugAssign(ast.Name("_", ast.Store()), ast.Add(), node.elt)]
    for generator in reversed(node.generators):
        for test in reversed(generator.ifs):
            body = [ast.If(test, body, [])]
        body = [ast.For(generator.target, generator.iter, body, [])]
    loop = body[0]
    if isinstance(loop, ast.For):
        for part in ast.walk(loop):
            if isinstance(part, (ast.stmt, ast.expr)) and not hasattr(part, "lineno"):
                ast.copy_location(part, node)
        yield loop
