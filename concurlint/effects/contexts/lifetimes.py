"""How long what a call starts may go on: from its start until it is waited for, also by helpers and callers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from concurlint.catalog.traits import may
from concurlint.effects.calls.summaries import Summaries, reached, summaries
from concurlint.effects.contexts.spawns import Spawn
from concurlint.effects.flow.cfg import Reach
from concurlint.effects.flow.definitions import Definitions
from concurlint.effects.flow.dominators import passes, sure_records
from concurlint.effects.flow.graphs import Graphs
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite, Context
from concurlint.facts.syntax import Attribute, Call, Constant, Expression, Name, Text
from concurlint.project.callgraph import Edge
from concurlint.project.classes import holder
from concurlint.project.modules import Code
from concurlint.project.values import Instance

_NOWHERE = Context()
_AT_ENTRY = -1  # of a function that is called meanwhile and waits for the work


@dataclass(frozen=True, slots=True, eq=False)
class Lifetime:
    """Where the program may be while something that it started goes on.

    `parts` are the functions that start it, by themselves or by calls: the record that does, and what they may come to
    before it is waited for. `called` are the functions that they call meanwhile, `outlives` tells whether somebody
    leaves who started it for good, and never waits for it.
    """

    parts: Mapping[Code, tuple[tuple[int, Reach], ...]]
    called: Mapping[Code, tuple[Edge, ...]]
    outlives: bool

    @property
    def is_known(self) -> bool:
        """Whether its start has been seen at all."""
        return bool(self.parts)

    def holds(self, code: Code, order: int) -> bool:
        """Whether a record may be come to meanwhile."""
        return code in self.called or any(order in reach for _, reach in self.parts.get(code, ()))

    def may_meet(self, other: Lifetime) -> bool:
        """Whether both may go on at once: not where a function waits for the one before it starts the other."""
        shared = [code for code in self.parts if code in other.parts]
        return not shared or any(
            one.holds(code, start) or start in (begun for begun, _ in one.parts[code])  # by one call, as in `gather`
            for one, two in ((self, other), (other, self))
            for code in shared
            for start, _ in two.parts[code]
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Going:
    """What has been started goes on after a record of a function, which stands in `context`."""

    code: Code
    order: int
    context: Context


class Lifetimes:
    """`program[Lifetimes].of(spawn)` is the lifetime of what a spawn starts."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._graphs = program[Graphs]
        self._definitions = program[Definitions]
        self._roles = program.roles
        self._evaluator = program.evaluator
        self._found: dict[Spawn, Lifetime] = {}
        self._endings: dict[Spawn, Summaries[CallSite]] = {}
        self._returning: dict[tuple[Code, frozenset[int]], bool] = {}

    def of(self, spawn: Spawn) -> Lifetime:
        """Nothing is known of what frameworks start; what is waited for at once goes on beside nobody."""
        if spawn not in self._found:
            self._found[spawn] = self._worked_out(spawn)
        return self._found[spawn]

    def is_over(self, spawn: Spawn, code: Code, order: int) -> bool:
        """Whether every way to a record of a function waits for the work there."""
        ends = frozenset(site.order for site in self._ending(spawn).get(code, {}).values())
        return bool(ends) and passes(self._graphs.of(code), ends, order)

    def _worked_out(self, spawn: Spawn) -> Lifetime:
        starts = [] if spawn.waits else [(going.code, going) for going in self._starts(spawn)]

        def through(edge: Edge, going: _Going) -> _Going | None:
            goes_on = edge.runs and self._after(spawn, going).returns
            return _Going(edge.caller, edge.site.order, edge.site.context) if goes_on else None

        found = summaries(self._graph, starts, through, key=lambda going: going.order)
        parts = {
            code: [(going.order, self._after(spawn, going)) for going in each.values()] for code, each in found.items()
        }
        edges = (edge for code in parts for edge in self._graph.edges.get(code, ()) if edge.runs)
        called = [e.callee for e in edges if any(e.site.order in reach for _, reach in parts[e.caller])]
        below = reached(self._graph, called, follow=lambda edge: edge.runs and self._comes_to(spawn, edge))
        for code in [code for code in below if code in self._ending(spawn)]:
            del below[code]
            parts.setdefault(code, []).append((_AT_ENTRY, self._until_end(spawn, code)))
        outlives = any(
            reach.returns and not any(edge.runs for edge in self._graph.callers.get(code, ()))
            for code in found
            for _, reach in parts[code]
        )
        return Lifetime({code: tuple(reaches) for code, reaches in parts.items()}, below, outlives)

    def _after(self, spawn: Spawn, going: _Going) -> Reach:
        ends = self._ends(spawn, going.code, going.context)
        return self._graphs.of(going.code).after(going.order, avoiding=ends)

    def _comes_to(self, spawn: Spawn, edge: Edge) -> bool:
        """Whether a function that is called meanwhile may make a call before it waits for the work itself."""
        ending = edge.caller in self._ending(spawn)
        return not ending or edge.site.order in self._until_end(spawn, edge.caller)

    def _until_end(self, spawn: Spawn, code: Code) -> Reach:
        return self._graphs.of(code).from_start(avoiding=self._ends(spawn, code, _NOWHERE))

    # starts

    def _starts(self, spawn: Spawn) -> Iterator[_Going]:
        if spawn.site is None:
            return
        role = self._roles.runs(spawn.name)
        if spawn.hook is None and (role is None or not role.starts):
            yield _Going(spawn.where, spawn.site.order, spawn.site.context)
            return
        for code, site in self._handled.get(id(spawn.site.call), ()):
            if isinstance(site.call.function, Attribute) and site.call.function.attr == "start":
                yield _Going(code, site.order, site.context)

    @cached_property
    def _handled(self) -> Mapping[int, list[tuple[Code, CallSite]]]:
        """The calls that start or wait for an object, by the call that makes it; under 0 those of who knows what."""
        found: dict[int, list[tuple[Code, CallSite]]] = {}
        for code in self._graph.edges:
            for site in code.scope.calls:
                function = site.call.function
                if not isinstance(function, Attribute) or isinstance(function.value, (Constant, Text)):
                    continue
                if function.attr == "start" or may("joins", function.attr):
                    known = self._evaluator.values(function.value, code).items
                    for key in self._made(function.value, code) if known else {0}:
                        found.setdefault(key, []).append((code, site))
        return found

    def _made(self, expression: Expression, code: Code) -> set[int]:
        """The calls that made what an expression stands for, where a local name is used: what holds there."""
        bound = code.scope.bindings.get(expression.id, []) if isinstance(expression, Name) else []
        parts = [expression]
        if len(bound) > 1 and isinstance(expression, Name) and holder(code, expression.id) is code:
            reaching = self._definitions.at(expression.id, expression, code)
            if all(isinstance(binding.value, Call) and not binding.path for binding in reaching):
                parts = [binding.value for binding in reaching if binding.value is not None]
        values = (value for part in parts for value in self._evaluator.values(part, code).used())
        return {id(value.site.call) for value in values if isinstance(value, Instance) and value.site is not None}

    # ends

    def _ends(self, spawn: Spawn, code: Code, start: Context) -> frozenset[int]:
        """The records of a function that wait for the work, or for the pool that does it.

        One in a loop or under a test of its own is taken to be there for all that was started.
        """
        ends: set[int] = set()
        for site in self._ending(spawn).get(code, {}).values():
            ends.update(sure_records(code.scope, site, start))
        pools = self._pools(spawn)
        for order, entered in self._graphs.of(code).exits.items() if pools else ():
            if self._made(entered.manager, code) & pools:
                ends.add(order)
        return frozenset(ends)

    def _ending(self, spawn: Spawn) -> Summaries[CallSite]:
        """The calls that wait for the work, also by a function that does so on every way."""
        if spawn not in self._endings:
            self._endings[spawn] = summaries(
                self._graph, self._joining(spawn), self._by_helper, key=lambda site: site.order
            )
        return self._endings[spawn]

    def _by_helper(self, edge: Edge, site: CallSite) -> CallSite | None:
        around = frozenset(sure_records(edge.callee.scope, site, _NOWHERE))
        return edge.site if edge.runs and not self._returns(edge.callee, around) else None

    def _returns(self, code: Code, avoiding: frozenset[int]) -> bool:
        """Whether a function may come to its end without any of these records."""
        key = (code, avoiding)
        if key not in self._returning:
            self._returning[key] = self._graphs.of(code).from_start(avoiding=avoiding).returns
        return self._returning[key]

    def _joining(self, spawn: Spawn) -> Iterator[tuple[Code, CallSite]]:
        made = [id(spawn.site.call)] if spawn.site is not None else []
        for key in (*made, *self._pools(spawn), 0) if made else ():
            for code, site in self._handled.get(key, ()):
                function = site.call.function
                if isinstance(function, Attribute) and function.attr != "start":
                    yield code, site

    def _pools(self, spawn: Spawn) -> set[int]:
        """Where the pools are made that may do the work."""
        function = spawn.site.call.function if spawn.site is not None else None
        return self._made(function.value, spawn.where) if isinstance(function, Attribute) else set()
