"""Loops of arithmetic over numbers: what arrays do in one step."""

import ast
from dataclasses import dataclass

from concurlint.effects.loops.arithmetic import is_arithmetic
from concurlint.effects.loops.vectorize import vector_form
from concurlint.runtime.samples import State
from concurlint.verdicts.case import Case
from concurlint.verdicts.measured import Place
from concurlint.verdicts.verdict import Seconds

_MOSTLY = 0.5
"""Of all that holds the GIL: arrays come first where most of the computing is theirs to do."""


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
