"""How often a call that starts something runs, and whether what it starts runs one after another."""

from __future__ import annotations

from concurlint.catalog.traits import may
from concurlint.effects.flow.dominators import in_one_turn
from concurlint.effects.flow.graphs import Graphs
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite
from concurlint.facts.syntax import Attribute, Call, Collection, Expression, Name
from concurlint.project.arguments import given
from concurlint.project.bindings import names_of
from concurlint.project.evaluate import Evaluator
from concurlint.project.modules import Code
from concurlint.project.values import Instance, Literal


class Repetition:
    """Asks of calls that start work how often they do."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._graphs = program[Graphs]
        self._evaluator = program.evaluator

    def of(self, code: Code, site: CallSite) -> bool:
        """Whether the dispatching call itself runs several times: in a loop, or its function is called in one."""
        if site.awaited or self._waited_for_in_turn(code, site) or self.one_worker(code, site):
            return False
        if any(not _one_turn(code, number) for number in site.context.loops):
            return True
        if code.scope.kind == "module":
            return False
        edges = self._graph.callers.get(code, ())
        return any(edge.site.context.loops for edge in edges)

    def one_worker(self, code: Code, site: CallSite) -> bool:
        """Sent to a pool of one: the tasks run one after another."""
        function = site.call.function
        if not isinstance(function, Attribute):
            return False
        return any(
            isinstance(value, Instance)
            and value.site is not None
            and _has_one_worker(value.site.call, value.site.code, self._evaluator)
            for value in self._evaluator.values(function.value, code).used()
        )

    def _waited_for_in_turn(self, code: Code, site: CallSite) -> bool:
        """Whether the same turn of the loop waits for the work: `t = Thread(…); t.start(); t.join()`."""
        if not site.context.loops:
            return False
        names = set(names_of(site.call, code))
        loop, cfg = code.scope.loops[site.context.loops[-1]], self._graphs.of(code)
        for other in code.scope.calls:
            function = other.call.function
            if not isinstance(function, Attribute) or not may("waits-for-work", function.attr):
                continue
            base = function.value
            if base is site.call or (isinstance(base, Name) and base.id in names):
                if other.context.loops == site.context.loops and in_one_turn(cfg, loop, site.order, other.order):
                    return True
        return False


def _has_one_worker(call: Expression, code: Code, evaluator: Evaluator) -> bool:
    if not isinstance(call, Call):
        return False
    workers = given(call, "max_workers", 0) or given(call, "processes", 0)
    return workers is not None and evaluator.values(workers, code).only() == Literal(1)


def _one_turn(code: Code, number: int) -> bool:
    """A loop that starts one thing and leaves."""
    loop = code.scope.loops[number]
    iterable = loop.iterable
    return isinstance(iterable, Collection) and len(iterable.items) <= 1
