"""The main guard around what starts processes while a script is read."""

from __future__ import annotations

import libcst as cst

from concurlint.changes.edit import Edit, statement_at
from concurlint.rewriting.draft import Draft, code_of, names_in
from concurlint.verdicts.case import Case

_MAIN = ('__name__ == "__main__"', "__name__ == '__main__'")


def guard(case: Case, edit: Edit, needed: set[str]) -> bool:
    """Have the script start nothing in its children; False where they would miss what they need.

    `needed` are the names of the script's module that the work in the children reads.
    """
    for path, line in _entries(case):
        draft = edit.file(path)
        statement = statement_at(draft, line)
        if statement is None:
            return False
        if is_guarded(statement):
            continue
        if needed & _bound_from(draft, statement):
            return False
        draft.guard(statement)
    return True


def _entries(case: Case) -> set[tuple[str, int]]:
    """The lines of scripts below which their main threads ran: (path, line), but for imports."""
    found: dict[str, int] = {}
    for stack in case.profile.stacks:
        frame = case.outermost(stack.frames)
        is_main = frame is not None and frame.function == "<module>" and stack.pid == stack.tid
        if frame is not None and is_main and len(stack.frames) > 1 and not _imports(case, frame.path, frame.line):
            found[frame.path] = min(found.get(frame.path, frame.line), frame.line)
    return set(found.items())


def _imports(case: Case, path: str, line: int) -> bool:
    return case.written(path).line(line).lstrip().startswith(("import ", "from "))


def is_guarded(statement: cst.CSTNode) -> bool:
    """Whether it is the main guard of a script."""
    return isinstance(statement, cst.If) and code_of(statement.test) in _MAIN


def _bound_from(draft: Draft, statement: cst.CSTNode) -> set[str]:
    """The names that the statement and those after it mention: what is bound there, a child would not have."""
    at = next(number for number, each in enumerate(draft.module.body) if each is statement)
    bound: set[str] = set()
    for each in draft.module.body[at:]:
        bound |= _bound(each)
    return bound


def _bound(node: cst.CSTNode) -> set[str]:
    """The names that a statement binds, those in its blocks too."""
    found: set[str] = set()
    todo: list[cst.CSTNode] = [node]
    while todo:
        one = todo.pop()
        if isinstance(one, (cst.FunctionDef, cst.ClassDef)):
            found.add(one.name.value)
            continue
        if isinstance(one, (cst.AssignTarget, cst.AnnAssign, cst.AugAssign, cst.For, cst.CompFor, cst.NamedExpr)):
            found |= names_in(one.target)
        if isinstance(one, (cst.ImportAlias, cst.AsName)):
            found |= names_in(one.name)
        todo += one.children
    return found
