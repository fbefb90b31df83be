"""What binary operators give, as far as strings, lists, numbers, paths and unions of types go."""

from __future__ import annotations

from concurlint.project.inference import Inference
from concurlint.project.values import UNKNOWN, Container, Instance, Library, Values, one, union


def combined(evaluator: Inference, operator: str, left: Values, right: Values) -> Values:
    """What a binary operator makes of its operands."""
    names = {evaluator.type_name(v) for v in (*left, *right)}
    if "builtins.str" in names and operator in ("Add", "Modulo", "Multiply"):
        return one(Instance(Library("builtins.str")))
    if "builtins.list" in names and operator == "Add":
        return one(Instance(Library("builtins.list")))
    if operator == "Multiply" and "builtins.list" in names:
        return Values(tuple(v for v in (*left, *right) if isinstance(v, Container)), False)
    numbers = {"builtins.int", "builtins.float", "builtins.bool"}
    if names and names <= numbers and left.items and right.items:
        return one(Instance(Library("builtins.float" if "builtins.float" in names else "builtins.int")))
    if operator == "Divide":
        paths = {Instance(v.of) for v in (*left, *right) if isinstance(v, Instance) and evaluator.kind(v) == "path"}
        return one(paths.pop()) if len(paths) == 1 else UNKNOWN
    if operator == "BitOr":
        return union((left, right))
    return UNKNOWN
