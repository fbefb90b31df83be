"""Threads started for each request or message that a framework hands on, with nothing to limit how many run at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.catalog.traits import may
from concurlint.effects.accesses import StateAccesses
from concurlint.effects.calls.summaries import reached
from concurlint.effects.calls.witness import links
from concurlint.effects.contexts.spawns import Spawn, Spawns
from concurlint.effects.flow.graphs import Graphs
from concurlint.effects.flow.path_conditions import path_conditions
from concurlint.effects.program import Program
from concurlint.effects.threads.unbounded import UnboundedThreads
from concurlint.facts.records import CallSite
from concurlint.facts.syntax import Attribute, Call, Expression, Name, walk
from concurlint.finding import Step
from concurlint.project.callgraph import Edge
from concurlint.project.classes import holder
from concurlint.project.modules import Code


@dataclass(frozen=True, slots=True, eq=False)
class ThreadPerEvent:
    """A thread that is started whenever `handler` runs, which is for each `event`."""

    code: Code
    site: CallSite
    event: str
    handler: Spawn
    via: tuple[Edge, ...]

    def steps(self) -> tuple[Step, ...]:
        """The handler, and the calls from there."""
        code = self.handler.code
        first = Step(code.span(code.scope.at), f"`{code.qualname}` runs for each {self.event}")
        return (first, *links(self.via))


class ThreadsPerEvent:
    """Looks from the handlers of frameworks at what they start."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._roles = program.roles
        self._spawns = program[Spawns]
        self._unbounded = program[UnboundedThreads]
        self._accesses = program[StateAccesses]
        self._graphs = program[Graphs]

    def all(self) -> Iterator[ThreadPerEvent]:
        """One for each call that makes such a thread."""
        started = self._started()
        seen: set[CallSite] = set()
        for handler in self._spawns.all if started else ():
            event = self._event(handler)
            for code, way in reached(self._graph, [handler.code]).items() if event else ():
                for site, work in started.get(code, {}).items():
                    if site not in seen and self._is_unlimited(code, site, work, way):
                        seen.add(site)
                        yield ThreadPerEvent(code, site, event, handler, way)

    def _started(self) -> dict[Code, dict[CallSite, Code | None]]:
        """The calls that make a thread, by the function they stand in, with the project's code that it runs."""
        found: dict[Code, dict[CallSite, Code | None]] = {}
        for code, calls in self._graph.libraries.items():
            for site, name, _ in calls:
                role = self._roles.runs(name)
                if role is not None and role.on == "thread" and role.starts:
                    found.setdefault(code, {})[site] = None
        for dispatch in self._spawns.all:
            if dispatch.on == "thread" and dispatch.site is not None and self._unbounded.makes_thread(dispatch):
                found.setdefault(dispatch.where, {})[dispatch.site] = dispatch.code
        return found

    def _event(self, handler: Spawn) -> str:
        """What a framework runs the code for, again and again; "" where it is no handler of that kind."""
        if handler.on == "main" or may("runs-once", handler.code.name):
            return ""
        reason = self._roles.foreign(handler.name, handler.hook)
        return reason.removeprefix("an ").removeprefix("a ")

    def _is_unlimited(self, code: Code, site: CallSite, work: Code | None, way: tuple[Edge, ...]) -> bool:
        codes = [*(edge.caller for edge in way), code]
        if work in codes:
            return False  # a timer that starts itself again: one at a time
        places = [(code, site), *((edge.caller, edge.site) for edge in way)]
        if any(self._asks_for_state(test, one) for one, at in places for test in self._decisive(one, at)):
            return False
        return not any(self._waits(one) or self._unbounded.takes_semaphore(one, None) for one in codes)

    def _decisive(self, code: Code, site: CallSite) -> Iterator[Expression]:
        """The tests that came out one way wherever the call is made: around it, or of an early exit before it."""
        yield from (condition.test for condition in site.context.conditions)
        for condition in path_conditions(self._graphs.of(code), site.order, lambda _: True):
            yield condition.test

    def _asks_for_state(self, test: Expression, code: Code) -> bool:
        """Whether a test looks at what is kept between two events: an attribute of an object, a global, a thread; or
        at a local name for such a look."""
        for part in walk(test):
            function = part.function if isinstance(part, Call) else None
            if isinstance(function, Attribute) and may("asks-state", function.attr):
                return True
            if isinstance(part, Name) and holder(code, part.id) is code:
                looks = [b.value for b in code.scope.bindings[part.id] if b.kind == "assign" and b.value is not None]
                if any(self._is_state(inner, code) for look in looks for inner in walk(look)):
                    return True
            elif self._is_state(part, code):
                return True
        return False

    def _is_state(self, expression: Expression, code: Code) -> bool:
        """Whether it names something that code changes: not a constant of the module, nor what the event brings."""
        if not isinstance(expression, (Name, Attribute)):
            return False
        location = self._accesses.locate(expression, code)
        if location is None:
            return False
        return (
            location.kind != "global"
            or bool(location.home.module.global_writes.get(location.name))
            or any(binding.kind == "assign" for binding in location.home.scope.bindings.get(location.name, ()))
        )

    @staticmethod
    def _waits(code: Code) -> bool:
        return any(
            isinstance(site.call.function, Attribute) and may("bounds-loop", site.call.function.attr)
            for site in code.scope.calls
        )
