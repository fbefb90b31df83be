"""A marimo notebook as it runs: the bodies of its cells at the top level of the file, line for line."""

import ast
import re
import warnings
from collections.abc import Iterator

_MARK = re.compile(rb"^(?:import|from)\s+marimo\b", re.MULTILINE)
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
Lines = list[str]


def is_marimo(data: bytes) -> bool:
    """Whether a file looks like one that marimo wrote."""
    return b".cell" in data and _MARK.search(data) is not None


def flattened(text: str) -> str | None:
    """The file with `if True:` for the head of each cell, whose names are global when it runs; None if it has no cells.

    https://docs.marimo.io/guides/reactivity: a function of a cell only says which names the cell reads and gives.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    apps = set(_apps(tree))
    cells = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    cells = [cell for cell in cells if any(_is_of(apps, each) for each in cell.decorator_list)]
    if not cells:
        return None
    lines = _LINE.findall(text)
    for cell in cells:
        _open(lines, cell)
    return "".join(lines)


def _apps(tree: ast.Module) -> Iterator[str]:
    """The names of the notebook's app: `app = marimo.App(…)`."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            made = node.value.func
            name = made.attr if isinstance(made, ast.Attribute) else made.id if isinstance(made, ast.Name) else ""
            if name == "App":
                yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def _is_of(apps: set[str], decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    if not isinstance(called, ast.Attribute) or called.attr != "cell":
        return False
    return isinstance(called.value, ast.Name) and called.value.id in apps


def _open(lines: Lines, cell: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    """Put `if True:` for the head of a cell, and `pass` for what it hands on."""
    first = min(each.lineno for each in cell.decorator_list)
    if cell.body[0].lineno <= cell.lineno:
        return  # all of it on one line, as only somebody writes by hand
    for number in range(first, cell.body[0].lineno):
        code = lines[number - 1].lstrip()
        # What stands above the first statement may be a comment that silences something.
        lines[number - 1] = lines[number - 1] if code.startswith("#") else "\n"
    lines[first - 1] = "if True:\n"
    for statement in cell.body:
        if isinstance(statement, ast.Return):
            for number in range(statement.lineno, (statement.end_lineno or statement.lineno) + 1):
                lines[number - 1] = "\n"
            lines[statement.lineno - 1] = f"{' ' * statement.col_offset}pass\n"
