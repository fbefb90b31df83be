"""Values that a run leaves in shared state and takes up again, though another may have put its own there meanwhile."""

from __future__ import annotations

from concurlint.effects.accesses import StateAccess
from concurlint.effects.flow.graphs import Graphs
from concurlint.effects.program import Program
from concurlint.facts.syntax import Attribute, Constant, Expression, Item, Name
from concurlint.project.classes import is_self
from concurlint.project.modules import Code


class CarriedValues:
    """Tells such a store from one that others are meant to see."""

    def __init__(self, program: Program) -> None:
        self._evaluator = program.evaluator
        self._graphs = program[Graphs]

    def is_carried(self, touch: StateAccess) -> bool:
        """Whether the run that stores a value relies on finding it there afterwards."""
        if touch.changes != "store" or isinstance(touch.target, Item) or isinstance(touch.value, Constant):
            return False
        if touch.location.kind == "global":
            return self._is_exchanged(touch)
        return touch.through_self and touch.code.name == "__enter__" and self._is_left_for_exit(touch)

    def decorates_with_itself(self, cls: Code) -> bool:
        """Whether objects of a class are decorators that enter themselves in each call: all calls share one object."""
        made = [
            child for base in self._evaluator.lineage(cls)[0] for child in base.children if child.name == "__call__"
        ]
        return any(
            isinstance(entered.manager, Name) and is_self(inner, entered.manager.id) is not None
            for method in made[:1]
            for inner in method.children
            for entered, _, _ in inner.scope.entered
        )

    def _is_left_for_exit(self, touch: StateAccess) -> bool:
        cls = touch.code.owner
        if cls is None or not self.decorates_with_itself(cls):
            return False
        leaving = [
            child for base in self._evaluator.lineage(cls)[0] for child in base.children if child.name == "__exit__"
        ]
        return any(
            access.kind == "read"
            and isinstance(access.target, Attribute)
            and access.target.attr == touch.location.name
            and isinstance(access.target.value, Name)
            and is_self(code, access.target.value.id) is not None
            for code in leaving[:1]
            for access in code.scope.accesses
        )

    def _is_exchanged(self, touch: StateAccess) -> bool:
        """`before = last`, `last = now()`, `use(before, last)`: what is read at the end may be another's."""
        code = touch.code
        if not isinstance(touch.target, Name) or code.scope.kind != "function":
            return False
        name, after = touch.target.id, self._graphs.of(code).after(touch.order)
        kept = [b for bindings in code.scope.bindings.values() for b in bindings if b.order < touch.order]
        if not any(b.kind == "assign" and b.value is not None and _is_name(b.value, name) for b in kept):
            return False
        return any(
            site.order > touch.order
            and site.order in after
            and any(_is_name(a.value, name) for a in site.call.arguments)
            for site in code.scope.calls
        )


def _is_name(expression: Expression, name: str) -> bool:
    return isinstance(expression, Name) and expression.id == name
