"""Tasks that nobody keeps: the event loop itself holds them only weakly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.catalog.traits import listed
from concurlint.effects.calls.summaries import summaries
from concurlint.effects.contexts.spawns import Spawns
from concurlint.effects.flow.graphs import Graphs
from concurlint.effects.flow.uses import is_never_read
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite
from concurlint.facts.syntax import Call, Name
from concurlint.finding import Step
from concurlint.project.arguments import given, merged
from concurlint.project.bindings import names_of
from concurlint.project.callgraph import Edge, library_name
from concurlint.project.modules import Code
from concurlint.project.values import Coroutine


@dataclass(frozen=True, slots=True, eq=False)
class _Given:
    """A task that a function gives back: where it is made, and the call of `name` by which the function has it."""

    made: CallSite
    site: CallSite
    name: str
    steps: tuple[Step, ...]


class KeptTasks:
    """What becomes of the tasks that calls make."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._roles = program.roles
        self._dispatches = program[Spawns]
        self._graphs = program[Graphs]

    def dropped_tasks(self) -> Iterator[tuple[Code, CallSite, str, tuple[Step, ...]]]:
        """Calls whose task lives only as long as somebody keeps it, and nobody does; the steps lead to its making."""
        for code, site, name in self._made():
            if self._is_dropped(code, site):
                yield code, site, name, ()
        given_back = summaries(self._graph, self._given_back(), self._through, key=lambda task: task.made)
        for code, tasks in given_back.items():
            for task in tasks.values():
                for edge in self._callers(code):
                    if self._is_dropped(edge.caller, edge.site):
                        yield edge.caller, edge.site, code.qualname, task.steps
                yield from self._dropped_by_loop(code, task)

    def _made(self) -> Iterator[tuple[Code, CallSite, str]]:
        for code, calls in self._graph.libraries.items():
            for site, name, _ in calls:
                role = self._roles.runs(name)
                if (role is not None and role.weak) or self._makes_tasks(code, site, name):
                    yield code, site, name

    def handed_to_loop(self) -> Iterator[tuple[Code, CallSite, str, Step]]:
        """Calls that have the loop itself make the task, and drop it: `loop.call_soon(loop.create_task, work())`."""
        for code, calls in self._graph.libraries.items():
            for site, name, callee in calls:
                role = self._roles.runs(name)
                call = merged(callee, site.call)
                work = given(call, *role.work) if role is not None and role.drops and role.on == "task" else None
                for value in self._graph.evaluator.values(work, code) if work is not None else ():
                    makes = self._roles.runs(library_name(value))
                    if makes is not None and makes.weak:
                        says = f"`{name.rpartition('.')[2]}` drops what its callback gives back"
                        yield code, site, makes.name, Step(code.span(site.call.at), says)

    def _makes_tasks(self, code: Code, site: CallSite, name: str) -> bool:
        """Whether a call makes tasks of coroutines made right there: `gather(a(), b())`."""
        if not listed("kept-by-result", name) or not site.call.arguments:
            return False
        passed = [a.value for a in site.call.arguments if a.keyword is None]
        values = [self._graph.evaluator.values(each, code) for each in passed if isinstance(each, Call)]
        return len(values) == len(passed) and all(v.items and all(isinstance(c, Coroutine) for c in v) for v in values)

    def _given_back(self) -> Iterator[tuple[Code, _Given]]:
        for code, site, name in self._made():
            if _gives_back(code, site):
                says = f"`{code.qualname}` gives back what `{name}` made"
                yield code, _Given(site, site, name, (Step(code.span(site.call.at), says),))

    def _through(self, edge: Edge, given: _Given) -> _Given | None:
        """What a function gives back by giving back what its callee gave."""
        if edge not in self._callers(edge.callee) or not _gives_back(edge.caller, edge.site):
            return None
        says = f"`{edge.caller.qualname}` gives back what `{edge.callee.qualname}` gave"
        step = Step(edge.caller.span(edge.site.call.at), says)
        return _Given(given.made, edge.site, edge.callee.qualname, (step, *given.steps))

    def _callers(self, code: Code) -> list[Edge]:
        """The calls that surely give their caller what the function gives back."""
        if code.is_async or code.scope.is_generator:
            return []
        edges = (edge for edge in self._graph.callers.get(code, ()) if edge.runs)
        return [one for one in edges if all(e is one for e in self._graph.edges[one.caller] if e.site is one.site)]

    def _dropped_by_loop(self, code: Code, given: _Given) -> Iterator[tuple[Code, CallSite, str, tuple[Step, ...]]]:
        """What a callback of the event loop gives back, which the loop does not look at."""
        for dispatch in self._dispatches.by_code.get(code, ()):
            role = self._roles.runs(dispatch.name)
            if role is None or not role.drops or dispatch.on != "task" or dispatch.site is None:
                continue
            if code.scope.kind == "lambda":
                says = f"`{dispatch.name.rpartition('.')[2]}` drops what its callback gives back"
                yield code, given.site, given.name, (Step(dispatch.where.span(dispatch.site.call.at), says),)
            else:
                yield dispatch.where, dispatch.site, code.qualname, given.steps[:1]
            return

    def _is_dropped(self, code: Code, site: CallSite) -> bool:
        """Whether nothing keeps a task; any local name but `_` keeps its own while the function goes on."""
        return site.dropped or any(
            is_never_read(name, code) and (name == "_" or not self._waits_after(code, site))
            for name in names_of(site.call, code)
        )

    def _waits_after(self, code: Code, site: CallSite) -> bool:
        after = self._graphs.of(code).after(site.order)
        return code.scope.is_generator or any(awaited.order in after for awaited in code.scope.awaits)


def _gives_back(code: Code, site: CallSite) -> bool:
    """Whether a function does nothing with what a call gave but return it."""
    names = set(names_of(site.call, code))
    for returned in code.scope.returned:
        if returned.value is site.call:
            return True
        if isinstance(returned.value, Name) and returned.value.id in names:
            return code.scope.uses.get(returned.value.id) == 1
    return False
