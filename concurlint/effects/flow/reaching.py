"""Which assignments of a local name may still hold where the name is read."""

from __future__ import annotations

from concurlint.facts.records import Access, Binding, Context, Returned
from concurlint.facts.syntax import Expression, Place
from concurlint.project.modules import Code

_Spot = tuple[Place, Context, int]


class ReachingDefinitions:
    """Looks up where an expression stands in its scope, and what was assigned before it."""

    def __init__(self) -> None:
        self._spots: dict[Code, list[_Spot]] = {}

    def spot(self, expression: Expression, code: Code) -> tuple[Context, int] | None:
        """The context and order of the smallest recorded thing around an expression; None without one."""
        if code not in self._spots:
            self._spots[code] = sorted(_spots(code), key=lambda spot: _size(spot[0]))
        for place, context, order in self._spots[code]:
            if _within(expression.at, place):
                return context, order
        return None

    def bindings(self, bindings: list[Binding], use: Expression, code: Code) -> list[Binding]:
        """Those of a name's bindings in `code` that may hold at `use`, in order; all if nothing is known."""
        spot = self.spot(use, code)
        if spot is None or len(bindings) < 2:
            return bindings
        context, order = spot
        killer: Binding | None = None
        for binding in bindings:
            if binding.order >= order or binding.kind in ("augment", "annotate"):
                continue
            always = context.blocks[: len(binding.context.blocks)] == binding.context.blocks
            if always and (killer is None or binding.order > killer.order):
                killer = binding
        return [b for b in bindings if b is killer or _may_hold(b, context, order, killer)]


def _may_hold(binding: Binding, context: Context, order: int, killer: Binding | None) -> bool:
    if binding.kind == "annotate":
        return False
    if binding.order >= order:
        shared = set(binding.context.loops) & set(context.loops)
        return bool(shared) and (killer is None or not shared & set(killer.context.loops))
    if killer is not None and binding.order < killer.order:
        return False
    return not excluded(binding.context, context)


def excluded(one: Context, other: Context) -> bool:
    """Whether two contexts are on different sides of the same test."""
    sides = {id(condition.test): condition.holds for condition in one.conditions}
    return any(sides.get(id(c.test), c.holds) is not c.holds for c in other.conditions)


def _spots(code: Code) -> list[_Spot]:
    scope = code.scope
    found: list[_Spot] = [(site.call.at, site.context, site.order) for site in scope.calls]
    records: list[Binding | Returned | Access] = [*scope.returned, *scope.yielded, *scope.accesses]
    for bindings in scope.bindings.values():
        records += bindings
    found += [(r.value.at, r.context, r.order) for r in records if r.value is not None]
    return found


def _size(place: Place) -> tuple[int, int]:
    line, column, end, last = place
    return end - line, last - column


def _within(inner: Place, outer: Place) -> bool:
    return outer[:2] <= inner[:2] and inner[2:] <= outer[2:]
