"""How a text becomes a pattern: what stands before and after it, and whether it is escaped."""

from __future__ import annotations

from dataclasses import dataclass

from concurlint.catalog.traits import has
from concurlint.facts.syntax import Binary, Call, Constant, Expression, Formatted, Name, Text
from concurlint.project.callgraph import library_name
from concurlint.project.evaluate import Evaluator
from concurlint.project.modules import Code


@dataclass(frozen=True, slots=True)
class Pieces:
    """A pattern made of one item: the constant texts around it, and whether it is escaped."""

    before: str
    after: str
    escaped: bool

    @property
    def bare(self) -> bool:
        """Whether the item is the pattern."""
        return not self.before and not self.after and not self.escaped


def pieces(pattern: Expression, target: Expression | None, evaluator: Evaluator, code: Code) -> Pieces | None:
    """The pieces of a pattern around the loop's item; None for anything else."""
    flat = _flat(pattern)
    if not isinstance(target, Name) or flat is None:
        return None
    inner = [index for index, part in enumerate(flat) if not isinstance(part, Constant)]
    if len(inner) != 1:
        return None
    before, after = _text(flat[: inner[0]]), _text(flat[inner[0] + 1 :])
    item = flat[inner[0]]
    escaped = False
    if isinstance(item, Call) and len(item.arguments) == 1:
        names = {library_name(value) for value in evaluator.values(item.function, code)}
        if len(names) != 1 or not has("makes-pattern", names.pop()):
            return None
        item, escaped = item.arguments[0].value, True
    if not isinstance(item, Name) or item.id != target.id:
        return None
    return Pieces(before, after, escaped)


def _flat(pattern: Expression) -> list[Expression] | None:
    """The parts that are put one after another."""
    match pattern:
        case Constant() | Name() | Call():
            return [pattern]
        case Text(parts=parts):
            if any(isinstance(part, Formatted) and part.spec for part in parts):
                return None
            return [part.value if isinstance(part, Formatted) else part for part in parts]
        case Binary(operator="Add", left=left, right=right):
            first, second = _flat(left), _flat(right)
            return [*first, *second] if first is not None and second is not None else None
    return None


def _text(parts: list[Expression]) -> str:
    return "".join(str(part.value) for part in parts if isinstance(part, Constant))
