"""Loops of arithmetic over numbers: what arrays do in one step."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.runtime.samples import State
from concurlint.verdicts.case import Case
from concurlint.verdicts.measured import Place
from concurlint.verdicts.vector import vector_form
from concurlint.verdicts.verdict import Seconds

_MOSTLY = 0.5
"""Of all that holds the GIL: arrays come first where most of the computing is theirs to do."""
_PLAIN = frozenset({"range", "len", "enumerate", "zip", "abs", "min", "max", "sum", "float", "int", "round", "pow"})
_STEPS = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.If, ast.For, ast.Pass, ast.Continue, ast.Break)


@dataclass(frozen=True, slots=True)
class NumbersLoop:
    """A hot loop: its first line, all the seconds spent in it, and how it is written with arrays, if that is plain."""

    place: Place
    seconds: Seconds
    vector: str


def numbers_loop(case: Case) -> NumbersLoop | None:
    """The outermost loop of nothing but arithmetic over the elements of sequences, if most computing is in it."""
    held = case.places({State.HOLDS_GIL, State.RUN_QUEUE})
    found: dict[tuple[str, int], list[Place]] = {}
    loops: dict[tuple[str, int], ast.For] = {}
    for place in held:
        loop = _loop(case, place)
        if loop is not None:
            loops[place.path, loop.lineno] = loop
            found.setdefault((place.path, loop.lineno), []).append(place)
    if not found:
        return None
    (path, line), places = max(found.items(), key=lambda item: sum(place.seconds for place in item[1]))
    seconds = sum(place.seconds for place in places)
    everything = sum(place.seconds for place in held)
    if not case.matters(seconds) or case.share("", seconds, everything).low < _MOSTLY:
        return None
    threads = frozenset(key for place in places for key in place.threads)
    vector = vector_form(loops[path, line])
    return NumbersLoop(Place(path, line, places[0].function, seconds, threads), seconds, vector)


def _loop(case: Case, place: Place) -> ast.For | None:
    """The outermost loop around the line, up to the function's edge, that is arithmetic all through."""
    found = None
    for block in case.written(place.path).around(place.line):
        if isinstance(block, (ast.FunctionDef, ast.AsyncFunctionDef)):
            break
        if isinstance(block, ast.For) and is_arithmetic(block):
            found = block
    return found


def is_arithmetic(loop: ast.For) -> bool:
    """Whether the loop only computes with numbers, some of them elements of a sequence."""
    statements = [node for node in ast.walk(loop) if isinstance(node, ast.stmt) and node is not loop]
    if not all(isinstance(statement, _STEPS) for statement in statements):
        return False
    nodes = list(ast.walk(loop))
    if not all(_is_plain(node) for node in nodes if isinstance(node, ast.expr)):
        return False
    computes = any(isinstance(node, (ast.BinOp, ast.AugAssign)) for node in nodes)
    return computes and any(True for _ in _elements(loop))


def _is_plain(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        function = node.func
        is_math = isinstance(function, ast.Attribute) and ast.unparse(function.value) == "math"
        return is_math or (isinstance(function, ast.Name) and function.id in _PLAIN)
    if isinstance(node, ast.Constant):
        return isinstance(node.value, (int, float, complex))
    if isinstance(node, ast.BinOp):
        return not (isinstance(node.op, ast.Mod) and isinstance(node.left, ast.Constant))
    return isinstance(
        node, (ast.Name, ast.Subscript, ast.UnaryOp, ast.Compare, ast.BoolOp, ast.Tuple, ast.IfExp, ast.Attribute)
    )


def _elements(loop: ast.For) -> Iterator[ast.expr]:
    """Where the loop reads from a sequence: `numbers[i]`, or an item of what it goes through."""
    for node in ast.walk(loop):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
            yield node
        if isinstance(node, ast.For) and not (
            isinstance(node.iter, ast.Call) and ast.unparse(node.iter.func) == "range"
        ):
            yield node.iter
