"""Whether anybody else is on an event loop where a coroutine stands: tasks not begun yet or over are nobody."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from concurlint.catalog.kinds import kinds_with
from concurlint.catalog.traits import any_has, has
from concurlint.effects.calls.every_way import EveryWay, both
from concurlint.effects.calls.summaries import reached
from concurlint.effects.contexts.lifetimes import Lifetimes
from concurlint.effects.contexts.parallel import is_command
from concurlint.effects.contexts.spawns import Spawn, Spawns
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite
from concurlint.project.callgraph import Edge
from concurlint.project.modules import Code
from concurlint.project.values import ClassOf


class Others:
    """Follows a coroutine up to who has it run, and looks at each call on the way for tasks that go on meanwhile."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._roles = program.roles
        self._spawns = program[Spawns]
        self._lifetimes = program[Lifetimes]
        self._alone = EveryWay(
            self._into,
            lambda edge, above: above and self._waits_for(edge) and not self.go_on(edge.caller, edge.site.order),
            both,
            otherwise=False,
            known=self._decided,
            at_most=True,
        )

    def may_be_beside(self, code: Code, order: int | None) -> bool:
        """Whether others may want the loop while a coroutine is at a record, or anywhere in it."""
        return not self._alone.of(code) or self.go_on(code, order)

    # the ways into a coroutine

    def _into(self, code: Code) -> list[Edge]:
        runs = self._runs(code)
        return [edge for edge in self._graph.callers.get(code, ()) if self._waits_for(edge) or not runs]

    def _waits_for(self, edge: Edge) -> bool:
        return edge.site.awaited or id(edge.site.call) in self._waited_for_alone

    def _runs(self, code: Code) -> list[Spawn]:
        return [
            run
            for run in self._spawns.by_code.get(code, ())
            if run.on == "task" and not (run.site is not None and run.site in self._sole)
        ]

    def _decided(self, code: Code) -> bool | None:
        runs = self._runs(code)
        if not code.is_async or not all(run.waits for run in runs):
            return False
        if is_command(self._graph, code):
            return not self._come_with_libraries(code)
        if self._into(code):
            return None
        return bool(runs) and not self._come_with_libraries(code)

    @cached_property
    def _sole(self) -> frozenset[CallSite]:
        """The awaited calls that have one coroutine run, and nothing beside it: `await wait_for(load(), 5)`."""
        sites = [s.site for s in self._spawns.all if s.site is not None and _ends_at_once(s) and not s.several]
        return frozenset(site for site in sites if sites.count(site) == 1)

    @cached_property
    def _waited_for_alone(self) -> frozenset[int]:
        return frozenset(id(argument.value) for site in self._sole for argument in site.call.arguments)

    # tasks of the program

    def go_on(self, code: Code, order: int | None) -> bool:
        """Whether a task has been made by then that nobody has waited for."""
        lifetimes = (self._lifetimes.of(spawn) for spawn in self._made)
        if order is None:
            return any(code in lifetime.called or code in lifetime.parts for lifetime in lifetimes)
        return any(lifetime.holds(code, order) for lifetime in lifetimes)

    @cached_property
    def _made(self) -> tuple[Spawn, ...]:
        return tuple(
            spawn
            for spawn in self._spawns.all
            if spawn.on == "task" and spawn.site is not None and not spawn.waits and not _ends_at_once(spawn)
        )

    # tasks of libraries

    def _come_with_libraries(self, root: Code) -> bool:
        """Whether what a coroutine comes to has tasks that no call of the program's own starts: a library's, such as
        those that keep connections alive, or whoever is meant to meet the program's tasks at its queues and events."""
        below = set(reached(self._graph, root.family(), follow=lambda _: True))
        if any(spawn.on == "task" and spawn.site is None and spawn.where in below for spawn in self._spawns.all):
            return True
        if self._start_coroutines_of_libraries(below):
            return True
        names = set(self._named(below))
        if any(any_has("runs-tasks", package) for package in {name.partition(".")[0] for name in names}):
            return True
        if any(spawn.on == "task" and not spawn.waits and spawn.where in below for spawn in self._spawns.all):
            return False
        runs = self._runs(root)  # what is handed in is made by whoever has it run, or by anybody
        known = bool(runs) and all(run.waits for run in runs)
        met = names | set(self._named({run.where for run in runs})) if known else self._graph.named
        roles = (self._roles.class_role(name) for name in met)
        return any(role is not None and role.kind in kinds_with("between-tasks") for role in roles)

    def _named(self, codes: set[Code]) -> Iterator[str]:
        for code in codes:
            yield from (name for _, name, _ in self._graph.libraries.get(code, ()))
            for site in self._graph.sites(code):
                for value in self._graph.targets(site):
                    if isinstance(value, ClassOf):
                        yield from self._graph.evaluator.lineage(value.code)[1]

    def _start_coroutines_of_libraries(self, codes: set[Code]) -> bool:
        """Whether a task is made of what is no coroutine of the program: `create_task(client.listen())`."""
        known = {id(spawn.site) for spawn in self._spawns.all}
        for code in codes:
            for site, name, _ in self._graph.libraries.get(code, ()):
                role = self._roles.runs(name)
                starts = has("gathers", name) or (role is not None and role.on == "task" and not role.waits)
                if starts and not site.awaited and id(site) not in known:
                    return True
        return False


def _ends_at_once(spawn: Spawn) -> bool:
    """Whether the very call that starts a task is awaited until the task is done."""
    return spawn.site is not None and spawn.site.awaited and has("gathers", spawn.name)
