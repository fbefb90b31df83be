"""Loops of nothing but arithmetic, as Python's own parser sees them."""

import ast
from collections.abc import Collection, Iterator

from concurlint.catalog.traits import spelt

_STEPS = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.If, ast.For, ast.Pass, ast.Continue, ast.Break)


def is_arithmetic(loop: ast.For, *, calls_known: bool = False) -> bool:
    """Whether the loop only computes with numbers, some of them elements of a sequence.

    With `calls_known`, all that the loop calls is known to compute with numbers, whatever it is spelled like.
    """
    statements = [node for node in ast.walk(loop) if isinstance(node, ast.stmt) and node is not loop]
    if not all(isinstance(statement, _STEPS) for statement in statements):
        return False
    nodes = list(ast.walk(loop))
    if not all(_is_plain(node, calls_known) for node in nodes if isinstance(node, ast.expr)):
        return False
    computes = any(isinstance(node, (ast.BinOp, ast.AugAssign)) for node in nodes)
    return computes and any(True for _ in _elements(loop))


def _is_plain(node: ast.expr, calls_known: bool) -> bool:
    if isinstance(node, ast.Call):
        if calls_known:
            return True
        return isinstance(node.func, (ast.Name, ast.Attribute)) and spelt("of-numbers", ast.unparse(node.func))
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


def multiplies(loop: ast.For, numbers: Collection[str]) -> bool:
    """Whether what the loop does with elements is only done with numbers: more than adding, or to a number.

    `numbers` are names that start as one. Indices do not count, nor does counting.
    """
    indices = {id(node) for part in ast.walk(loop) if isinstance(part, ast.Subscript) for node in ast.walk(part.slice)}
    for node in ast.walk(loop):
        if id(node) in indices:
            continue
        match node:
            case ast.BinOp(op=ast.Mult() | ast.Div() | ast.Pow() | ast.Sub(), left=left, right=right):
                if not (isinstance(left, ast.Constant) and isinstance(right, ast.Constant)):
                    return True
            case ast.BinOp(op=ast.BitXor() | ast.BitAnd() | ast.BitOr() | ast.LShift() | ast.RShift()):
                return False  # of whole numbers of any size, which arrays do not hold
            case ast.AugAssign(op=ast.Mult() | ast.Div() | ast.Pow() | ast.Sub(), target=ast.Subscript()):
                return True
            case ast.AugAssign(target=ast.Name(id=name), value=value):
                if name in numbers and not isinstance(value, ast.Constant):
                    return True
    return False


def carries(loop: ast.For) -> bool:
    """Whether a turn uses what the one before worked out, other than to add to it."""
    names = _Carried()
    names.block(loop.body)
    stored: dict[str, set[str]] = {}
    for node in ast.walk(loop):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            stored.setdefault(ast.unparse(node.value), set()).add(ast.unparse(node.slice))
    for node in ast.walk(loop):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
            written = stored.get(ast.unparse(node.value), set())
            if written and ast.unparse(node.slice) not in written:
                return True
    return bool(names.early & names.assigned)


class _Carried(ast.NodeVisitor):
    """Names that a turn reads before it has assigned them, and those it assigns."""

    def __init__(self) -> None:
        self.assigned: set[str] = set()
        self.early: set[str] = set()

    def block(self, statements: list[ast.stmt]) -> None:
        for statement in statements:
            self.visit(statement)

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        for target in node.targets:
            self.visit(target)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.visit(node.value)
        if not isinstance(node.target, ast.Name):
            self.visit(node.target)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self.assigned.add(node.id)
        elif node.id not in self.assigned:
            self.early.add(node.id)

    def visit_For(self, node: ast.For) -> None:
        self.visit(node.iter)
        inner = {part.id for part in ast.walk(node.target) if isinstance(part, ast.Name)}
        self.block(node.body)
        self.early -= inner
