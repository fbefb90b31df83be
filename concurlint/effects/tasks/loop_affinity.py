"""Objects of an event loop that code on other threads works on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.catalog.traits import has
from concurlint.effects.calls.witness import links
from concurlint.effects.contexts.reach import Run
from concurlint.effects.flow.detours import Detours
from concurlint.effects.program import Program
from concurlint.effects.races.sharing import Sharing
from concurlint.facts.records import CallSite
from concurlint.facts.syntax import Attribute, Call, Name, walk
from concurlint.finding import Step
from concurlint.project.callgraph import library_name
from concurlint.project.classes import holder
from concurlint.project.modules import Code
from concurlint.project.values import Bound, Instance, Value


@dataclass(frozen=True, slots=True, eq=False)
class Crossing:
    """A call of `name`, which belongs on the loop's thread, in what `run` has run on another."""

    code: Code
    site: CallSite
    name: str
    remedy: str
    run: Run

    def steps(self) -> tuple[Step, ...]:
        """Who runs it on the thread, and the calls from there."""
        dispatch = self.run.dispatch
        at = dispatch.site.call.at if dispatch.site is not None else dispatch.code.scope.at
        where = dispatch.where if dispatch.site is not None else dispatch.code
        first = Step(where.span(at), f"`{dispatch.code.qualname}` runs on a thread (`{dispatch.name}`)")
        return (first, *links(self.run.via))


class LoopAffinity:
    """Looks at the calls in everything that threads reach."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._roles = program.roles
        self._sharing = program[Sharing]
        self._detours = program[Detours]

    def all(self) -> Iterator[Crossing]:
        """Every such call, once."""
        for code, runs in self._sharing.spawned_runs.items():
            if code.is_async or code.scope.kind in ("module", "class") or self._detours.knows_the_loop(code):
                continue
            seen: set[CallSite] = set()
            for site, name, value in self._graph.libraries.get(code, ()):
                remedy = self._roles.bound_to_loop(name)
                if not remedy or site in seen or site.awaited or self._tells_threads(code, site):
                    continue
                if not all(self._is_bound(each) for each in self._graph.targets(site)):
                    continue
                run = next((run for run in runs if not self._is_its_own(code, site, value, run)), None)
                if run is not None:
                    seen.add(site)
                    yield Crossing(code, site, name, remedy, run)

    def _is_bound(self, value: Value) -> bool:
        return bool(self._roles.bound_to_loop(library_name(value)))

    def _is_its_own(self, code: Code, site: CallSite, value: Value, run: Run) -> bool:
        """Whether the thread runs a loop, or made the object itself."""
        reached = self._reached(run)
        for part in reached:
            if self._detours.knows_the_loop(part):
                return True
            if any(self._roles.runs_loop(name) for _, name, _ in self._graph.libraries.get(part, ())):
                return True
        owner = value.owner if isinstance(value, Bound) else None
        if not isinstance(owner, Instance) or owner.site is None or owner.site.code not in reached:
            return False
        # What the function that hands work over made before, and the work finds in its closure, is not the work's own,
        # even where the work calls that function again.
        return not (owner.site.code is run.dispatch.where and _is_captured(code, site, run.dispatch.where))

    def _reached(self, run: Run) -> set[Code]:
        return {code for code, runs in self._sharing.runs.items() if any(r.dispatch is run.dispatch for r in runs)}

    def _tells_threads(self, code: Code, site: CallSite) -> bool:
        """Whether a condition around the call asks which thread this is."""
        for condition in site.context.conditions:
            for part in walk(condition.test):
                if isinstance(part, Call):
                    called = self._graph.evaluator.values(part.function, code)
                    if any(has("tells-thread", library_name(value)) for value in called):
                        return True
        return False


def _is_captured(code: Code, site: CallSite, home: Code) -> bool:
    """Whether a method is called on a local name of the function around this one."""
    function = site.call.function
    name = function.value if isinstance(function, Attribute) else None
    return isinstance(name, Name) and code is not home and holder(code, name.id) is home
