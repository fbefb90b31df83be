"""How names are bound: once and for all or not, and which of them hold what a call gives."""

from __future__ import annotations

from collections.abc import Iterator

from concurlint.facts.records import Binding
from concurlint.facts.syntax import Expression
from concurlint.project.modules import Code


def bound_once(name: str, home: Code) -> Binding | None:
    """The one binding of a name in the scope it lives in; None if there are others, or none."""
    bindings = home.scope.bindings.get(name, ())
    return bindings[0] if len(bindings) == 1 else None


def assigned_once(name: str, home: Code) -> Expression | None:
    """The expression that a name stands for as a whole, if that is all it is ever bound to."""
    binding = bound_once(name, home)
    plain = binding is not None and binding.kind == "assign" and not binding.path
    return binding.value if plain and binding is not None else None


def names_of(result: Expression, code: Code) -> Iterator[str]:
    """The names that are assigned the value of an expression as it stands, a call as a rule."""
    for name, bindings in code.scope.bindings.items():
        if any(b.value is result and b.kind == "assign" and not b.path for b in bindings):
            yield name


def is_passed_on(name: str, home: Code) -> bool:
    """Whether a name is a parameter that is never bound to anything else."""
    return any(p.name == name for p in home.scope.parameters) and bound_once(name, home) is not None
