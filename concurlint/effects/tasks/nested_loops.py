"""Event loops that are started where one runs: in coroutines, and in what a loop calls back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.effects.calls.summaries import Summaries, summaries
from concurlint.effects.calls.witness import Chain, along
from concurlint.effects.contexts.spawns import Spawn, Spawns
from concurlint.effects.flow.conditions import contradicts
from concurlint.effects.flow.detours import Detours
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite
from concurlint.facts.syntax import Attribute, Call, Name, walk
from concurlint.finding import Confidence, Step
from concurlint.project.arguments import merged
from concurlint.project.callgraph import Edge, library_name
from concurlint.project.modules import Code
from concurlint.project.values import Bound, ClassOf, Instance

_TELLING = re.compile(r"async|sync(?!hroni)|loop|running|coro|await|thread", re.IGNORECASE)
"""Part of a name in a test that may well ask whether there is a loop to run things on."""


@dataclass(frozen=True, slots=True, eq=False)
class Nested:
    """A call in a coroutine that comes to `name`, which starts an event loop; `chain` as in `Blocking`."""

    name: str
    chain: Chain
    is_conditional: bool = False

    @property
    def confidence(self) -> Confidence:
        """Lower where it is up to a condition whether the loop is started."""
        return Confidence.MIDDLE if self.is_conditional else Confidence.HIGH

    def steps(self) -> tuple[Step, ...]:
        """The chain below the coroutine as steps of a trace."""
        return along(self.chain[1:], self.name)


class NestedLoops:
    """Looks at who runs loops."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._dispatches = program[Spawns]
        self._roles = program.roles
        self._detours = program[Detours]

    def nested_loops(self) -> Iterator[tuple[Code, CallSite, Nested]]:
        """Calls in coroutines and callbacks of a loop that start an event loop where one is running."""
        if any(name.startswith("nest_asyncio.") for name in self._graph.named):
            return
        starters = self._starters()
        for code in self._graph.edges:
            if not (code.is_async or self._is_called_back(code)) or self._detours.knows_the_loop(code):
                continue
            for site, name, _ in self._graph.libraries.get(code, ()):
                if self._runs_loop(code, site, name):
                    yield code, site, Nested(name, ((code, site),))
            for edge in self._graph.edges[code]:
                for inner in starters.get(edge.callee, {}).values():
                    if edge.runs and self._gets_there(edge, inner) and self._is_sure(edge):
                        chain = ((code, edge.site), *inner.chain)
                        yield code, edge.site, Nested(inner.name, chain, inner.is_conditional)

    def _runs_loop(self, code: Code, site: CallSite, name: str) -> bool:
        if not self._roles.runs_loop(name) or site.awaited:
            return False
        return not any(attempt.part == "body" for attempt in site.context.attempts) or not _catches(code, site)

    def _starters(self) -> Summaries[Nested]:
        """Plain functions that start a loop, directly or through others, for all that is known on every run."""
        direct = (
            (code, Nested(name, ((code, site),), bool(self._detours.of(code, site))))
            for code, calls in self._graph.libraries.items()
            if self._is_plain(code)
            for site, name, _ in calls
            if self._runs_loop(code, site, name) and self._comes_to(code, site)
        )
        return summaries(self._graph, direct, self._through, rank=lambda nested: (int(nested.is_conditional),))

    def _through(self, edge: Edge, inner: Nested) -> Nested | None:
        """That the caller starts a loop, if nothing says that its runs do not come to this call."""
        caller = edge.caller
        if not edge.runs or not self._is_plain(caller) or not self._is_sure(edge):
            return None
        if not self._comes_to(caller, edge.site) or not self._gets_there(edge, inner):
            return None
        unsure = inner.is_conditional or bool(self._detours.of(caller, edge.site))
        return Nested(inner.name, ((caller, edge.site), *inner.chain), unsure)

    def _comes_to(self, code: Code, site: CallSite) -> bool:
        """Whether runs come to a call: no `except` leads there, and no test that may know of loops or coroutines."""
        if self._detours.is_last_deed(code, site) or any(a.part == "handler" for a in site.context.attempts):
            return False
        parts = (part for condition in site.context.conditions for part in walk(condition.test))
        return not any(self._may_tell(part, code) for part in parts)

    def _may_tell(self, part: object, code: Code) -> bool:
        if isinstance(part, Call):
            names = {library_name(value) for value in self._graph.evaluator.values(part.function, code)}
            return not names or not all(name.startswith("builtins.") for name in names)
        word = part.id if isinstance(part, Name) else part.attr if isinstance(part, Attribute) else ""
        return bool(_TELLING.search(word))

    def _is_called_back(self, code: Code) -> bool:
        """Whether the loop itself calls a plain function: a timer, a done callback, a signal's handler."""
        return any(
            (dispatch.on == "task" and dispatch.site is not None) or self._interrupts(dispatch)
            for dispatch in self._dispatches.by_code.get(code, ())
            if (role := self._roles.runs(dispatch.name)) is not None and role.drops and not code.scope.is_generator
        )

    def _interrupts(self, dispatch: Spawn) -> bool:
        """Whether a signal's handler runs in the midst of a loop: set in a coroutine, or before one is run."""
        where, site = dispatch.where, dispatch.site
        if dispatch.on != "main" or site is None or dispatch.name != "signal.signal":
            return False
        return where.is_async or any(
            self._roles.runs_loop(name) and other.order > site.order
            for other, name, _ in self._graph.libraries.get(where, ())
        )

    def _is_plain(self, code: Code) -> bool:
        at_rest = code.is_async or code.scope.is_generator or code.scope.kind in ("module", "class")
        return not at_rest and not self._detours.knows_the_loop(code)

    def _is_sure(self, edge: Edge) -> bool:
        """Whether nothing else may be called there."""
        return len(self._graph.targets(edge.site)) == 1 and not edge.site.awaited

    @staticmethod
    def _gets_there(edge: Edge, inner: Nested) -> bool:
        bound = isinstance(edge.value, (Bound, ClassOf, Instance))
        call = merged(edge.value, edge.site.call)
        return not any(contradicts(c, edge.callee, call, bound) for c in inner.chain[0][1].context.conditions)


def _catches(code: Code, site: CallSite) -> bool:
    """Whether an `except` around the call may be there for the loop that runs already."""
    numbers = {attempt.number for attempt in site.context.attempts if attempt.part == "body"}
    return any(handler.attempt in numbers for handler in code.scope.handlers)
