"""Locks of `self` that the class itself does not make: a class beside a mixin does, or an object that it is given."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from concurlint.catalog.kinds import kinds_with
from concurlint.effects.program import Program
from concurlint.facts.syntax import Attribute, Call, Expression, Name
from concurlint.project.classes import attribute_writes, is_self
from concurlint.project.modules import Code
from concurlint.project.values import NOTHING, ClassOf, Instance, Values, union


class UnseenLocks:
    """Looks an attribute of `self` up where its own class does not tell what it is."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._evaluator = program.evaluator

    def of(self, expression: Expression, code: Code) -> Values:
        """What `self.x` may be for all that other classes tell; nothing where they do not."""
        if not isinstance(expression, Attribute) or not isinstance(expression.value, Name):
            return NOTHING
        cls = is_self(code, expression.value.id)
        if cls is None:
            return NOTHING
        beside = self._beside(cls, expression.attr)
        return beside if beside.items else self._by_factory(cls, expression.attr)

    def _beside(self, cls: Code, attr: str) -> Values:
        """The attribute in the first class that has the mixin and another base which makes it."""
        for below in self._below.get(cls, ()):
            values = self._evaluator.attribute(Instance(ClassOf(below)), attr)
            if values.items:
                return values
        return NOTHING

    def _by_factory(self, cls: Code, attr: str) -> Values:
        """The locks that all methods of some name give: `self.lock = scheduler.create_lock()`, whoever that is."""
        for base in self._evaluator.lineage(cls)[0]:
            for access, _ in attribute_writes(base).get(attr, ()):
                if isinstance(access.value, Call) and isinstance(access.value.function, Attribute):
                    made = self._factories.get(access.value.function.attr, NOTHING)
                    if made.items and not access.value.arguments:
                        return made
        return NOTHING

    @cached_property
    def _factories(self) -> Mapping[str, Values]:
        """What methods give that are known to give locks only, by their names."""
        found: dict[str, list[Values]] = {}
        for code in self._graph.edges:
            if code.owner is not None and "lock" in code.name:
                found.setdefault(code.name, []).append(self._evaluator.returns(code))
        return {name: union(values) for name, values in found.items() if all(map(self._are_locks, values))}

    def _are_locks(self, values: Values) -> bool:
        return bool(values.items) and all(self._evaluator.kind(value) in kinds_with("lock") for value in values)

    @cached_property
    def _below(self) -> Mapping[Code, list[Code]]:
        """The classes that have further bases beside each class."""
        found: dict[Code, list[Code]] = {}
        for code in self._graph.edges:
            if code.scope.kind == "class" and len(code.scope.bases) > 1:
                for base in self._evaluator.lineage(code)[0][1:]:
                    found.setdefault(base, []).append(code)
        return found
