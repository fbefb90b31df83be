"""Computing in coroutines that keeps their event loop from turning."""

from __future__ import annotations

from collections.abc import Iterator

from concurlint.catalog.effects import EffectKind
from concurlint.effects.contexts.parallel import SoleEndedTasks
from concurlint.effects.cost.estimates import CautiousEstimates
from concurlint.effects.cost.figures import Estimate
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite, Loop
from concurlint.facts.syntax import Place
from concurlint.finding import Step
from concurlint.project.callgraph import library_name
from concurlint.project.modules import Code

_COMPUTE = (EffectKind.GIL_CPU, EffectKind.NOGIL_CPU)


class Stalls:
    """Weighs what coroutines do between two awaits."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._alone = program[SoleEndedTasks]
        self._effects = program.effects
        self._computing = program[CautiousEstimates]

    def heavy(self) -> Iterator[tuple[Code, Place, Estimate]]:
        """Loops without an await and calls of project functions that surely compute for long."""
        for code in self._graph.edges:
            if not code.is_async or self._alone.is_alone(code):
                continue
            loops = [loop for loop in code.scope.loops if self._is_widest_without_await(code, loop)]
            for loop in loops:
                estimate = self._computing.stretch(code, loop)
                if estimate.is_heavy:
                    yield code, loop.at, estimate
            inside = {loop.number for loop in loops}
            for site in code.scope.calls:
                if site.awaited or inside & set(site.context.loops) or not self._runs_here(code, site):
                    continue
                estimate = self._computing.at(code, site)
                if estimate.is_heavy:
                    yield code, site.call.at, estimate

    def _runs_here(self, code: Code, site: CallSite) -> bool:
        return any(
            edge.site is site and edge.runs and not (edge.consumed and self._is_gone_through_with_awaits(code, site))
            for edge in self._graph.edges[code]
        )

    def _is_gone_through_with_awaits(self, code: Code, site: CallSite) -> bool:
        """Whether the loop over what a generator gives awaits in its turns, between two pieces of its work."""
        loops = [loop for loop in code.scope.loops if loop.iterable is site.call]
        return any(loop.number in awaited.context.loops for loop in loops for awaited in code.scope.awaits)

    @staticmethod
    def _is_widest_without_await(code: Code, loop: Loop) -> bool:
        awaits = {number for awaited in code.scope.awaits for number in awaited.context.loops}
        awaits |= {other.number for other in code.scope.loops if other.is_async}
        awaits |= {number for given in code.scope.yielded for number in given.context.loops}
        return loop.number not in awaits and all(number in awaits for number in loop.context.loops)

    def slow_calls(self) -> Iterator[tuple[Code, CallSite, str, Step]]:
        """Calls of libraries that compute for long however small their input, as password hashes do."""
        for code in self._graph.edges:
            if not code.is_async or self._alone.is_alone(code):
                continue
            for site, name, _ in self._graph.libraries.get(code, ()):
                fact = self._effects.lookup(name)
                if fact is None or not fact.slow or site.awaited or len(self._graph.targets(site)) > 1:
                    continue
                if fact.effect in _COMPUTE and library_name(self._graph.targets(site)[0]) == name:
                    yield code, site, name, Step(code.span(site.call.at), fact.when or f"`{name}` computes for long")
