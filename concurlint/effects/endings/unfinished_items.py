"""Queues that somebody joins, and items that a worker takes out and never reports as done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from concurlint.catalog.traits import has, may, spelt
from concurlint.effects.calls.exceptions import ExceptionFlow
from concurlint.effects.calls.reachability import Event, Reachability
from concurlint.effects.contexts.spawns import Spawns
from concurlint.effects.flow.cfg import Cfg, Edge
from concurlint.effects.flow.graphs import Graphs
from concurlint.effects.program import Program
from concurlint.facts.flow import RETURNED, Way
from concurlint.facts.records import CallSite, Handler
from concurlint.facts.syntax import (
    Attribute,
    Call,
    Collection,
    Compare,
    Expression,
    Name,
    Place,
    Unary,
    children,
    spelled,
    walk,
)
from concurlint.finding import Confidence, Step
from concurlint.project.bindings import names_of
from concurlint.project.modules import Code
from concurlint.project.values import Instance

_QUEUES = frozenset({"queue", "async-queue"})
_OUTCOMES = {Way.TRUE: True, Way.FALSE: False}
_SAME = {"Is": True, "Equal": True, "In": True, "IsNot": False, "NotEqual": False, "NotIn": False}


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """A call of a method of a queue (or what a loop takes from it), with the queues it may be, by where they are made.

    A loop over `iter(queue.get, …)` takes an item at the loop's order number.
    """

    code: Code
    site: CallSite
    queues: frozenset[int]
    order: int
    item: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Unfinished:
    """A queue that is joined though `worker` may leave an item undone; `at` and `what` tell where."""

    join: Use
    taken: Use
    at: Place
    what: str
    confidence: Confidence

    def steps(self) -> tuple[Step, ...]:
        """Where the item is taken, and where the worker turns off."""
        code = self.taken.code
        first = Step(code.span(self.taken.site.call.at), f"`{code.qualname}` takes an item here")
        return first, Step(code.span(self.at), self.what)


class UnfinishedItems:
    """Follows each item from where it is taken to the next one, or to the end of the worker."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._evaluator = program.evaluator
        self._graphs = program[Graphs]
        self._moments = program[Reachability]
        self._failing = program[ExceptionFlow]
        self._spawns = program[Spawns]

    def all(self) -> Iterator[Unfinished]:
        """One for each join and worker."""
        joins = list(self._uses("join"))
        takes = [*self._uses("get"), *self._uses("get_nowait"), *self._looped()] if joins else []
        done = list(self._uses("task_done")) if takes else []
        seen: set[tuple[frozenset[int], Code]] = set()
        for join in joins:
            for taken in takes:
                key = join.queues, taken.code
                if key in seen or not join.queues & taken.queues:
                    continue
                found = self._undone(join, taken, takes, [use for use in done if use.queues & taken.queues])
                if found is not None:
                    seen.add(key)
                    yield found

    # what is done with queues

    def _uses(self, method: str) -> Iterator[Use]:
        for code in self._graph.edges:
            for site in code.scope.calls:
                function = site.call.function
                if isinstance(function, Attribute) and function.attr == method:
                    queues = self._queues(function.value, code)
                    if queues:
                        order, taken = _when_done(code, site)
                        yield Use(code, site, queues, order, tuple(_names(code, taken)))

    def _looped(self) -> Iterator[Use]:
        """Loops that take one item in each turn: `for item in iter(queue.get, None)`."""
        for code in self._graph.edges:
            for loop in code.scope.loops:
                made = loop.iterable
                if not isinstance(made, Call) or spelled(made.function) != "iter" or len(made.arguments) != 2:
                    continue
                taken = made.arguments[0].value
                site = next((site for site in code.scope.calls if site.call is made), None)
                if isinstance(taken, Attribute) and taken.attr == "get" and site is not None:
                    queues = self._queues(taken.value, code)
                    if queues:
                        yield Use(code, replace(site, order=loop.order), queues, loop.order)

    def _queues(self, expression: Expression, code: Code) -> frozenset[int]:
        """Where the queues are made that an expression may be; nothing if it may be anything else."""
        values = self._evaluator.values(expression, code).used()
        if not values.items or any(self._evaluator.kind(value) not in _QUEUES for value in values):
            return frozenset()
        sites = [value.site for value in values if isinstance(value, Instance)]
        return frozenset(id(site.call) for site in sites if site is not None)

    # ways that leave one undone

    def _undone(self, join: Use, taken: Use, takes: list[Use], done: list[Use]) -> Unfinished | None:
        code = taken.code
        if code is join.code or code.scope.kind == "class":
            return None
        events = [Event(use.code, use.site) for use in done]
        ends = {site.order for site in self._moments.in_code(code, events)} | self._sent_away(code, done)
        if not ends:
            if done or self._is_done_somewhere:
                return None
            return Unfinished(join, taken, taken.site.call.at, "and nobody calls `task_done()`", Confidence.HIGH)
        again = {use.order for use in takes if use.code is code and use.queues & taken.queues}
        cfg = self._graphs.of(code)
        if not any(end in cfg.after(taken.order, again) for end in ends):
            return None  # reported by another order of things
        ways = cfg.after(taken.order, ends | again, lambda edge: self._is_followed(edge, taken, cfg, ends))
        edges = next((way for order in again if (way := ways.way_to(order)) is not None), None)
        edges = edges if edges is not None else ways.way_out(RETURNED)
        if edges is not None:
            at, what = self._in_words(edges, taken, cfg)
            return Unfinished(join, taken, at, what, Confidence.HIGH)
        fatal = next((site for site in code.scope.calls if site.order in ways and self._kills(site, code, ends)), None)
        if fatal is None or self._is_asked_before(join):
            return None
        what = "the worker ends here when this fails, and `task_done()` is skipped"
        return Unfinished(join, taken, fatal.call.at, what, Confidence.MIDDLE)

    def _sent_away(self, code: Code, done: list[Use]) -> set[int]:
        """The calls that have somebody else run what reports the item: `pool.submit(handle, item)`."""
        reporting = {use.code for use in done}
        return {
            spawn.site.order
            for spawn in self._spawns.all
            if spawn.where is code and spawn.site is not None and reporting & self._moments.below(spawn.code)
        }

    def _is_asked_before(self, join: Use) -> bool:
        """Whether the workers' errors come up before the join: `gather(*workers)`."""
        calls = self._graph.libraries.get(join.code, ())
        return any(has("gathers", name) and site.order < join.order and site.awaited for site, name, _ in calls)

    def _kills(self, site: CallSite, code: Code, ends: set[int]) -> bool:
        """Whether a call is known to fail at times, and its error leaves the worker without a report of the item."""
        cfg = self._graphs.of(code)
        if not any(
            edge.site is site and edge.runs and self._failing.of(edge.callee) is not None
            for edge in self._graph.edges.get(code, ())
        ):
            return False
        return cfg.when_raised(site.order, ends, _is_taken_by_any_clause).raises

    @cached_property
    def _is_done_somewhere(self) -> bool:
        """Whether somebody reports an item of a queue that is not known."""
        return any(
            isinstance(site.call.function, Attribute)
            and site.call.function.attr == "task_done"
            and not self._queues(site.call.function.value, code)
            for code in self._graph.edges
            for site in code.scope.calls
        )

    def _is_followed(self, edge: Edge, taken: Use, cfg: Cfg, ends: set[int]) -> bool:
        """Ways on: all that is no exception, and exceptions of calls that a clause of the worker takes."""
        if edge.way is Way.DONE and any(loop.order == taken.order for loop in cfg.scope.loops):
            return taken.order not in cfg.orders(edge.source)
        if edge.way in _OUTCOMES and edge.test is not None:
            looked = edge.test is taken.site.call and edge.way is Way.FALSE  # `while queue.get():`
            return not looked and not _is_sentinel(edge.test, _OUTCOMES[edge.way], taken.item)
        if edge.raised is not None:
            return edge.raised not in ends and self._may_raise(edge.raised, taken, cfg)
        if edge.way in (Way.UNCAUGHT, Way.UNCAUGHT_BASE):
            return False
        if edge.way is Way.CAUGHT:
            return _is_caught(edge, cfg)
        return True

    def _may_raise(self, order: int, taken: Use, cfg: Cfg) -> bool:
        """Whether a call is one that goes wrong when the work does: no message, and nothing of the queue."""
        site = next((site for site in cfg.scope.calls if site.order == order), None)
        if site is None or order == taken.order:
            return False
        function = site.call.function
        last = function.attr if isinstance(function, Attribute) else spelled(function)
        return not (may("only-tells", last) or last in ("task_done", "empty", "qsize", "is_set"))

    # in words

    @staticmethod
    def _in_words(edges: list[Edge], taken: Use, cfg: Cfg) -> tuple[Place, str]:
        for edge in reversed(edges):
            handler = _handler(edge, cfg) if edge.way is Way.CAUGHT else None
            if handler is not None:
                line, column = handler.at[:2]
                caught = (line, column, line, column + len("except"))
                return caught, "an exception that is caught here skips `task_done()`"
        turning = {id(loop.iterable) for loop in cfg.scope.loops}
        for edge in reversed(edges):
            if edge.way in _OUTCOMES and edge.test is not None and id(edge.test) not in turning:
                outcome = "holds" if _OUTCOMES[edge.way] else "does not hold"
                return edge.test.at, f"`task_done()` is skipped when this {outcome}"
        return taken.site.call.at, "`task_done()` is skipped from here on"


