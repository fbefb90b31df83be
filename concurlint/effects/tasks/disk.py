"""Disk access in coroutines, and whether it is repeated without bound."""

from __future__ import annotations

from collections.abc import Iterator

from concurlint.effects.blocking.calls import Blocking, DiskCalls
from concurlint.effects.calls.summaries import reached
from concurlint.effects.contexts.parallel import SoleEndedTasks
from concurlint.effects.contexts.spawns import Spawns
from concurlint.effects.flow.detours import Detours
from concurlint.effects.flow.graphs import Graphs
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite, Loop
from concurlint.facts.syntax import Attribute, Await, Call, Collection, Constant, Name
from concurlint.project.callgraph import library_name
from concurlint.project.modules import Code
from concurlint.project.values import Bound, ClassOf, Instance, Literal


class DiskAccess:
    """Looks at the calls in coroutines that wait for the disk."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._dispatches = program[Spawns]
        self._graphs = program[Graphs]
        self._blocking = program[DiskCalls]
        self._detours = program[Detours]
        self._alone = program[SoleEndedTasks]

    def on_loops(self) -> Iterator[tuple[Code, CallSite, Blocking, bool]]:
        """The calls, and whether each is repeated for items of which there may be any number."""
        for code, site, blocking in self._blocking.on_loops():
            if self._is_of_file_opened_here(code, site) or self._is_start_up(code, site):
                continue
            yield code, site, blocking, self._is_repeated(code, site, blocking)

    def _is_repeated(self, code: Code, site: CallSite, blocking: Blocking) -> bool:
        """Whether the disk is waited for once for each of any number of items; making objects does not count."""
        if any(isinstance(value, ClassOf) for _, step in blocking.chain for value in self._graph.targets(step)):
            return False
        around = [code.scope.loops[number] for number in site.context.loops]
        waits_for_items = any(loop.is_async or _takes_items(code, loop) for loop in around)
        if not (waits_for_items or self._has_company(code)) or any(
            self._detours.is_conditional(part, step) for part, step in blocking.chain[1:]
        ):
            return False
        loops = [
            part.scope.loops[number]
            for part, step in blocking.chain
            for number in step.context.loops
            if part is code or not _goes_through_parameter(part, number)
        ]
        if any(_calls_item(site, code.scope.loops[number]) for number in site.context.loops):
            return False
        own = {id(code.scope.loops[number]) for number in site.context.loops}
        return any(
            id(loop) in own and _takes_items(code, loop) and _is_plainly_in(site, loop)
            if loop.kind == "while"
            else not self._is_bounded(code, loop)
            for loop in loops
        )

    def _has_company(self, code: Code) -> bool:
        """Whether the coroutine, or one that awaits it, is known to run as a task or handler among others."""
        if self._alone.is_alone(code):
            return False
        awaiting = reached(self._graph, [code], up=True, follow=lambda edge: edge.site.awaited)
        runs = (run for each in awaiting for run in self._dispatches.by_code.get(each, ()))
        return any(run.on == "task" and not run.waits for run in runs)

    def _is_of_file_opened_here(self, code: Code, site: CallSite) -> bool:
        """Reading and writing a file whose opening is told already, unless that is over and over again."""
        for value in self._graph.targets(site):
            owner = value.owner if isinstance(value, Bound) else None
            if isinstance(owner, Instance) and owner.site is not None and owner.site.code is code:
                made = next((s for s in code.scope.calls if s.call is owner.site.call), None)
                return made is not None and isinstance(site.call.function, Attribute) and self._is_told(code, made)
        return False

    def _is_told(self, code: Code, made: CallSite) -> bool:
        return self._blocking.at(code, made) is not None

    def _is_start_up(self, code: Code, site: CallSite) -> bool:
        """In the main coroutine before it waits for anything: no task runs yet."""
        runs = self._dispatches.by_code.get(code, ())
        if not runs or not all(run.on == "task" and run.waits for run in runs) or site.context.loops:
            return False
        begun = [awaited.order for awaited in code.scope.awaits]
        begun += [d.site.order for d in self._dispatches.all if d.where is code and d.site is not None]
        cfg = self._graphs.of(code)
        return not any(site.order in cfg.after(order) for order in begun)

    def _is_bounded(self, code: Code, loop: Loop) -> bool:
        """A loop over things that are written down, or a known number of times."""
        if loop.is_async:
            return False
        iterable = loop.iterable
        if isinstance(iterable, (Collection, Constant)):
            return True
        if isinstance(iterable, Call):
            called = self._graph.evaluator.values(iterable.function, code)
            if {library_name(value) for value in called} != {"builtins.range"}:
                return False
            values = [self._graph.evaluator.values(a.value, code).only() for a in iterable.arguments]
            return bool(values) and all(isinstance(value, Literal) for value in values)
        return False


def _goes_through_parameter(code: Code, number: int) -> bool:
    """Whether it is up to the caller how many things a loop goes through."""
    iterable = code.scope.loops[number].iterable
    return isinstance(iterable, Name) and any(p.name == iterable.id for p in code.scope.parameters)


def _calls_item(site: CallSite, loop: Loop) -> bool:
    """Whether each turn calls something else: `for callback in callbacks: callback()`."""
    function = site.call.function
    return isinstance(function, Name) and isinstance(loop.target, Name) and function.id == loop.target.id


def _is_plainly_in(site: CallSite, loop: Loop) -> bool:
    """Whether every round of a `while` comes to the call, as far as tests in it go."""
    around = {id(condition.test) for condition in loop.context.conditions} | {id(loop.iterable)}
    return all(id(condition.test) in around for condition in site.context.conditions)


def _takes_items(code: Code, loop: Loop) -> bool:
    """Whether each round of a `while` awaits the next thing to work on: `message = await queue.get()`."""
    return any(
        isinstance(binding.value, Await) and loop.number in binding.context.loops
        for bindings in code.scope.bindings.values()
        for binding in bindings
    )
