"""Calls that are made once and never again: what a test finds missing is there from then on."""

from __future__ import annotations

from concurlint.facts.records import CallSite, Condition
from concurlint.facts.syntax import Attribute, Compare, Constant, Expression, Name, Unary
from concurlint.project.classes import holder, is_self
from concurlint.project.modules import Code


def is_first_use(code: Code, site: CallSite) -> bool:
    """Whether a call stands behind `if _config is None`, of a global or an attribute of the object."""
    return any(_lasts(tested, code) for c in site.context.conditions if (tested := _missing(c)) is not None)


def _missing(condition: Condition) -> Expression | None:
    """What is known to be None or false where a condition is met."""
    test, holds = condition.test, condition.holds
    if isinstance(test, Unary) and test.operator == "Not":
        return test.operand if holds else None
    if isinstance(test, Compare) and len(test.rest) == 1:
        operator, right = test.rest[0]
        if isinstance(right, Constant) and right.value is None and operator == ("Is" if holds else "IsNot"):
            return test.left
        return None
    return None if holds else test


def _lasts(tested: Expression, code: Code) -> bool:
    """Whether it outlives the call and is stored by the program: a global that functions bind, `self.x`."""
    if isinstance(tested, Attribute) and isinstance(tested.value, Name):
        return is_self(code, tested.value.id) is not None
    body = code.module.body
    return isinstance(tested, Name) and holder(code, tested.id) in (None, body) and tested.id in body.scope.bindings
