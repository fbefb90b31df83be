"""Which state threads share: where it lives, who touches it, under which locks, at the same time as whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import takewhile

from concurlint.catalog.traits import may
from concurlint.effects.accesses import Location, StateAccess, StateAccesses
from concurlint.effects.calls.every_way import EveryWay, both
from concurlint.effects.calls.summaries import spread
from concurlint.effects.contexts.callers import Callers, is_by_callers
from concurlint.effects.contexts.parallel import Parallel
from concurlint.effects.contexts.reach import (
    Run,
    all_around,
    bare,
    comes_to,
    goes_on,
    is_of_one_run,
    is_own_in_each_turn,
)
from concurlint.effects.contexts.spawns import Spawn, Spawns
from concurlint.effects.flow.graphs import Graphs
from concurlint.effects.lockset.address import Lock
from concurlint.effects.lockset.locksets import LockSet, LockSets
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite
from concurlint.facts.syntax import Attribute, Call, Constant, Expression, Name, spelled, walk
from concurlint.project.callgraph import Edge
from concurlint.project.classes import attribute_writes, is_self
from concurlint.project.language import BEFORE_SHARING
from concurlint.project.modules import Code
from concurlint.project.values import NOTHING, Bound, Coroutine, Function, Instance, Site, Value

_MOST_WAYS = 4  # to one function that does what it is told
_LONGEST = 12  # calls in a row


class Sharing:
    """Finds the state that code on threads (or in tasks) touches."""

    _on = "thread"

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._evaluator = program.evaluator
        self.touching = program[StateAccesses]
        self._dispatches = program[Spawns]
        self.locks = program[LockSets]
        self._parallel = program[Parallel]
        self._graphs = program[Graphs]
        self._before_sharing = EveryWay(
            self.locks.callers, self._comes_before_sharing, both, otherwise=False, known=self._makes_or_starts
        )
        self.runs: dict[Code, list[Run]] = {}
        self._started: dict[Code, list[Run]] = {}
        self._reached_by: dict[Spawn, set[Code]] = {}
        self._depending: dict[Code, bool] = {}
        for dispatch in program[Spawns].all:
            if dispatch.on == self._on and (self._on == "task" or not dispatch.code.is_async):
                self._reach(dispatch, Counter())
        seen: Counter[tuple[Code, bool]] = Counter()  # callers are all alike: one way to each function is enough
        for dispatch in program[Callers].all if self._on == "thread" else ():
            self._reach(dispatch, seen)

    # reach of threads

    def _reach(self, dispatch: Spawn, seen: Counter[tuple[Code, bool]]) -> None:
        start = Run(dispatch, dispatch.code, self._root_shares_self(dispatch), ())

        def is_another_way(run: Run, _: object) -> bool:
            key = (run.code, run.shares_self)
            seen[key] += 1
            return run is start or seen[key] == 1 or (seen[key] <= _MOST_WAYS and self._depends_on_caller(run.code))

        if not is_by_callers(dispatch):
            self._started.setdefault(dispatch.where, []).append(start)
        spread([(start.code, start)], self._onward, key=lambda run: run, holds=is_another_way)

    def _onward(self, code: Code, run: Run) -> Iterator[tuple[Code, Run]]:
        """Notes a run, and gives those that it goes on to."""
        self.runs.setdefault(code, []).append(run)
        self._reached_by.setdefault(run.dispatch, set()).add(code)
        for edge in self._graph.edges.get(code, ()) if len(run.via) <= _LONGEST else ():
            if not edge.runs or (edge.callee.is_async and self._on == "thread"):
                continue
            if goes_on(run, edge, self._evaluator):
                yield edge.callee, Run(run.dispatch, edge.callee, self._passes_self(run, edge), (*run.via, edge))

    def _depends_on_caller(self, code: Code) -> bool:
        """Whether it is up to what a function is handed how a run goes on from there."""
        if code not in self._depending:
            names = {parameter.name for parameter in code.scope.parameters}
            asked = [condition.test for branch in code.scope.branches for condition in branch.context.conditions]
            asked += [branch.test for branch in code.scope.branches]
            asked += [edge.site.call.function for edge in self._graph.edges.get(code, ())]
            self._depending[code] = any(
                isinstance(one, Name) and one.id in names for test in asked for one in bare(test)
            )
        return self._depending[code]

    def _root_shares_self(self, dispatch: Spawn) -> bool:
        if dispatch.hook is not None:
            return dispatch.hook.owner == "shared" and dispatch.hook.what not in ("thread", "process")
        value = self._called(dispatch.value)
        if isinstance(value, Function) and dispatch.where in all_around(value.code):
            return dispatch.where.enclosing_class is not None  # all its runs see the `self` around them
        if not isinstance(value, Bound) or not isinstance(value.owner, Instance):
            return False
        return self._is_one_object(value.owner.site, dispatch)

    def _called(self, value: Value) -> Value:
        """The method that was called for a coroutine, otherwise the value itself."""
        if not isinstance(value, Coroutine) or not isinstance(value.site.call, Call):
            return value
        called = self._evaluator.values(value.site.call.function, value.site.code)
        return next((each for each in called if self._graph.runs(each) is value.function), value)

    def _is_one_object(self, site: Site | None, dispatch: Spawn) -> bool:
        """Whether an object made at `site` is the same one in all runs of a dispatch."""
        if site is None:
            return True
        if site.code is not dispatch.where or dispatch.site is None:
            return site.code not in self.runs and not self._made_in_loop(site)
        made = next((s for s in site.code.scope.calls if s.call is site.call), None)
        outer = made.context.loops if made is not None else ()
        inner = dispatch.site.context.loops
        return inner[: len(outer)] == outer and (not inner or len(inner) > len(outer))

    def _made_in_loop(self, site: Site) -> bool:
        made = next((s for s in site.code.scope.calls if s.call is site.call), None)
        return made is not None and bool(made.context.loops)

    def _passes_self(self, run: Run, edge: Edge) -> bool:
        value = edge.value
        if not isinstance(value, Bound) or not isinstance(value.owner, Instance):
            return False
        function = edge.site.call.function
        base = function.value if isinstance(function, Attribute) else None
        if isinstance(base, Name) and is_self(run.code, base.id) is not None:
            return run.shares_self
        if isinstance(base, Call):  # super().method()
            return run.shares_self if value.owner.site is None else False
        if isinstance(base, Attribute) and isinstance(base.value, Name):
            cls = is_self(run.code, base.value.id)
            if cls is not None and run.shares_self:
                return self._set_before_sharing(cls, base.attr)
        return self._is_one_everywhere(function.value if isinstance(function, Attribute) else None, run)

    def _is_one_everywhere(self, base: Expression | None, run: Run) -> bool:
        """Whether an expression stands for the same object in every run: all it may be are made outside."""
        values = self._evaluator.values(base, run.code).used() if base is not None else NOTHING
        sites = [value.site for value in values if isinstance(value, Instance)]
        if not sites or len(sites) < len(values.items):
            return False
        reached = self._reached(run.dispatch)
        return all(
            site is not None
            and (
                (site.code.scope.kind == "module" and not self._made_in_loop(site))
                or (self._is_one_object(site, run.dispatch) and site.code not in reached)
            )
            for site in sites
        )

    def _reached(self, dispatch: Spawn) -> set[Code]:
        return self._reached_by.get(dispatch, set())

    def _set_before_sharing(self, cls: Code, attr: str) -> bool:
        writes = attribute_writes(cls).get(attr, ())
        return bool(writes) and all(self.is_before_sharing(code) for _, code in writes)

    @cached_property
    def spawned_runs(self) -> Mapping[Code, list[Run]]:
        """Those of all functions that have any."""
        found = {code: self.spawned(code) for code in self.runs}
        return {code: runs for code, runs in found.items() if runs}

    def spawned(self, code: Code) -> list[Run]:
        """The runs of a function on threads that the program itself, or its framework, starts."""
        return [run for run in self.runs.get(code, ()) if not is_by_callers(run.dispatch)]

    def started_in(self, code: Code) -> Sequence[Run]:
        """The runs of the functions that `code` itself has run on threads."""
        return self._started.get(code, ())

    # which threads, which locks

    def is_on_main(self, code: Code) -> bool:
        """Whether the loop of a window or reactor calls a function, or the one around it, on its own thread."""
        around = takewhile(lambda each: each.scope.kind != "class", all_around(code))
        if any(map(self._is_called_on_main, around)):
            return True
        # who calls such a function by itself is on that thread, too
        return any(edge.runs and self._is_called_on_main(edge.callee) for edge in self._graph.edges.get(code, ()))

    def _is_called_on_main(self, code: Code) -> bool:
        runs = self._dispatches.by_code.get(code, ())
        return bool(runs) and all(dispatch.on == "main" for dispatch in runs)

    @cached_property
    def lifelong_locks(self) -> frozenset[object]:
        """Locks that a thread holds around its endless loop: they tell that it runs, and guard nothing."""
        return frozenset(
            origin
            for code, runs in self.runs.items()
            if any(not run.via for run in runs)
            for loop in code.scope.loops
            if loop.kind == "while" and isinstance(loop.iterable, Constant) and loop.iterable.value
            for lock in self.locks.at(code, loop.order).must
            if not _may_give_way(lock, code)
            for origin in lock.made
        )

    # before the object is shared

    def is_before_sharing(self, code: Code) -> bool:
        """Constructors, and helpers that only constructors call."""
        method = _method_around(code)
        return method is not None and self._before_sharing.of(method)

    def _makes_or_starts(self, method: Code) -> bool | None:
        if method.name in BEFORE_SHARING or may("after-making", method.name):
            return True
        return False if method in self._dispatches.by_code else None

    def _comes_before_sharing(self, edge: Edge, above: bool) -> bool:
        """A call from a constructor, on an object made in the calling function, or before the object's own
        thread is started."""
        owner = edge.value.owner if isinstance(edge.value, Bound) else None
        made_here = isinstance(owner, Instance) and owner.site is not None and owner.site.code is edge.caller
        if made_here and edge.callee.name.startswith("_") and edge.caller.scope.kind == "function":
            return True
        function = edge.site.call.function
        base = function.value if isinstance(function, Attribute) else None
        on_self = isinstance(base, Name) and is_self(edge.caller, base.id) is not None
        starts = [s for s, name, _ in self._graph.libraries.get(edge.caller, ()) if name == "threading.Thread.start"]
        starts = [site for site in starts if on_self and self._is_own_thread(site, edge.caller)]
        if starts:
            after = self._graphs.of(edge.caller).after(edge.site.order)
            if any(site.order in after for site in starts):
                return True
        return edge.caller.owner is not None and above

    def _is_own_thread(self, start: CallSite, code: Code) -> bool:
        """Whether a thread is started that works with the starter's own object."""
        named = (start.call.function, *(argument.value for argument in start.call.arguments))
        if any(is_self(code, part.id) is not None for one in named for part in walk(one) if isinstance(part, Name)):
            return True
        started = [one for one in self._dispatches.all if one.where is code and one.on == "thread"]
        lineage = self._evaluator.lineage(code.enclosing_class)[0] if code.enclosing_class is not None else ()
        return any(one.code in code.children or one.code.enclosing_class in lineage for one in started)

    def held(self, touch: StateAccess) -> LockSet:
        """Locks held at a touch, by its function and by all its callers."""
        return self.locks.effective(touch.code, touch.order)

    # at the same time

    def parallel_run(self, touch: StateAccess) -> Run | None:
        """A run of the touch's function that may happen several times at once on the same state."""
        for run in self.runs.get(touch.code, ()):
            if self._is_shared_in(run, touch) and self._several(run, touch) and comes_to(run, touch.context):
                return run
        return None

    def thread_runs(self, touch: StateAccess) -> list[Run]:
        """Runs of the touch's function on a thread, on state that others can see."""
        runs = self.runs.get(touch.code, ())
        return [run for run in runs if self._is_shared_in(run, touch) and comes_to(run, touch.context)]

    def _several(self, run: Run, touch: StateAccess) -> bool:
        dispatch, location = run.dispatch, touch.location
        if dispatch.many:
            return True
        if touch.through_self and dispatch.hook is None and is_own_in_each_turn(dispatch, location, self._evaluator):
            return False
        if location.kind in ("attribute", "closure") and dispatch.hook is None:
            return self._in_own_loop(dispatch, location) or self._started_twice(dispatch, touch)
        return dispatch.repeated or self._started_twice(dispatch, touch)

    @staticmethod
    def _in_own_loop(dispatch: Spawn, location: Location) -> bool:
        if dispatch.site is None:
            return False
        if location.kind == "closure" and location.home is not dispatch.where:
            return dispatch.repeated
        return dispatch.repeated and bool(dispatch.site.context.loops)

    def _started_twice(self, dispatch: Spawn, touch: StateAccess) -> bool:
        same = [
            other
            for other in self._dispatches.by_code.get(dispatch.code, ())
            if other.on == self._on
            and other.where is dispatch.where
            and other.site is not dispatch.site
            and other.site is not None
            and not (other.site.awaited or other.alone or dispatch.alone)
            and self._parallel.may_meet(other, dispatch)
        ]
        if touch.location.kind == "attribute" and touch.through_self:
            mine = dispatch.value.owner if isinstance(dispatch.value, Bound) else None
            same = [o for o in same if isinstance(o.value, Bound) and o.value.owner == mine]
        return bool(same)

    def _is_shared_in(self, run: Run, touch: StateAccess) -> bool:
        kind = touch.location.kind
        if kind in ("global", "class"):
            return True
        if kind == "closure":
            home = touch.location.home
            around = (*all_around(run.dispatch.where), *all_around(run.dispatch.code))
            return home not in self._inside(run) and home in around
        if touch.through_self:
            return run.shares_self
        if is_of_one_run(touch, run, self._evaluator):
            return False
        known = [site for site in touch.sites if site is not None]
        return (
            bool(known)
            and len(known) == len(touch.sites)
            and all(self._is_one_object(site, run.dispatch) and site.code not in self._inside(run) for site in known)
        )

    def _inside(self, run: Run) -> set[Code]:
        return {run.dispatch.code, *(edge.callee for edge in run.via)}


def _method_around(code: Code) -> Code | None:
    """The method that a function is, or stands in."""
    return next((around for around in all_around(code) if around.owner is not None or around.parent is None), None)


class TaskSharing(Sharing):
    """The same for code in tasks."""

    _on = "task"


def _may_give_way(lock: Lock, code: Code) -> bool:
    """Whether a function lets others have a lock that it holds: by a wait on it, or a release."""
    return any(
        isinstance(site.call.function, Attribute)
        and may("gives-way", site.call.function.attr)
        and spelled(site.call.function.value) == lock.spelling
        for site in code.scope.calls
    )
