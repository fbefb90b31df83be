"""Threads started for each request or message that a framework hands on, with nothing to limit how many run at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.catalog.traits import may
from concurlint.effects.calls.summaries import reached
from concurlint.effects.calls.witness import links
from concurlint.effects.contexts.spawns import Spawn, Spawns
from concurlint.effects.program import Program
from concurlint.effects.threads.unbounded import UnboundedThreads
from concurlint.facts.records import CallSite, Condition
from concurlint.facts.syntax import Attribute, Call, Name, walk
from concurlint.finding import Step
from concurlint.project.callgraph import Edge
from concurlint.project.classes import holder, is_self
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
        conditions = [*site.context.conditions, *(c for edge in way for c in edge.site.context.conditions)]
        if any(self._asks_for_state(condition, one) for condition in conditions for one in codes):
            return False
        return not any(self._waits(one) or self._unbounded.takes_semaphore(one, None) for one in codes)

    @staticmethod
    def _asks_for_state(condition: Condition, code: Code) -> bool:
        """Whether a test looks at what is kept between two events: an attribute of the object, a global, a thread."""
        for part in walk(condition.test):
            if (
                isinstance(part, Call)
                and isinstance(part.function, Attribute)
                and may("asks-state", part.function.attr)
            ):
                return True
            if (
                isinstance(part, Attribute)
                and isinstance(part.value, Name)
                and is_self(code, part.value.id) is not None
            ):
                return True
            if isinstance(part, Name) and holder(code, part.id) is None:
                bound = code.module.body.scope.bindings.get(part.id, ())
                if code.module.global_writes.get(part.id) or any(b.kind == "assign" for b in bound):
                    return True
        return False

    @staticmethod
    def _waits(code: Code) -> bool:
        return any(
            isinstance(site.call.function, Attribute) and may("bounds-loop", site.call.function.attr)
            for site in code.scope.calls
        )