def _when_done(code: Code, site: CallSite) -> tuple[int, Expression]:
    """When a call has given what it gives, a coroutine by the `await` around it, and the expression of that."""
    for awaited in code.scope.awaits:
        if awaited.value is not None and any(part is site.call for part in walk(awaited.value)):
            return awaited.order, awaited.value
    return site.order, site.call


def _names(code: Code, taken: Expression) -> Iterator[str]:
    yield from names_of(taken, code)
    for name, bindings in code.scope.bindings.items():
        if any(getattr(b.value, "value", None) is taken and not b.path for b in bindings):
            yield name  # `item = await queue.get()`


def _handler(edge: Edge, cfg: Cfg) -> Handler | None:
    """The clause that an edge leads into."""
    for handler in cfg.scope.handlers:
        if edge.test is None and not handler.types:
            return handler
        if edge.test is not None and any(p is k for p in (edge.test, *children(edge.test)) for k in handler.types):
            return handler
    return None


def _is_caught(edge: Edge, cfg: Cfg) -> bool:
    """Whether a clause takes a failure of the work."""
    handler = _handler(edge, cfg) if edge.way is Way.CAUGHT else None
    return handler is not None and not any(_is_no_failure(kind) for kind in handler.types)


def _is_taken_by_any_clause(edge: Edge) -> bool:
    """Ways on of an error that every `except` takes, whatever it names, and nothing else goes wrong."""
    return edge.raised is None and edge.way not in (Way.UNCAUGHT, Way.UNCAUGHT_BASE)


def _is_no_failure(kind: Expression) -> bool:
    """Whether a clause is there for the end of the worker, or for an empty queue."""
    name = spelled(kind)
    last = name.rpartition(".")[2]
    return (
        last in ("Empty", "QueueEmpty", "QueueShutDown", "ShutDown", "StopIteration")
        or spelt("exits-meant", name)
        or (has("cancellation", name) or last in ("CancelledError", "KeyboardInterrupt", "SystemExit", "GeneratorExit"))
    )


def _is_sentinel(test: Expression, holds: bool, item: tuple[str, ...]) -> bool:
    """Whether a test that came out so says that the item is the one that ends the worker."""
    if isinstance(test, Unary) and test.operator == "Not":
        return _is_sentinel(test.operand, not holds, item)
    if isinstance(test, Name):
        return test.id in item and not holds
    if not isinstance(test, Compare) or len(test.rest) != 1:
        return False
    operator, right = test.rest[0]
    if operator in ("In", "NotIn") and not isinstance(right, Collection):
        return False
    sides = (test.left, right)
    return any(isinstance(side, Name) and side.id in item for side in sides) and _SAME.get(operator) is holds
