"""Where the start method of the whole program is chosen: while a module is imported, or a second time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from concurlint.effects.calls.reachability import Event, Reachability
from concurlint.effects.contexts.spawns import Spawns
from concurlint.effects.flow.conditions import holds, is_for_tests, says_main
from concurlint.effects.program import Program
from concurlint.effects.startup.import_time import calls_at_import
from concurlint.effects.startup.start_methods import chooses_for_all
from concurlint.facts.records import CallSite
from concurlint.finding import Step
from concurlint.project.arguments import given
from concurlint.project.modules import Code, Module
from concurlint.project.values import Literal


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """A choice of the start method that comes at the wrong time: `why` is "imported", "children" or "twice"."""

    code: Code
    site: CallSite
    why: str
    steps: tuple[Step, ...] = ()


class StartMethodChoices:
    """Finds the calls that choose for all and looks at when they run."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._roles = program.roles
        self._evaluator = program.evaluator
        self._dispatches = program[Spawns]
        self._moments = program[Reachability]

    def misplaced(self) -> Iterator[Setting]:
        """Each such call once."""
        seen: set[int] = set()
        for call in calls_at_import(self._graph, self._dispatches.all):
            if call.site is None or not chooses_for_all(call.name, self._roles) or id(call.site) in seen:
                continue
            if is_for_tests(call.code):
                continue  # a test's program is its own
            imported = self._is_for_import(call.top.module)
            if imported or not self._is_harmless_in_script(call.site, call.code):
                seen.add(id(call.site))
                yield Setting(call.code, call.site, "imported" if imported else "children", call.steps())
        for setting in self._second():
            if id(setting.site) not in seen:
                seen.add(id(setting.site))
                yield setting

    def _is_for_import(self, module: Module) -> bool:
        """Whether a file is part of a package, or some file of the project imports it."""
        if module.name.rpartition(".")[2] == "__main__":
            return False
        if module.source.is_package or "." in module.name:
            return True
        return any(
            binding.imported is not None and other.absolute(binding.imported) == module.name
            for other in self._evaluator.project.loaded
            for scope in other.facts.scopes
            for bindings in scope.bindings.values()
            for binding in bindings
        )

    def _is_harmless_in_script(self, site: CallSite, code: Code) -> bool:
        """With `fork` no child runs the script again; with `force=True` it sets what is set already."""
        position = self._roles.start_method("multiprocessing.set_start_method") or ("method", 0)
        method = given(site.call, *position)
        forks = method is not None and self._evaluator.values(method, code).only() == Literal("fork")
        return forks or self._is_forced(site, code)

    def _is_forced(self, site: CallSite, code: Code) -> bool:
        force = given(site.call, "force", 1)
        return force is not None and self._evaluator.values(force, code).only() != Literal(False)

    def _second(self) -> Iterator[Setting]:
        events = [
            Event(code, site)
            for code, site, name in (
                (code, site, name) for code, calls in self._graph.libraries.items() for site, name, _ in calls
            )
            if chooses_for_all(name, self._roles)
        ]
        if len(events) < 2:
            return
        for code in self._moments.above([event.code for event in events]):
            found = [(site, event) for event in events for site in self._moments.in_code(code, [event])]
            found.sort(key=lambda pair: pair[0].order)
            for (first, before), (second, event) in pairwise(found):
                if first is second or not self._moments.leads_to(code, first, second):
                    continue
                if self._is_forced(event.site, event.code) or self._is_optional(event):
                    continue
                step = Step(before.code.span(before.site.call.at), "it is chosen here already")
                yield Setting(event.code, event.site, "twice", (step,))

    @staticmethod
    def _is_optional(event: Event) -> bool:
        """Tried, or asked for first."""
        context = event.site.context
        tested = [c for c in context.conditions if not holds((c,), event.code, says_main)]
        return bool(tested) or any(attempt.part == "body" for attempt in context.attempts)
