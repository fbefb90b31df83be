"""Tests that let only harmless values through: `fullmatch`, `isalnum`, membership in what is fixed."""

from __future__ import annotations

from concurlint.effects.flow.conditions import implied, says_checked, single_binding
from concurlint.effects.flow.definitions import Definitions
from concurlint.effects.flow.graphs import Graphs
from concurlint.effects.flow.path_conditions import path_conditions
from concurlint.effects.program import Program
from concurlint.facts.syntax import Attribute, Constant, Expression, Name, Table, spelled
from concurlint.project.modules import Code
from concurlint.project.values import Container, Literal


class Sanitisers:
    """Knows what the conditions on the way to a place say of a name or attribute."""

    def __init__(self, program: Program) -> None:
        self._evaluator = program.evaluator
        self._graphs = program[Graphs]
        self._definitions = program[Definitions]

    def checks(self, expression: Name | Attribute, code: Code) -> bool:
        """Whether a condition around the place lets only harmless values through."""
        spot = self._definitions.spot(expression, code)
        if spot is None:
            return False
        name = spelled(expression)
        test = says_checked(expression, lambda e: self._is_fixed(e, code))
        follow = single_binding(code)
        if any(implied(condition, test, follow) for condition in spot[0].conditions):
            return True
        bound = [b.order for b in code.scope.bindings.get(name.partition(".")[0], ()) if b.kind != "parameter"]
        conditions = path_conditions(self._graphs.of(code), spot[1], lambda e: test(e) is not None, bound)
        return any(implied(condition, test, follow) for condition in conditions)

    def _is_fixed(self, collection: Expression, code: Code) -> bool:
        """Whether a collection (or a value) holds nothing but constants."""
        values = self._evaluator.elements.of(collection, code)
        if isinstance(collection, Constant):
            return True
        keys = self._evaluator.values(collection, code).only()
        if isinstance(keys, Container) and isinstance(keys.origin, Table):
            return all(isinstance(key, Constant) for key in keys.origin.keys)
        return values.whole and bool(values.items) and all(isinstance(v, Literal) for v in values)
