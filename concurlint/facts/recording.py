"""The scope and context that statements and expressions are read in, and the records made there."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import libcst as cst

from concurlint.facts.blocks import FlowBuilder
from concurlint.facts.records import (
    Access,
    AccessKind,
    Awaited,
    Binding,
    BindingKind,
    Context,
    Import,
    Loop,
    Parameter,
    Scope,
    ScopeKind,
)
from concurlint.facts.syntax import (
    Collection,
    Expression,
    Name,
    Place,
)

_NOWHERE: Place = (1, 1, 1, 1)


class Recorder:
    """Keeps the one stack of the project: which scope, block, loop; and notes what happens there."""

    def __init__(self, positions: dict[cst.CSTNode, Place]) -> None:
        self._positions = positions
        self.scopes: list[Scope] = []
        self.scope: Scope
        self.context = Context()
        self.statement: Place = _NOWHERE
        self.raises = 0
        self.continues = 0
        self.flow = FlowBuilder()
        self._loops: list[Loop] = []
        self._renames: list[dict[str, str]] = []
        self._quiet = 0

    def place(self, node: cst.CSTNode) -> Place:
        return self._positions.get(node, _NOWHERE)

    def next_order(self) -> int:
        flow = self.flow
        flow.order = order = flow.order + 1
        return order

    def open_scope(self, kind: ScopeKind, name: str, at: Place) -> Scope:
        parent = self.scope.number if self.scopes else None
        scope = Scope(len(self.scopes), kind, name, parent, at, self.context)
        self.scopes.append(scope)
        return scope

    @contextmanager
    def within(self, scope: Scope) -> Iterator[None]:
        outer = self.scope, self.context, self.statement, self._loops, self.flow
        self.scope, self.context, self._loops, self.flow = scope, Context(), [], FlowBuilder()
        try:
            yield
            scope.flow = self.flow.finish()
        finally:
            self.scope, self.context, self.statement, self._loops, self.flow = outer

    def open_loop(
        self,
        kind: Literal["for", "while", "comprehension"],
        at: Place,
        iterable: Expression | None = None,
        is_async: bool = False,
    ) -> Loop:
        loop = Loop(len(self.scope.loops), kind, None, iterable, self.context, at, self.next_order(), -1, is_async)
        self.scope.loops.append(loop)
        self._loops.append(loop)
        return loop

    def close_loop(self, loop: Loop) -> None:
        self._loops.remove(loop)
        loop.end = self.next_order()

    def leave_loops(self, one: bool = False) -> None:
        for loop in self._loops[-1:] if one else self._loops:
            loop.leaves = True

    def count_operation(self) -> None:
        if self._loops:
            self._loops[-1].operations += 1

    def note_operation(self) -> None:
        """Arithmetic and the like: it has no record, and may raise."""
        if not self._quiet:
            self.flow.note_operation()

    def note_await(self, value: Expression | None, at: Place) -> None:
        for loop in self._loops:
            loop.has_await = True
        self.scope.awaits.append(Awaited(value, self.context, self.next_order(), at))

    def renamed(self, name: str) -> str:
        for names in reversed(self._renames):
            if name in names:
                return names[name]
        return name

    def bind(
        self,
        name: str,
        kind: BindingKind,
        value: Expression | None,
        at: Place,
        *,
        path: tuple[int, ...] = (),
        imported: Import | None = None,
        scope: int | None = None,
        annotation: Expression | None = None,
        operator: str = "",
    ) -> None:
        order = self.next_order()
        binding = Binding(name, kind, value, self.context, order, at, path, imported, scope, annotation, operator)
        self.scope.bindings.setdefault(name, []).append(binding)

    def note_global_write(self, target: cst.Name, value: Expression | None, kind: AccessKind = "write") -> None:
        scope = self.scope
        if scope.kind == "module" or target.value in scope.globals or target.value in scope.nonlocals:
            self.access(kind, Name(target.value, self.place(target)), value)

    def access(
        self,
        kind: AccessKind,
        target: Expression,
        value: Expression | None,
        *,
        operator: str = "",
        annotation: Expression | None = None,
    ) -> None:
        if self._quiet:
            return
        order = self.next_order()
        self.scope.accesses.append(
            Access(kind, target, value, self.context, order, self.statement, operator, annotation)
        )

    def parameters(self, node: cst.Parameters) -> tuple[Parameter, ...]:
        """The parameters in order; defaults are evaluated in the scope around the function."""

        def one(param: cst.Param, kind: Literal["positional", "keyword", "args", "kwargs"]) -> Parameter:
            default = self.expression(param.default) if param.default is not None else None
            return Parameter(param.name.value, kind, self.annotation(param.annotation), default)

        found = [one(p, "positional") for p in (*node.posonly_params, *node.params)]
        if isinstance(node.star_arg, cst.Param):
            found.append(one(node.star_arg, "args"))
        found += [one(p, "keyword") for p in node.kwonly_params]
        if node.star_kwarg is not None:
            found.append(one(node.star_kwarg, "kwargs"))
        return tuple(found)

    def bind_parameters(self, scope: Scope) -> None:
        for parameter in scope.parameters:
            self.bind(parameter.name, "parameter", parameter.default, scope.at, annotation=parameter.annotation)

    def annotation(self, node: cst.Annotation | None) -> Expression | None:
        if node is None:
            return None
        self._quiet += 1
        try:
            return self.expression(node.annotation)
        finally:
            self._quiet -= 1

    def bind_target(
        self,
        target: cst.BaseExpression,
        kind: BindingKind,
        value: Expression | None,
        path: tuple[int, ...] = (),
    ) -> Expression:
        """Bind every name of an assignment target; attributes and items become accesses."""
        if isinstance(target, cst.Name):
            name = self.renamed(target.value)
            self.bind(name, kind, value, self.place(target), path=path)
            if not path and kind == "assign":
                self.note_global_write(target, value)
            return Name(name, self.place(target))
        if isinstance(target, (cst.Tuple, cst.List)):
            items = tuple(
                self.bind_target(element.value, kind, value, (*path, -1 if starred else index))
                for index, element in enumerate(target.elements)
                for starred in (isinstance(element, cst.StarredElement),)
            )
            return Collection("tuple", items, self.place(target))
        lowered = self.expression(target, store=True)
        self.access("write", lowered, value if kind == "assign" and not path else None)
        return lowered

    def expression(self, node: cst.CSTNode, store: bool = False) -> Expression:
        """The record of an expression; `store` when it is a target and nothing is read."""
        raise NotImplementedError
