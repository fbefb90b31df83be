"""Attributes that a mixin uses and a class beside it makes: both are bases of the same class."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from concurlint.effects.program import Program
from concurlint.facts.syntax import Attribute, Expression, Name
from concurlint.project.classes import is_self
from concurlint.project.modules import Code
from concurlint.project.values import NOTHING, ClassOf, Instance, Values


class Siblings:
    """Looks an attribute of `self` up in the classes that are made of the one that uses it."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._evaluator = program.evaluator

    def of(self, expression: Expression, code: Code) -> Values:
        """What `self.x` may be in the first class below that has one; nothing where there is none."""
        if not isinstance(expression, Attribute) or not isinstance(expression.value, Name):
            return NOTHING
        cls = is_self(code, expression.value.id)
        for below in self._below.get(cls, ()) if cls is not None else ():
            values = self._evaluator.attribute(Instance(ClassOf(below)), expression.attr)
            if values.items:
                return values
        return NOTHING

    @cached_property
    def _below(self) -> Mapping[Code, list[Code]]:
        """The classes that have further bases beside each class."""
        found: dict[Code, list[Code]] = {}
        for code in self._graph.edges:
            if code.scope.kind == "class" and len(code.scope.bases) > 1:
                for base in self._evaluator.lineage(code)[0][1:]:
                    found.setdefault(base, []).append(code)
        return found
