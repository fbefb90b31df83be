"""A loop of arithmetic written as one step over arrays."""

import ast
from collections.abc import Mapping
from typing import TypeGuard


def vector_form(loop: ast.For) -> str:
    """The loop's last statement with whole arrays in place of their elements; nothing where that is not plain."""
    product = _product(loop)
    if product:
        return product
    if len(loop.body) != 1 or loop.orelse:
        return ""
    arrays = _arrays(loop)
    if not arrays:
        return ""
    match loop.body[0]:
        case ast.AugAssign(target=ast.Name(id=name), op=ast.Add(), value=value):
            return _with(f"{name} += np.sum({{}})", value, arrays)
        case ast.AugAssign(target=ast.Name(id=name), op=ast.Mult(), value=value):
            return _with(f"{name} *= np.prod({{}})", value, arrays)
        case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name), slice=index)], value=value):
            if isinstance(loop.target, ast.Name) and _is_name(index, loop.target.id):
                return _with(f"{name} = {{}}", value, arrays)
    return ""


class _Whole(ast.NodeTransformer):
    """Elements replaced by the arrays they are of."""

    def __init__(self, index: str, names: Mapping[str, ast.expr]) -> None:
        self._index = index
        self._names = names
        self.is_plain = True

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        if self._index and _is_name(node.slice, self._index) and isinstance(node.value, (ast.Name, ast.Attribute)):
            return node.value
        self.is_plain = False
        return node

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id == self._index:
            self.is_plain = False
        return self._names.get(node.id, node)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        match node.func:
            case ast.Attribute(value=ast.Name(id="math"), attr=name):
                node.func = ast.Name(f"np.{name}")
            case ast.Name(id="abs"):
                node.func = ast.Name("np.abs")
            case _:
                self.is_plain = False
        return node


def _arrays(loop: ast.For) -> _Whole | None:
    """What one turn's names stand for over all turns: `i` in `range(len(a))`, `x` in `a`, `x, y` in `zip(a, b)`."""
    match loop.target, loop.iter:
        case ast.Name(id=index), ast.Call(func=ast.Name(id="range")):
            return _Whole(index, {})
        case ast.Name(id=name), (ast.Name() | ast.Attribute()) as array:
            return _Whole("", {name: array})
        case ast.Tuple(elts=elements), ast.Call(func=ast.Name(id="zip"), args=arrays) if len(elements) == len(arrays):
            if all(isinstance(element, ast.Name) for element in elements):
                return _Whole("", {e.id: a for e, a in zip(elements, arrays, strict=True) if isinstance(e, ast.Name)})
    return None


def _with(form: str, value: ast.expr, arrays: _Whole) -> str:
    if any(isinstance(node, (ast.IfExp, ast.BoolOp, ast.Compare)) for node in ast.walk(value)):
        return ""
    whole = arrays.visit(ast.parse(ast.unparse(value), mode="eval").body)
    return form.format(ast.unparse(whole)) if arrays.is_plain else ""


def _product(loop: ast.For) -> str:
    """`left @ right` for three loops over `left[i][k] * right[k][j]`."""
    for node in ast.walk(loop):
        match node:
            case ast.BinOp(
                left=ast.Subscript(value=ast.Subscript(value=ast.Name(id=left), slice=i), slice=k),
                op=ast.Mult(),
                right=ast.Subscript(value=ast.Subscript(value=ast.Name(id=right), slice=other), slice=j),
            ):
                names = [ast.unparse(of) for of in (i, k, other, j)]
                loops = {ast.unparse(of.target) for of in ast.walk(loop) if isinstance(of, ast.For)}
                if names[1] == names[2] and len({names[0], names[1], names[3]} & loops) == 3:
                    return f"{left} @ {right}"
    return ""


def _is_name(node: ast.expr, name: str) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name) and node.id == name
