"""Work handed to threads or processes in a loop that waits for it before its next turn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.catalog.kinds import kinds_with
from concurlint.catalog.traits import may
from concurlint.effects.calls.reachability import Reachability
from concurlint.effects.calls.summaries import summaries
from concurlint.effects.calls.witness import links
from concurlint.effects.contexts.repetition import Repetition
from concurlint.effects.contexts.spawns import Spawns
from concurlint.effects.cost.estimates import StatedEstimates
from concurlint.effects.flow.conditions import is_for_tests
from concurlint.effects.flow.dependence import Dependence
from concurlint.effects.program import Program
from concurlint.effects.threads.between import BetweenStartAndJoin
from concurlint.effects.threads.fork_join import has_timeout
from concurlint.facts.records import CallSite, Loop
from concurlint.facts.syntax import Attribute, Call, Expression, Name, walk
from concurlint.finding import Step
from concurlint.project.arguments import given, merged
from concurlint.project.bindings import names_of
from concurlint.project.callgraph import Edge, library_name
from concurlint.project.modules import Code
from concurlint.project.values import Instance, Value

_FEWEST = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Awaited:
    """Work that is sent away at `begun` and waited for at `site`, before anything else is done."""

    code: Code
    begun: CallSite
    site: CallSite
    sends: str
    waits: str
    is_made_there: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class InEachTurn:
    """A loop of which each turn sends work away and waits for it, itself or by `via`."""

    code: Code
    loop: Loop
    site: CallSite
    work: Awaited
    via: tuple[Edge, ...] = ()

    def steps(self) -> tuple[Step, ...]:
        """The calls from the loop, and where the work is sent away."""
        begun = self.work.code.span(self.work.begun.call.at)
        return (*links(self.via), Step(begun, "the work is sent away here"))


@dataclass(frozen=True, slots=True, eq=False)
class _Way:
    work: Awaited
    via: tuple[Edge, ...] = ()


class ImmediateWaits:
    """Looks at loops over things, whose turns need nothing of each other."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._evaluator = program.evaluator
        self._roles = program.roles
        self._repetition = program[Repetition]
        self._between = program[BetweenStartAndJoin]
        self._moments = program[Reachability]
        self._spawns = program[Spawns]
        self._turns = program[Dependence]
        self._costs = program[StatedEstimates]

    def all(self) -> Iterator[InEachTurn]:
        """One for each loop."""
        seen: set[tuple[Code, int]] = set()
        for found in self._found():
            key = found.code, found.loop.number
            if key not in seen and self._is_alone(found.code):
                seen.add(key)
                yield found

    def _found(self) -> Iterator[InEachTurn]:
        plain: list[Awaited] = []
        for code in self._graph.edges:
            if code.is_async or code.scope.is_generator or is_for_tests(code):
                continue
            for work in (*self._of_pools(code), *self._of_threads(code)):
                loop = self._loop(code, work.begun)
                if loop is not None and self._is_told(code, loop, work.begun, work.site):
                    yield InEachTurn(code, loop, work.site, work)
                elif not work.begun.context.loops and work.sends != "start" and not work.is_made_there:
                    plain.append(work)
        yield from self._by_wrappers(plain)

    def _by_wrappers(self, plain: list[Awaited]) -> Iterator[InEachTurn]:
        """Loops that call a function which sends work away and waits for it."""

        def through(edge: Edge, way: _Way) -> _Way | None:
            passed = edge.runs and not edge.site.context.loops and not edge.caller.is_async and len(way.via) < 3
            return _Way(way.work, (edge, *way.via)) if passed else None

        ways = summaries(self._graph, ((work.code, _Way(work)) for work in plain), through)
        for callee, found in ways.items():
            for edge in self._graph.callers.get(callee, ()):
                code = edge.caller
                loop = self._loop(code, edge.site) if edge.runs and not code.is_async else None
                if loop is None or code.scope.is_generator or is_for_tests(code):
                    continue
                for way in found.values():
                    if self._is_told(code, loop, edge.site, edge.site):
                        yield InEachTurn(code, loop, edge.site, way.work, (edge, *way.via))

    # work that is waited for

    def _of_pools(self, code: Code) -> Iterator[Awaited]:
        """`pool.submit(…).result()`, in one expression or by a name, and `pool.apply(…)`."""
        for site, name, value in self._graph.libraries.get(code, ()):
            role = self._roles.runs(name)
            if role is None or role.on not in ("thread", "process") or role.many or role.starts:
                continue
            pool = site.call.function.value if isinstance(site.call.function, Attribute) else None
            if pool is None or not self._has_workers(pool, code) or self._repetition.one_worker(code, site):
                continue
            work = given(merged(value, site.call), *role.work)
            if work is None or any(self._roles.runs_loop(library_name(v)) for v in self._evaluator.values(work, code)):
                continue  # a coroutine is run where no loop is running
            sends, made = name.rpartition(".")[2], self._is_made(pool, code, site)
            if role.waits:
                yield Awaited(code, site, site, sends, "", made)
            elif role.error == "future":
                wait = self._asked(code, site)
                if wait is not None:
                    yield Awaited(code, site, wait, sends, getattr(wait.call.function, "attr", ""), made)

    def _has_workers(self, pool: Expression, code: Code) -> bool:
        kinds = {self._evaluator.kind(value) for value in self._evaluator.values(pool, code).used()}
        return bool(kinds) and kinds <= kinds_with("pool")

    def _is_made(self, pool: Expression, code: Code, site: CallSite) -> bool:
        """Whether the pool is made for this call: in the same function, and in the same turn if in a loop."""
        values = self._evaluator.values(pool, code).used()
        made = [value.site for value in values if isinstance(value, Instance) and value.site is not None]
        if not made or any(each.code is not code for each in made):
            return False
        calls = {id(each.call) for each in made}
        loops = [other.context.loops for other in code.scope.calls if id(other.call) in calls]
        return all(around == site.context.loops for around in loops)

    def _asked(self, code: Code, site: CallSite) -> CallSite | None:
        """The call that waits for a future in the same turn, without a timeout and with nothing done in between."""
        names = set(names_of(site.call, code))
        for other in code.scope.calls:
            function = other.call.function
            if not isinstance(function, Attribute) or function.attr not in ("result", "get") or other.call.arguments:
                continue
            base = function.value
            is_its = base is site.call or (isinstance(base, Name) and base.id in names)
            if is_its and other.context.loops == site.context.loops and other.order > site.order:
                if base is site.call or not self._between.is_busy(code, [site], [other]):
                    return other
        return None

    def _of_threads(self, code: Code) -> Iterator[Awaited]:
        """`thread.start()` and `thread.join()` in one turn."""
        for site in code.scope.calls:
            function = site.call.function
            if not site.context.loops or not isinstance(function, Attribute) or function.attr != "start":
                continue
            base = function.value
            loop = code.scope.loops[site.context.loops[-1]]
            if not isinstance(base, Name) or not self._is_of_turn(base, code, loop):
                continue
            for other in code.scope.calls:
                join = other.call.function
                if isinstance(join, Attribute) and join.attr == "join" and not has_timeout(other):
                    same = isinstance(join.value, Name) and join.value.id == base.id
                    together = other.context.loops == site.context.loops and other.order > site.order
                    if same and together and not self._between.is_busy(code, [site], [other]):
                        yield Awaited(code, site, other, "start", "join")
                        break

    def _is_of_turn(self, base: Name, code: Code, loop: Loop) -> bool:
        """Whether a name holds a thread of the turn; a process that is made in the turn gives its memory back."""
        values = self._evaluator.values(base, code).used()
        if not values.items or not all(self._is_thread(value) for value in values):
            return False
        if isinstance(loop.target, Name) and loop.target.id == base.id:
            return True
        bindings = code.scope.bindings.get(base.id, ())
        made = bool(bindings) and all(b.kind == "assign" and loop.number in b.context.loops for b in bindings)
        return made and all(self._evaluator.kind(value) == "thread" for value in values)

    def _is_thread(self, value: Value) -> bool:
        name = self._evaluator.type_name(value)
        return self._evaluator.kind(value) in ("thread", "process") and not name.endswith("Timer")

    # loops

    def _loop(self, code: Code, site: CallSite) -> Loop | None:
        """The loop around a call, if it goes through several things to its end."""
        if not site.context.loops:
            return None
        loop = code.scope.loops[site.context.loops[-1]]
        if loop.kind == "while" or loop.is_async or loop.leaves or loop.iterable is None or loop.target is None:
            return None
        if loop.context.deferred or self._turns.grows(code, loop):
            return None
        return loop if self._costs.items(loop.iterable, code) >= _FEWEST else None

    def _is_told(self, code: Code, loop: Loop, begun: CallSite, wait: CallSite) -> bool:
        """Whether the turn does nothing else meanwhile, and needs nothing of the turn before."""
        for other in self._turns.sites(code, loop):
            function = other.call.function
            if other is begun or not isinstance(function, Attribute):
                continue
            if function.attr == "start" or may("sends-work", function.attr):
                return False  # several at once
        return not self._depends(code, loop, begun, wait)

    def _depends(self, code: Code, loop: Loop, begun: CallSite, wait: CallSite) -> bool:
        """Whether what the work is handed comes of what a turn before gave."""
        tainted: set[str] = set()
        grown = True
        while grown:
            before = len(tainted)
            for name, bindings in code.scope.bindings.items():
                for binding in bindings:
                    if loop.number in binding.context.loops and binding.value is not None:
                        if _comes_of(binding.value, wait.call, tainted):
                            tainted.add(name)
            for site in self._turns.sites(code, loop):
                function = site.call.function
                if isinstance(function, Attribute) and isinstance(function.value, Name):
                    if any(_comes_of(argument.value, wait.call, tainted) for argument in site.call.arguments):
                        tainted.add(function.value.id)
            grown = len(tainted) > before
        handed = {
            part.id for argument in begun.call.arguments for part in walk(argument.value) if isinstance(part, Name)
        }
        return bool(handed & tainted)

    def _is_alone(self, code: Code) -> bool:
        """Whether nothing is known to run the loop beside others of its kind already."""
        above = self._moments.above([code])
        runs = [spawn for part in above for spawn in self._spawns.by_code.get(part, ())]
        return not any(spawn.several or spawn.registers or spawn.hook is not None for spawn in runs)


def _comes_of(value: Expression, result: Call, tainted: set[str]) -> bool:
    return any(part is result or (isinstance(part, Name) and part.id in tainted) for part in walk(value))
