"""What becomes of the futures and iterators that pools give back: who asks them for errors, and who waits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.catalog.entries import RunsRole
from concurlint.effects.calls.arguments import Known, Passed, at_caller, lookup, whole_parameter
from concurlint.effects.calls.exceptions import Escape, ExceptionFlow
from concurlint.effects.contexts.spawns import ran
from concurlint.effects.flow.uses import is_dropped
from concurlint.effects.program import Program
from concurlint.effects.threads.keeping import KeptFutures
from concurlint.facts.records import CallSite
from concurlint.finding import Step
from concurlint.project.arguments import given, merged
from concurlint.project.modules import Code
from concurlint.project.values import Value, Values


@dataclass(frozen=True, slots=True, eq=False)
class Lost:
    """A call whose work may fail and whose result, with the error in it, is dropped."""

    code: Code
    site: CallSite
    role: RunsRole
    work: Code
    escape: Escape
    via: tuple[Step, ...] = ()


class FutureResults:
    """Looks at what is done with what pools give back."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._roles = program.roles
        self._evaluator = program.evaluator
        self._escapes = program[ExceptionFlow]
        self._kept = program[KeptFutures]

    def lost_errors(self) -> Iterator[Lost]:
        """Dropped results of work that may fail."""
        for code, calls in self._graph.libraries.items():
            for site, name, value in calls:
                role = self._roles.runs(name)
                if role is None or not role.error or self._tells(role, site, value):
                    continue
                if is_dropped(code, site) or (role.error != "iterator" and self._kept.are_never_asked(code, site)):
                    yield from self._in_work(code, site, role, self._work(code, site, role, value))
                else:
                    yield from self._by_callers(code, site, role, value)

    @staticmethod
    def _tells(role: RunsRole, site: CallSite, value: Value) -> bool:
        call = merged(value, site.call)
        return any(a.star for a in call.arguments if role.on_error) or (
            role.on_error is not None and given(call, *role.on_error) is not None
        )

    def _work(self, code: Code, site: CallSite, role: RunsRole, value: Value) -> Values:
        work = given(merged(value, site.call), *role.work)
        return self._evaluator.values(work, code) if work is not None else Values((), False)

    def _in_work(
        self, code: Code, site: CallSite, role: RunsRole, work: Values, via: tuple[Step, ...] = ()
    ) -> Iterator[Lost]:
        """A finding if all that the work may be is known, and fails."""
        codes = [ran(value) or self._graph.runs(value) for value in work]
        fitting = [run for run in codes if run is not None and run.is_async == (role.on == "task")]
        ways = [(run, self._escapes.of(run)) for run in fitting]
        if not codes or len(ways) < len(codes):
            return
        found = [(run, escape) for run, escape in ways if escape is not None]
        if len(found) == len(ways):
            yield Lost(code, site, role, *found[0], via)

    def _by_callers(self, code: Code, site: CallSite, role: RunsRole, value: Value) -> Iterator[Lost]:
        """A function that hands the future on: its callers may drop it."""
        if not any(returned.value is site.call for returned in code.scope.returned):
            return
        term = lookup(merged(value, site.call), code, role.work, self._evaluator)
        term = (whole_parameter(term.expression, term.code) or term) if isinstance(term, Known) else term
        for edge in self._graph.callers.get(code, ()):
            if not is_dropped(edge.caller, edge.site):
                continue
            passed = at_caller(term, edge, self._evaluator) if isinstance(term, Passed) and term.owner is code else term
            if isinstance(passed, Known):
                work = self._evaluator.values(passed.expression, passed.code)
                step = Step(code.span(site.call.at), f"`{code.qualname}` hands it to the pool")
                yield from self._in_work(edge.caller, edge.site, role, work, (step,))
