"""Objects that belong to the first event loop that has to do with them, and the loops that use them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from concurlint.catalog.kinds import kinds_with
from concurlint.catalog.traits import has, may
from concurlint.effects.calls.reachability import Event, Reachability
from concurlint.effects.calls.summaries import reached
from concurlint.effects.contexts.spawns import Spawn, Spawns
from concurlint.effects.flow.conditions import is_for_tests
from concurlint.effects.program import Program
from concurlint.effects.races.sharing import Sharing, TaskSharing
from concurlint.facts.records import CallSite
from concurlint.facts.syntax import Attribute, Call, Expression, Place, spelled
from concurlint.finding import Step
from concurlint.project.arguments import given
from concurlint.project.modules import Code
from concurlint.project.values import Instance, Site

_DEEPEST = 5


@dataclass(frozen=True, slots=True, eq=False)
class LoopRun:
    """An event loop that is run at a call, or by a framework (`site` is None); `thread`: on a thread of its own."""

    code: Code
    site: CallSite | None
    name: str
    thread: Spawn | None = None

    def step(self) -> Step:
        """Where it is run."""
        at = self.site.call.at if self.site is not None else self.code.scope.at
        where = " on a thread of its own" if self.thread is not None else ""
        by = f"`{self.name}` runs a loop{where}" if self.site is not None else f"`{self.name}` runs it on its loop"
        return Step(self.code.span(at), by)


@dataclass(frozen=True, slots=True, eq=False)
class OnTwoLoops:
    """A use of an object of the module by code that two loops run, or one after another."""

    code: Code
    at: Place
    name: str
    what: str
    made: Site
    loops: tuple[LoopRun, ...]

    @property
    def is_on_thread(self) -> bool:
        """Whether the loops run side by side."""
        return any(loop.thread is not None for loop in self.loops)

    def steps(self) -> tuple[Step, ...]:
        """Where the object is made, and who runs the loops."""
        made = Step(self.made.code.span(self.made.call.at), f"the {self.what} is made here, once for all")
        return (made, *(loop.step() for loop in self.loops))


@dataclass(frozen=True, slots=True, eq=False)
class _Use:
    code: Code
    at: Place
    expression: Expression
    waits: bool


class LoopBinding:
    """Looks from the uses of such objects at the loops that come to them."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._roles = program.roles
        self._evaluator = program.evaluator
        self._tasks = program[TaskSharing]
        self._threads = program[Sharing]
        self._spawns = program[Spawns]
        self._moments = program[Reachability]
        self._loops: dict[Code, tuple[LoopRun, ...]] = {}

    def all(self) -> Iterator[OnTwoLoops]:
        """Each object once, where it is used first."""
        used: dict[int, list[tuple[_Use, Site, str, bool]]] = {}
        for code in self._graph.edges:
            for use in self._uses(code) if code.is_async and not is_for_tests(code) else ():
                for site, what, connects in self._objects(use.expression, code):
                    used.setdefault(id(site.call), []).append((use, site, what, connects))
        for uses in used.values():
            use, site, what, connects = next((each for each in uses if each[0].waits), uses[0])
            found = {id(loop): loop for each, *_ in uses for loop in self.loops_of(each.code)}
            loops = self._of_two(_one_of_each_framework(found.values()), use.waits or connects)
            if loops and not (connects and self._is_emptied(site)):
                yield OnTwoLoops(use.code, use.at, spelled(use.expression) or what, what, site, loops)

    # objects

    def _uses(self, code: Code) -> Iterator[_Use]:
        for entered, _, _ in code.scope.entered:
            if entered.is_async:
                manager = entered.manager
                base = manager.function if isinstance(manager, Call) else manager
                yield _Use(code, entered.at, base, False)
                if isinstance(base, Attribute):
                    yield _Use(code, entered.at, base.value, True)
        for site in code.scope.calls:
            function = site.call.function
            if site.awaited and isinstance(function, Attribute):
                yield _Use(
                    code,
                    site.call.at,
                    function.value,
                    not (may("acquires", function.attr) or may("puts", function.attr)),
                )

    def _objects(self, expression: Expression, code: Code) -> Iterator[tuple[Site, str, bool]]:
        """The objects of modules and classes that an expression may be and that belong to a loop: what they are, and
        whether they keep connections."""
        values = self._evaluator.values(expression, code).used()
        for value in values:
            site = value.site if isinstance(value, Instance) else None
            if site is None or site.code.scope.kind not in ("module", "class") or not isinstance(site.call, Call):
                continue
            name = self._evaluator.type_name(value)
            connects = self._keeps_connections(name, site)
            if connects or self._evaluator.kind(value) in kinds_with("between-tasks"):
                yield site, f"`{name.rpartition('.')[2]}`", connects

    def _keeps_connections(self, name: str, site: Site) -> bool:
        """Whether the object keeps connections that were opened on one loop for the next who asks."""
        if has("keeps-connections", name):
            assert isinstance(site.call, Call)
            pool = given(site.call, "poolclass", None)
            return pool is None or not spelled(pool).endswith("NullPool")
        assert isinstance(site.call, Call)
        engine = given(site.call, "bind", 0)
        if not has("makes-of-engine", name) or engine is None:
            return False
        values = self._evaluator.values(engine, site.code)
        sites = [(self._evaluator.type_name(v), v.site) for v in values if isinstance(v, Instance)]
        return any(s is not None and isinstance(s.call, Call) and self._keeps_connections(n, s) for n, s in sites)

    def _is_emptied(self, site: Site) -> bool:
        """Whether the program has the object give its connections up: nothing is left for the next loop."""
        for code, calls in self._graph.libraries.items():
            for other, name, _ in calls:
                function = other.call.function
                if has("drops-connections", name) and isinstance(function, Attribute):
                    made = [v.site for v in self._evaluator.values(function.value, code) if isinstance(v, Instance)]
                    if site in made or any(s is not None and s.code is site.code for s in made):
                        return True
        return False

    # loops

    def _of_two(self, loops: Sequence[LoopRun], waits: bool) -> tuple[LoopRun, ...]:
        """Two of the loops that go on side by side, or (for what surely waits) one after another."""
        on_thread = next((loop for loop in loops if loop.thread is not None), None)
        if on_thread is not None:
            if on_thread.thread is not None and on_thread.thread.several:
                return (on_thread,)
            other = next((loop for loop in loops if loop is not on_thread and self._is_apart(loop, on_thread)), None)
            if other is not None:
                return on_thread, other
        for one in loops if waits else ():
            if one.site is None or is_for_tests(one.code):
                continue
            if self._runs_again(one):
                return (one,)
            for other in loops:
                if other is not one and other.site is not None and self._follows(one, other):
                    return one, other
        return ()

    @staticmethod
    def _is_apart(one: LoopRun, other: LoopRun) -> bool:
        return not is_for_tests(one.code) and (one.thread is None or one.thread is not other.thread)

    def loops_of(self, code: Code) -> tuple[LoopRun, ...]:
        """The loops that a coroutine may run on."""
        if code not in self._loops:
            self._loops[code] = ()
            found: dict[tuple[Code, object], LoopRun] = {}
            for run in self._tasks.runs.get(code, ()):
                spawn = run.dispatch
                if spawn.site is None:
                    found[spawn.code, spawn.name.partition(".")[0]] = LoopRun(spawn.code, None, spawn.name)
                elif self._roles.runs_loop(spawn.name):
                    thread = self._thread(spawn.where)
                    found[spawn.where, spawn.site] = LoopRun(spawn.where, spawn.site, spawn.name, thread)
                else:
                    for loop in self.loops_of(spawn.where):
                        found[loop.code, loop.site or loop.name.partition(".")[0]] = loop
            self._loops[code] = _one_of_each_framework(found.values())
        return self._loops[code]

    def _thread(self, code: Code) -> Spawn | None:
        """Who has a thread run a function, if nobody else calls it."""
        runs = self._threads.spawned_runs.get(code, ())
        started = (
            run.dispatch for run in runs if run.dispatch.site is not None and not is_for_tests(run.dispatch.where)
        )
        return next(started, None)

    def _runs_again(self, loop: LoopRun) -> bool:
        """Whether the same call runs one loop after another: in a loop, or for each request of a framework."""
        assert loop.site is not None
        if loop.site.context.loops:
            return True
        ways = reached(self._graph, [loop.code], up=True, deepest=_DEEPEST)
        for code, way in ways.items():
            if any(edge.site.context.loops for edge in way):
                return True
            if any(spawn.hook is not None and spawn.hook.many for spawn in self._spawns.by_code.get(code, ())):
                return True
        return False

    def _follows(self, one: LoopRun, other: LoopRun) -> bool:
        """Whether a run of the program comes from one to the other."""
        assert one.site is not None
        assert other.site is not None
        events = [Event(one.code, one.site)], [Event(other.code, other.site)]
        for code in self._moments.above([one.code]):
            first, then = (self._moments.in_code(code, each) for each in events)
            if any(a is not b and self._moments.leads_to(code, a, b) for a in first for b in then):
                return True
        return False


def _one_of_each_framework(loops: Iterable[LoopRun]) -> tuple[LoopRun, ...]:
    """All that a framework runs is on one loop of its own."""
    found: dict[object, LoopRun] = {}
    for loop in loops:
        found.setdefault(loop.site if loop.site is not None else "framework", loop)
    return tuple(found.values())
