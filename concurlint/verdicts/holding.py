"""Which locks a thread holds at a line, and which it asks for there, as the sources have it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.runtime.samples import Frame
from concurlint.verdicts.case import Case
from concurlint.verdicts.measured import Place
from concurlint.verdicts.written import Written

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Identity = object


@dataclass(frozen=True, slots=True)
class Taken:
    """A lock as it is written where it is taken; two may be the same lock if their identities meet."""

    spelling: str
    place: Place
    identities: frozenset[_Identity]

    def may_be(self, other: "Taken") -> bool:
        """Whether it may be the same lock: by where it is made, or where that is not known, by its last name."""
        if self.identities and other.identities:
            return bool(self.identities & other.identities)
        return _last(self.spelling) == _last(other.spelling)


def asked_at(case: Case, frame: Frame) -> Taken | None:
    """The lock that the frame's line takes."""
    written = case.written(frame.path)
    for block in written.around(frame.line):
        if isinstance(block, ast.With) and block.lineno <= frame.line < block.body[0].lineno:
            return _taken(case, frame, ast.unparse(block.items[-1].context_expr), block.lineno)
    for call in written.calls_at(frame.line):
        if isinstance(call.func, ast.Attribute) and call.func.attr == "acquire":
            return _taken(case, frame, ast.unparse(call.func.value), call.lineno)
    return None


def held_at(case: Case, frame: Frame) -> Iterator[Taken]:
    """The locks that the frame's function holds at its line: below a `with`, or acquired above and not released."""
    written = case.written(frame.path)
    for block in written.around(frame.line):
        if isinstance(block, _Function):
            break
        if isinstance(block, ast.With):
            inside = frame.line >= block.body[0].lineno
            for item in block.items if inside else block.items[:-1]:
                yield _taken(case, frame, ast.unparse(item.context_expr), block.lineno)
    for spelling, line in _acquired(written, frame.line):
        yield _taken(case, frame, spelling, line)


def _taken(case: Case, frame: Frame, spelling: str, line: int) -> Taken:
    at = Frame(frame.function, case.absolute(frame.path), line)
    locks = case.known.locks_at(at) if case.known is not None else frozenset()
    place = Place(frame.path, line, frame.function, 0.0, frozenset())
    return Taken(spelling, place, frozenset(lock.identity for lock in locks))


def _acquired(written: Written, line: int) -> Iterator[tuple[str, int]]:
    """What was acquired above the line in its function and not released between."""
    function = next((block for block in written.around(line) if isinstance(block, _Function)), None)
    held: dict[str, int] = {}
    for node in sorted(_calls(function), key=lambda call: call.lineno) if function is not None else ():
        if node.lineno >= line or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr == "acquire":
            held[ast.unparse(node.func.value)] = node.lineno
        elif node.func.attr == "release":
            held.pop(ast.unparse(node.func.value), None)
    yield from held.items()


def _calls(function: _Function) -> list[ast.Call]:
    return [node for node in ast.walk(function) if isinstance(node, ast.Call)]


def _last(spelling: str) -> str:
    return spelling.rpartition(".")[2]
