"""Waits on conditions: whether what is waited for is looked at again after each one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.catalog.traits import has, may
from concurlint.effects.calls.every_way import EveryWay, both
from concurlint.effects.contexts.reach import bare
from concurlint.effects.flow.graphs import Graphs
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite
from concurlint.facts.syntax import spelled, walk
from concurlint.finding import Step
from concurlint.project.arguments import given
from concurlint.project.modules import Code


@dataclass(frozen=True, slots=True)
class BlindWait:
    """A wait after which the code goes on without having looked."""

    code: Code
    site: CallSite
    tested: Step | None  # the `if` that looked once, before


class ConditionWaits:
    """Looks at every wait on a condition."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._graphs = program[Graphs]
        # the looking may be left to callers: each of them calls it in a `while`
        self._looped = EveryWay(
            lambda code: self._graph.callers.get(code, ()),
            lambda edge, above: above or self._in_while(edge.caller, edge.site),
            both,
            otherwise=False,
        )

    def blind(self) -> Iterator[BlindWait]:
        """Waits with no loop around that tests again."""
        for code, calls in self._graph.libraries.items():
            seen: set[int] = set()
            for site, name, _ in calls:
                if not has("waits-on-condition", name) or id(site) in seen or may("waits-on-condition", code.name):
                    continue
                seen.add(id(site))
                if self._in_while(code, site) or self._looped.of(code):
                    continue
                tested = self._tested(code, site)
                if tested is not None and self._looks_after(code, site):
                    continue
                if tested is None and (given(site.call, "timeout", 0) or not (site.dropped or site.awaited)):
                    continue  # its result tells, or it is a pause that a notification cuts short
                yield BlindWait(code, site, tested)

    @staticmethod
    def _in_while(code: Code, site: CallSite) -> bool:
        return any(code.scope.loops[number].kind == "while" for number in site.context.loops)

    def _looks_after(self, code: Code, site: CallSite) -> bool:
        """Whether what was tested before the wait is tested again after it."""
        after = self._graphs.of(code).after(site.order)
        around = [condition.test for condition in site.context.conditions]
        asked = {spelled(part) for test in around for part in walk(test)} - {""}
        return any(
            branch.order in after
            and branch.test not in around
            and asked & {spelled(part) for part in walk(branch.test)}
            for branch in code.scope.branches
        )

    @staticmethod
    def _tested(code: Code, site: CallSite) -> Step | None:
        """The nearest `if` that the wait itself stands under, of those that ask more than whether there is a lock."""
        waited = spelled(site.call.function).rpartition(".")[0]
        for condition in reversed(site.context.conditions):
            if not {spelled(part) for part in bare(condition.test)} - {waited}:
                continue
            branch = next((b for b in code.scope.branches if b.test is condition.test), None)
            if branch is not None and {branch.body, branch.orelse} & set(site.context.blocks):
                return Step(code.span(branch.at), "looked at once, before the wait")
        return None
