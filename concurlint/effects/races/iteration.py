"""Shared containers that one thread iterates over while another adds or removes."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass

from concurlint.catalog.kinds import kinds_with
from concurlint.catalog.traits import has, may
from concurlint.effects.accesses import Location, StateAccess
from concurlint.effects.contexts.callers import is_by_callers
from concurlint.effects.contexts.parallel import Parallel
from concurlint.effects.contexts.reach import Run, thread_steps
from concurlint.effects.flow.graphs import Graphs
from concurlint.effects.lockset.acquisitions import opposite
from concurlint.effects.program import Program
from concurlint.effects.races.sharing import Sharing
from concurlint.effects.races.updates import Races
from concurlint.facts.records import Loop
from concurlint.facts.syntax import Attribute, Call, Expression, Item, walk
from concurlint.finding import Step
from concurlint.project.callgraph import library_name
from concurlint.project.modules import Code


@dataclass(frozen=True, slots=True, eq=False)
class Disturbed:
    """A loop over a container and a change of its size that may come in between."""

    look: StateAccess
    change: StateAccess
    kind: str
    run: Run
    loop: Loop

    def steps(self) -> tuple[Step, ...]:
        """The change, and how one of the two comes to run on a thread."""
        change = self.change
        says = f"`{change.code.qualname}` adds or removes here"
        return (Step(change.code.span(change.place), says), *thread_steps(self.run))


class Iterations:
    """Compares loops over shared containers with what changes their size."""

    def __init__(self, program: Program) -> None:
        self._races = program[Races]
        self._sharing = program[Sharing]
        self._evaluator = program.evaluator
        self._parallel = program[Parallel]
        self._graphs = program[Graphs]

    def disturbed(self) -> Iterator[Disturbed]:
        """Loops during which another thread may change the size, with no common lock."""
        changes = self._changes()
        told: set[StateAccess] = set()
        for code in self._races.graph.edges:
            for loop in code.scope.loops:
                look, kind = self._look(code, loop)
                if look is None or (look.location.kind == "attribute" and self._sharing.is_before_sharing(code)):
                    continue
                for change in changes.get(look.location, ()):
                    if kind == "list" and change.changes == "mutate" and may("appends", change.attr):
                        continue  # a loop over a list just comes to what is put behind
                    if opposite(look.context.conditions, change.context.conditions):
                        continue  # a flag that keeps the two apart
                    run = self.meeting(look, change)
                    if run is not None and (
                        self._parallel.is_over_at(run.dispatch, change.code, change.order)
                        or self._is_handed_over(look, change)
                    ):
                        continue
                    if run is not None and not self._sharing.held(look).meets(self._sharing.held(change)):
                        if not (is_by_callers(run.dispatch) and change in told):
                            yield Disturbed(look, change, kind, run, loop)
                        told.add(change)
                        break

    def _changes(self) -> dict[object, list[StateAccess]]:
        found: dict[object, list[StateAccess]] = {}
        for code in self._races.graph.edges:
            for touch in self._sharing.touching.touches(code):
                if self._resizes(touch) and not self._races.overlap.is_private_yet(touch):
                    found.setdefault(touch.location, []).append(touch)
            for touch in self._of_deques(code):
                found.setdefault(touch.location, []).append(touch)
        return found

    def _of_deques(self, code: Code) -> Iterator[StateAccess]:
        """Appending to a deque is safe for itself, and still disturbs a loop over it."""
        touching = self._sharing.touching
        for site in code.scope.calls:
            function = site.call.function
            if not isinstance(function, Attribute) or not may("resizes", function.attr):
                continue
            base = function.value
            location = touching.locate(base, code, within=True) if self._kind(base, code) == "deque" else None
            if location is not None:
                touch = touching.as_touch(location, code, base, site.statement, site.context, site.order)
                if not self._races.overlap.is_private_yet(touch):
                    yield touch

    def _resizes(self, touch: StateAccess) -> bool:
        if touch.depth > 1:
            return False  # what is inside an item changes its own size
        if touch.changes == "mutate":
            return may("resizes", touch.attr) or (may("changes-argument", touch.attr) and touch.attr != "shuffle")
        if not isinstance(touch.target, Item):
            return False
        return touch.changes == "delete" or self._kind(touch.target.value, touch.code) == "dict"

    def _look(self, code: Code, loop: Loop) -> tuple[StateAccess | None, str]:
        """The loop as a touch of what it goes through, and the kind of container."""
        base = loop.iterable
        if loop.kind == "while" or loop.is_async or base is None:
            return None, ""
        for inner in self._gone_through(base, code):
            look, kind = self._at(inner, code, loop)
            if look is not None:
                return look, kind
        return None, ""

    def _gone_through(self, base: Expression, code: Code) -> Iterator[Expression]:
        """What a loop takes items from: the thing itself, or the arguments of `enumerate`, `zip`, `map` …"""
        if not isinstance(base, Call):
            yield base
            return
        names = {library_name(value) for value in self._evaluator.values(base.function, code)}
        if names and all(has("iterator", name) for name in names):
            for argument in base.arguments:
                yield from self._gone_through(argument.value, code)
        elif isinstance(base.function, Attribute) and may("view", base.function.attr) and not base.arguments:
            yield base.function.value

    def _at(self, base: Expression, code: Code, loop: Loop) -> tuple[StateAccess | None, str]:
        if isinstance(base, (Call, Item)):
            return None, ""
        kind = self._kind(base, code)
        location = (
            self._sharing.touching.locate(base, code, within=True, started=True)
            if kind in kinds_with("resized-while-looped")
            else None
        )
        if location is None or self._sharing.touching.is_safe(base, code):
            return None, ""
        touch = self._sharing.touching.as_touch(location, code, base, loop.at, loop.context, loop.order)
        return touch, kind

    def _kind(self, expression: Expression, code: Code) -> str:
        values = [
            v for v in self._evaluator.values(expression, code) if self._evaluator.type_name(v) != "builtins.NoneType"
        ]
        kinds = {self._evaluator.kind(v) or self._evaluator.type_name(v).rpartition(".")[2] for v in values}
        return kinds.pop() if len(kinds) == 1 else ""

    def _is_handed_over(self, look: StateAccess, change: StateAccess) -> bool:
        """Whether whoever loops has first set, under the lock of the change, what the change asks about before
        it goes on: `with lock: self.state = CLOSED` there, `with lock: if self.state != OPEN: return` here."""
        locks = self._sharing.held(change).identities
        asked = self._asked_before(change) if locks else set()
        if not asked:
            return False
        if self._has_set(look.code, look.order, asked, locks):
            return True
        edges = self._races.graph.callers.get(look.code, ())
        return bool(edges) and all(self._has_set(e.caller, e.site.order, asked, locks) for e in edges)

    def _has_set(self, code: Code, order: int, asked: set[Location], locks: Set[object]) -> bool:
        cfg = self._graphs.of(code)
        return any(
            order in cfg.after(touch.order)
            and touch.changes == "store"
            and touch.location in asked
            and locks & self._sharing.held(touch).identities
            for touch in self._sharing.touching.touches(code)
        )

    def _asked_before(self, change: StateAccess) -> set[Location]:
        """The state that a function looks at to leave before it makes a change, or to make it at all."""
        code = change.code
        cfg = self._graphs.of(code)
        tests = [b.test for b in code.scope.branches if b.ends and change.order in cfg.after(b.order)]
        tests += [condition.test for condition in change.context.conditions]
        found = {self._sharing.touching.locate(part, code) for test in tests for part in walk(test)}
        parts = {id(part) for test in tests for part in walk(test)}
        for edge in self._races.graph.edges.get(code, ()):  # properties that give the state back
            if id(edge.site.call.function) in parts and not edge.site.call.arguments:
                for returned in edge.callee.scope.returned:
                    if returned.value is not None:
                        found.add(self._sharing.touching.locate(returned.value, edge.callee))
        return {location for location in found if location is not None and location != change.location}

    def meeting(self, look: StateAccess, change: StateAccess) -> Run | None:
        """A run on a thread of one of the two that the other may come beside."""
        for one, other in ((change, look), (look, change)):
            for run in self._sharing.thread_runs(one):
                if other.code is not one.code and self._races.overlap.runs_beside(other, run):
                    return run
        own = self._own_thread(look, change)
        if own is not None:
            return own
        several = self._sharing.parallel_run(change)
        beside = self._sharing.runs.get(look.code, ()) if several is not None else ()
        return next((r for r in beside if several is not None and r.dispatch is several.dispatch), None)

    def _own_thread(self, look: StateAccess, change: StateAccess) -> Run | None:
        """The run of a thread that changes its own object's state while who started it looks there."""
        if not change.through_self or look.through_self:
            return None
        for run in self._sharing.spawned(change.code):
            hook = run.dispatch.hook
            if hook is None or hook.what != "thread" or not self._is_object_of(look, run):
                continue
            if self._parallel.goes_on_at(run.dispatch, look.code, look.order):
                return run
            if look.code is not run.dispatch.where and self._parallel.is_called_meanwhile(run.dispatch, look.code):
                return run
        return None

    def _is_object_of(self, look: StateAccess, run: Run) -> bool:
        """Whether the state that is looked at is that of an object of the very class whose thread runs."""
        owner = run.dispatch.code.owner
        return owner is not None and look.location.home in self._evaluator.lineage(owner)[0]
