"""Numbers that the text of a program states: literals, powers of them, names bound to them once."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf

from concurlint.catalog.traits import listed, may
from concurlint.facts.records import Loop
from concurlint.facts.syntax import (
    Attribute,
    Await,
    Binary,
    Call,
    Collection,
    Compare,
    Constant,
    Expression,
    Item,
    Name,
    spelled,
    walk,
)
from concurlint.project.bindings import assigned_once
from concurlint.project.callgraph import library_name
from concurlint.project.classes import holder
from concurlint.project.evaluate import Evaluator
from concurlint.project.modules import Code
from concurlint.project.values import Literal

_LARGEST = 10**15


def number(expression: Expression, code: Code, evaluator: Evaluator, known: Mapping[str, float]) -> float | None:
    """The value of a numeric expression; `known` gives parameters. None where it is not stated."""
    if isinstance(expression, Constant):
        value = expression.value
        return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
    if isinstance(expression, Name):
        home = holder(code, expression.id) or code.module.body
        if home is code and expression.id in known:
            return known[expression.id]
    if isinstance(expression, (Name, Attribute)):
        known_value = evaluator.values(expression, code).only()
        if isinstance(known_value, Literal) and isinstance(known_value.value, (int, float)):
            return float(known_value.value)
        bound = bound_once(expression, code)
        return number(bound[0], bound[1], evaluator, {}) if bound is not None else None
    if isinstance(expression, Binary):
        left = number(expression.left, code, evaluator, known)
        right = number(expression.right, code, evaluator, known)
        if left is not None and right is not None:
            return _apply(expression.operator, left, right)
    return None


def at_most(expression: Expression, code: Code, evaluator: Evaluator, known: Mapping[str, float]) -> float | None:
    """A number that the value does not go beyond: itself if it is stated, `min(n, 10)`, `randint(2, 5)`, `n % 7`."""
    stated = number(expression, code, evaluator, known)
    if stated is not None:
        return stated
    if isinstance(expression, Binary) and expression.operator == "Modulo":
        return number(expression.right, code, evaluator, known)
    if not isinstance(expression, Call):
        return None
    names = {library_name(value) for value in evaluator.values(expression.function, code)}
    bounds = [number(argument.value, code, evaluator, known) for argument in expression.arguments]
    given = [bound for bound in bounds if bound is not None]
    if names == {"builtins.min"}:
        return min(given, default=None)
    return max(given, default=None) if names and all(listed("draws-below", name) for name in names) else None


def bound_once(expression: Expression, code: Code) -> tuple[Binary, Code] | None:
    """The sum, product … that a name is bound to, once and for all, and where; None for any other name."""
    if not isinstance(expression, Name):
        return None
    home = holder(code, expression.id) or code.module.body
    value = assigned_once(expression.id, home)
    return (value, home) if isinstance(value, Binary) else None


def _apply(operator: str, left: float, right: float) -> float | None:
    match operator:
        case "Add":
            return left + right
        case "Subtract":
            return left - right
        case "Multiply":
            return min(left * right, _LARGEST)
        case "Power" if abs(right) <= 64 and abs(left) <= 1e6:
            return min(left**right, _LARGEST) if left > 0 else None
        case "FloorDivide" | "Divide" if right:
            return left / right
        case "LeftShift" if right <= 60:
            return min(left * 2**right, _LARGEST)
    return None


_REACHED = {"GreaterThan", "GreaterThanEqual", "Equal"}


def most_turns(loop: Loop, code: Code, evaluator: Evaluator) -> float:
    """How often a loop turns at most, as it is left under a test such as `if len(found) >= 10: break`."""
    if not loop.leaves:
        return inf
    limits = [
        number(other, code, evaluator, {})
        for branch in code.scope.branches
        if branch.ends and branch.context.loops[-1:] == (loop.number,) and isinstance(branch.test, Compare)
        for operator, other in branch.test.rest
        if operator in _REACHED and _counts(branch.test.left, loop, code)
    ]
    return min((limit + 1 for limit in limits if limit is not None), default=inf)


def _counts(expression: Expression, loop: Loop, code: Code) -> bool:
    """Whether a value grows with the turns: a name that they add to, or the length of something."""
    if isinstance(expression, Call):
        return spelled(expression.function) == "len"
    bindings = code.scope.bindings.get(expression.id, ()) if isinstance(expression, Name) else ()
    return any(b.kind == "augment" and loop.number in b.context.loops for b in bindings)


_DIGEST = 64
_MOST_HOPS = 4


def is_short(expression: Expression, code: Code, evaluator: Evaluator, limit: int, hops: int = 0) -> bool:
    """Whether all that an expression is known to be are texts or bytes of less than `limit` bytes."""
    if isinstance(expression, Constant):
        return isinstance(expression.value, (str, bytes)) and len(expression.value) < limit
    if isinstance(expression, Binary) and expression.operator == "Add":
        return all(is_short(part, code, evaluator, limit // 2, hops) for part in (expression.left, expression.right))
    if isinstance(expression, Call) and isinstance(expression.function, Attribute):
        if may("digest", expression.function.attr):
            return limit > 2 * _DIGEST
        same = may("as-long", expression.function.attr)
        return same and is_short(expression.function.value, code, evaluator, limit // 4, hops)
    if not isinstance(expression, Name) or hops > _MOST_HOPS:
        return False
    home = holder(code, expression.id) or code.module.body
    shorts = [
        is_short(binding.value, home, evaluator, limit, hops + 1)
        for binding in home.scope.bindings.get(expression.id, ())
        if binding.value is not None and binding.kind == "assign" and not binding.path
    ]
    others = [b for b in home.scope.bindings.get(expression.id, ()) if b.kind not in ("assign", "parameter")]
    return bool(shorts) and all(shorts) and not others


def largest(
    expression: Expression | None, code: Code, evaluator: Evaluator, known: Mapping[str, float]
) -> float | None:
    """The largest number among the items of a display or a range; None where one is not stated."""
    if isinstance(expression, Call) and expression.arguments:
        if {library_name(value) for value in evaluator.values(expression.function, code)} != {"builtins.range"}:
            return None
        bounds = [number(argument.value, code, evaluator, known) for argument in expression.arguments]
        return bounds[0] if len(bounds) == 1 else bounds[1]
    if isinstance(expression, Binary) and expression.operator == "Multiply":
        return largest(expression.left, code, evaluator, known) or largest(expression.right, code, evaluator, known)
    if not isinstance(expression, Collection) or not expression.items:
        return None
    numbers = [number(item, code, evaluator, known) for item in expression.items]
    stated = [n for n in numbers if n is not None]
    return max(stated) if len(stated) == len(numbers) else None


def counts_items(bound: Expression, code: Code) -> bool:
    """Whether a number tells how many items there are: `len(…)`, or what was asked of something outside."""
    if isinstance(bound, Name):
        home = holder(code, bound.id)
        bound = (assigned_once(bound.id, home) if home is not None else None) or bound
    return any(isinstance(e, Await) or (isinstance(e, Call) and spelled(e.function) == "len") for e in walk(bound))


def ends_with_items(test: Expression | None, name: str, code: Code) -> bool:
    """Whether a test on a number holds no longer than there are items: `i < len(items)`, `items[i] != last`."""
    if test is None:
        return False
    indexed = (e for part in walk(test) if isinstance(part, Item) for index in part.index for e in walk(index))
    return counts_items(test, code) or any(isinstance(e, Name) and e.id == name for e in indexed)
