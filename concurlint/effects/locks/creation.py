"""Locks that only their maker has, so that they keep nobody out."""

from __future__ import annotations

from collections.abc import Iterator

from concurlint.catalog.kinds import kinds_with
from concurlint.catalog.traits import may
from concurlint.effects.program import Program
from concurlint.facts.syntax import (
    Attribute,
    Call,
    Expression,
    Name,
)
from concurlint.project.modules import Code


class LockCreation:
    """Where locks are made, and who else gets to see them."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._roles = program.roles

    def private_locks(self) -> Iterator[tuple[Code, Call, str]]:
        """Locks made and taken within one run of one function, with nobody else to see them."""
        for code, calls in self._graph.libraries.items():
            if code.scope.kind not in ("function", "lambda"):
                continue
            for site, name, _ in calls:
                if self._roles.kind(self._roles.canonical(name)) not in kinds_with("lock") - {"file-lock"}:
                    continue
                if self._taken_at_once(code, site.call) or self._only_local(code, site.call):
                    yield code, site.call, name

    @staticmethod
    def _taken_at_once(code: Code, call: Call) -> bool:
        if any(entered.manager is call for entered, _, _ in code.scope.entered):
            return True
        return any(
            isinstance(other.call.function, Attribute)
            and other.call.function.value is call
            and may("acquires", other.call.function.attr)
            for other in code.scope.calls
        )

    @staticmethod
    def _only_local(code: Code, call: Call) -> bool:
        """Bound to a local name that is used for nothing but taking and releasing it here."""
        scope = code.scope
        for name, bindings in scope.bindings.items():
            if len(bindings) != 1 or bindings[0].value is not call or bindings[0].path:
                continue
            if bindings[0].kind not in ("assign", "with") or name in scope.globals | scope.nonlocals:
                return False
            if any(name in inner.scope.uses for inner in code.family() if inner is not code):
                return False
            taken = sum(_is_name(e.manager, name) for e, _, _ in scope.entered)
            called = sum(
                isinstance(s.call.function, Attribute)
                and _is_name(s.call.function.value, name)
                and may("handles-lock", s.call.function.attr)
                for s in scope.calls
            )
            takes = taken + sum(_takes(s.call.function, name) for s in scope.calls)
            return takes > 0 and taken + called == scope.uses.get(name, 0)
        return False


def _takes(function: Expression, name: str) -> bool:
    return isinstance(function, Attribute) and may("acquires", function.attr) and _is_name(function.value, name)


def _is_name(expression: Expression, name: str) -> bool:
    return isinstance(expression, Name) and expression.id == name
