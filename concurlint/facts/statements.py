"""Simple statements as records: assignments, returns, imports, declarations."""

from collections.abc import Callable, Iterator
from typing import Any

import libcst as cst

from concurlint.facts.expressions import Lowering
from concurlint.facts.records import (
    BindingKind,
    Context,
    Import,
    Returned,
)
from concurlint.facts.syntax import Call, Place, spelled

_EXITS = {"sys.exit", "exit", "quit", "sys._exit"}  # by an exception
_ENDS = {"os._exit", "os.abort"}


class SimpleStatements(Lowering):
    """Reads the statements that hold no others; each handler tells whether the block ends there."""

    def __init__(self, positions: dict[cst.CSTNode, Place]) -> None:
        super().__init__(positions)
        self._stars: list[tuple[Import, Context]] = []
        self._simple: dict[type, Callable[[Any], bool]] = {
            cst.Assign: self._assign,
            cst.AnnAssign: self._annotated,
            cst.AugAssign: self._augmented,
            cst.Expr: self._expr,
            cst.Return: self._return,
            cst.Raise: self._raise,
            cst.Assert: self._assert,
            cst.Del: self._delete,
            cst.Import: self._import,
            cst.ImportFrom: self._import_from,
            cst.Global: self._global,
            cst.Nonlocal: self._nonlocal,
            cst.Break: self._break,
            cst.Continue: self._continue,
        }

    def _assign(self, node: cst.Assign) -> bool:
        value = self.expression(node.value)
        for target in node.targets:
            self.bind_target(target.target, "assign", value)
        return False

    def _annotated(self, node: cst.AnnAssign) -> bool:
        annotation = self.annotation(node.annotation)
        value = self.expression(node.value) if node.value is not None else None
        if isinstance(node.target, cst.Name):
            kind: BindingKind = "assign" if value is not None else "annotate"
            self.bind(node.target.value, kind, value, self.place(node.target), annotation=annotation)
            self.note_global_write(node.target, value)
        else:
            target = self.expression(node.target, store=True)
            self.access("write", target, value, annotation=annotation)
        return False

    def _augmented(self, node: cst.AugAssign) -> bool:
        value = self.expression(node.value)
        self.count_operation()
        operator = type(node.operator).__name__.removesuffix("Assign")
        target = self.expression(node.target, store=True)
        if isinstance(node.target, cst.Name):
            self.bind(self.renamed(node.target.value), "augment", value, self.place(node.target), operator=operator)
            if self.scope.kind == "module" or node.target.value in self.scope.globals | self.scope.nonlocals:
                self.access("augment", target, value, operator=operator)
        else:
            self.access("augment", target, value, operator=operator)
        return False

    def _expr(self, node: cst.Expr) -> bool:
        self.dropped.update(_given_up(node.value))
        value = self.expression(node.value)
        name = spelled(value.function) if isinstance(value, Call) else ""
        if name in _ENDS:
            self.flow.leave()
        elif name in _EXITS:
            self.flow.raise_()
        return name in _EXITS or name in _ENDS

    def _return(self, node: cst.Return) -> bool:
        value = self.expression(node.value) if node.value is not None else None
        self.scope.returned.append(Returned(value, self.context, self.next_order(), self.place(node)))
        self.flow.jump("return")
        self.leave_loops()
        return True

    def _raise(self, node: cst.Raise) -> bool:
        self.raises += 1
        value = self.expression(node.exc) if node.exc is not None else None
        self.scope.raised.append(Returned(value, self.context, self.next_order(), self.place(node)))
        self.flow.raise_()
        self.leave_loops()
        return True

    def _break(self, _node: cst.Break) -> bool:
        self.leave_loops(one=True)
        self.flow.jump("break")
        return True

    def _continue(self, _node: cst.Continue) -> bool:
        self.continues += 1
        self.flow.jump("continue")
        return True

    def _assert(self, node: cst.Assert) -> bool:
        _, yes, no = self.decide(node.test)
        self.flow.begin(no)
        if node.msg is not None:
            self.expression(node.msg)
        self.flow.raise_()
        self.flow.begin(yes)
        return False

    def _delete(self, node: cst.Del) -> bool:
        targets = node.target.elements if isinstance(node.target, cst.Tuple) else (node.target,)
        for target in targets:
            inner = target.value if isinstance(target, cst.Element) else target
            if isinstance(inner, cst.Name):
                self.bind(self.renamed(inner.value), "delete", None, self.place(inner))
                self.note_global_write(inner, None, kind="delete")
            elif isinstance(inner, cst.BaseExpression):
                self.access("delete", self.expression(inner, store=True), None)
        return False

    def _import(self, node: cst.Import) -> bool:
        for alias in node.names:
            dotted = _dotted(alias.name)
            if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
                name, imported = alias.asname.name.value, Import(dotted, None, 0, whole=True)
            else:
                name, imported = dotted.partition(".")[0], Import(dotted, None, 0)
            self.bind(name, "import", None, self.place(alias), imported=imported)
        return False

    def _import_from(self, node: cst.ImportFrom) -> bool:
        module = _dotted(node.module) if node.module is not None else ""
        level = len(node.relative)
        if isinstance(node.names, cst.ImportStar):
            self._stars.append((Import(module, None, level), self.context))
            self.note_operation()
            return False
        for alias in node.names:
            name = alias.name.value if isinstance(alias.name, cst.Name) else _dotted(alias.name)
            bound = name
            if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
                bound = alias.asname.name.value
            self.bind(bound, "import", None, self.place(alias), imported=Import(module, name, level))
        return False

    def _global(self, node: cst.Global) -> bool:
        self.scope.globals.update(item.name.value for item in node.names)
        return False

    def _nonlocal(self, node: cst.Nonlocal) -> bool:
        self.scope.nonlocals.update(item.name.value for item in node.names)
        return False


def _dotted(node: cst.CSTNode) -> str:
    if isinstance(node, cst.Attribute):
        return f"{_dotted(node.value)}.{node.attr.value}"
    return node.value if isinstance(node, cst.Name) else ""


def _given_up(value: cst.BaseExpression) -> Iterator[cst.Call]:
    """The calls whose results an expression statement throws away along with its own."""
    match value:
        case cst.Call():
            yield value
        case cst.IfExp():
            yield from (*_given_up(value.body), *_given_up(value.orelse))
        case cst.BooleanOperation():
            yield from _given_up(value.right)
        case cst.ListComp() | cst.SetComp():
            yield from _given_up(value.elt)
        case cst.Tuple():
            for element in value.elements:
                yield from _given_up(element.value)
