"""Which bindings of a name may hold at a place of its function: reaching definitions."""

from __future__ import annotations

from concurlint.effects.flow.cfg import Cfg
from concurlint.effects.flow.dataflow import Problem, forward
from concurlint.effects.flow.graphs import Graphs
from concurlint.effects.program import Program
from concurlint.facts.records import Access, Binding, Context, Returned
from concurlint.facts.syntax import Expression, Place
from concurlint.project.modules import Code

_Spot = tuple[Place, Context, int]


def definitions(cfg: Cfg, name: str, order: int) -> tuple[frozenset[Binding], bool]:
    """The bindings of `name` that may hold where a record is come to, and whether there may be none yet or any more.

    Those in other scopes are not seen: a name of the module, or one that is `global` or `nonlocal` elsewhere, may
    have been bound there too. Nothing reaches a record that cannot be come to.
    """
    bindings = {b.order: b for b in cfg.scope.bindings.get(name, ()) if b.kind != "annotate"}
    unbound = 0
    problem = Problem(
        initial=frozenset({unbound}),
        join=frozenset.union,
        transfer=lambda at, _: frozenset({unbound if bindings[at].kind == "delete" else at}),
        at=bindings,
    )
    found = forward(cfg, problem).before(order) or frozenset()
    return frozenset(bindings[at] for at in found if at), unbound in found


class Definitions:
    """Looks up where an expression stands in its scope, and what names hold there."""

    def __init__(self, program: Program) -> None:
        self._graphs = program[Graphs]
        self._spots: dict[Code, list[_Spot]] = {}
        self._known: dict[tuple[Code, str, int], list[Binding]] = {}

    def spot(self, expression: Expression, code: Code) -> tuple[Context, int] | None:
        """The context and order of the smallest recorded thing around an expression; None without one."""
        if code not in self._spots:
            self._spots[code] = sorted(_spots(code), key=lambda spot: _size(spot[0]))
        for place, context, order in self._spots[code]:
            if _within(expression.at, place):
                return context, order
        return None

    def at(self, name: str, use: Expression, code: Code) -> list[Binding]:
        """The bindings of a name of `code` that may hold at `use`, in order; all if nothing is known of the place.

        With `x += …` come those that it adds to.
        """
        bindings = code.scope.bindings.get(name, [])
        spot = self.spot(use, code)
        if spot is None or len(bindings) < 2:
            return bindings
        key = (code, name, spot[1])
        if key not in self._known:
            found = self._reaching(name, spot[1], code)
            self._known[key] = [binding for binding in bindings if binding in found] or bindings
        return self._known[key]

    def _reaching(self, name: str, order: int, code: Code) -> set[Binding]:
        cfg, found = self._graphs.of(code), set[Binding]()
        queue = [order]
        for place in queue:
            new = definitions(cfg, name, place)[0] - found
            found |= new
            queue += [binding.order for binding in new if binding.kind == "augment"]
        return found


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
