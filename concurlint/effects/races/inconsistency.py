"""State guarded by a lock in most places and changed without it in some."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.catalog.traits import has
from concurlint.effects.accesses import Location, StateAccess
from concurlint.effects.calls.access_paths import Path
from concurlint.effects.flow.graphs import Graphs
from concurlint.effects.lockset.address import Lock
from concurlint.effects.lockset.locksets import LockSet
from concurlint.effects.program import Program
from concurlint.effects.races.overlap import Overlap
from concurlint.facts.syntax import Attribute, Call, Constant, Item, Name, spelled
from concurlint.finding import Step
from concurlint.project.callgraph import Edge, library_name
from concurlint.project.classes import is_self
from concurlint.project.modules import Code
from concurlint.project.values import NOTHING, Bound, ClassOf, Instance

_SEVERAL = 4


@dataclass(frozen=True, slots=True, eq=False)
class Inconsistency:
    """A write without the lock that guards the same state elsewhere."""

    touch: StateAccess
    lock: str
    guarded: StateAccess
    bare_via: Edge | None = None
    guarded_via: Edge | None = None

    def steps(self) -> tuple[Step, ...]:
        """The call that comes without the lock, and the place where it is held."""
        steps: list[Step] = []
        if self.bare_via is not None:
            edge = self.bare_via
            message = f"`{edge.caller.qualname}` calls `{edge.callee.qualname}` without the lock"
            steps.append(Step(edge.caller.span(edge.site.call.at), message))
        if self.guarded_via is not None:
            edge = self.guarded_via
            message = f"`{edge.caller.qualname}` holds `{self.lock}` and calls `{edge.callee.qualname}`"
            steps.append(Step(edge.caller.span(edge.site.call.at), message))
        else:
            message = f"`{self.guarded.code.qualname}` holds `{self.lock}` here"
            steps.append(Step(self.guarded.code.span(self.guarded.place), message))
        return tuple(steps)


@dataclass(frozen=True, slots=True, eq=False)
class _Way:
    """A touch with the locks held there when its function is called through `edge` (None: any way)."""

    touch: StateAccess
    held: LockSet
    edge: Edge | None


class InconsistentLocking:
    """Finds changes without the lock that guards the same state elsewhere."""

    def __init__(self, program: Program) -> None:
        self._overlap = program[Overlap]
        self._graphs = program[Graphs]

    def of(self, location: Location, touches: list[StateAccess]) -> Iterator[Inconsistency]:
        if location.kind == "closure":
            return
        if location.kind == "attribute":  # objects made in some function may be its own still
            touches = [touch for touch in touches if touch.through_self or _of_others(touch)]
        live = [t for t in touches if not self._overlap.is_private_yet(t) or self._overlap.runs_beside_threads(t)]
        held = [way for touch in live for way in self._ways(touch)]
        counts: dict[object, list[tuple[_Way, Lock]]] = {}
        for way in held:
            for lock in way.held.must:
                nameable = lock.kind == "lock" and lock.spelling.replace(".", "").isidentifier()
                if nameable and self._is_for_threads(lock) and self._speaks_for(way, lock):
                    counts.setdefault(lock.identity, []).append((way, lock))
        if not counts:
            return
        guarded = max(counts.values(), key=len)
        lock = guarded[0][1]
        deepest = max(1, *(way.touch.depth for way, _ in guarded))
        bare = [
            way
            for way in held
            if not way.held.unknown
            and way.held.identities.isdisjoint(lock.made)
            and not self._is_flag(way.touch)
            and way.touch.depth <= deepest  # the lock of a table need not be that of the records in it
            and self._has(way, lock)
            and not (self._sets_up(way.touch) and not self._meets(way, [one for one, _ in guarded]))
            and not (self._opens(way.touch) and all(_lets_go(one.touch) for one, _ in guarded))
            and not (way.edge is not None and any(_looks_again(way.edge, one.edge) for one, _ in guarded))
            and self._is_sure(way, len(guarded))
            and not self._is_dead(way)
            and not self._renews(lock, way.touch)
            and not self._is_set_for_thread(way.touch)
        ]
        if all(self._on_loop(way) for way, _ in guarded):
            bare = [way for way in bare if not self._on_loop(way)]
        if not bare or len(bare) > len(guarded):
            return
        ways = [way for way, _ in guarded]
        if all(_is_atomic(way.touch) for way in (*bare, *ways)) and self._is_held_for_more(ways, lock, bare):
            return
        if all(way.touch.changes == "mutate" for way in (*bare, *ways)) and len(bare) == len(ways):
            if len({way.touch.code for way in ways}) < len(ways):
                return
        for way in bare:
            other = next((w for w in ways if w.touch is not way.touch), ways[0])
            yield Inconsistency(way.touch, lock.spelling, other.touch, way.edge, other.edge)

    def _on_loop(self, way: _Way) -> bool:
        """Whether one event loop (of coroutines, or of a window) does it, which does one thing at a time."""
        codes = [way.touch.code, *([way.edge.caller] if way.edge is not None else [])]
        return any(code.is_async or self._overlap.sharing.is_on_main(code) for code in codes)

    def _speaks_for(self, way: _Way, lock: Lock) -> bool:
        """Whether a touch under a lock tells that the lock is there for the state."""
        if not self._guards(lock, way.touch) or not self._overlap.sharing.lifelong_locks.isdisjoint(lock.made):
            return False
        return not self._is_set_for_thread(way.touch)

    def _is_set_for_thread(self, touch: StateAccess) -> bool:
        """Whether the function sets the state to a constant before it makes the thread that works with it."""
        sites = [run.dispatch.site for run in self._overlap.sharing.started_in(touch.code)]
        after = self._graphs.of(touch.code).after(touch.order)
        return touch.is_constant_store and any(site is not None and site.order in after for site in sites)

    def _renews(self, lock: Lock, touch: StateAccess) -> bool:
        """Whether the function puts a new lock in the place of the old: nobody else is there, as after a fork."""
        name = lock.spelling.rpartition(".")[2]
        if touch.code.scope.kind != "function":
            return False
        for access in touch.code.scope.accesses:
            stored = spelled(access.target).rpartition(".")[2] if access.kind == "write" else ""
            if stored == name and access.value is not None:
                kinds = {
                    self._overlap.evaluator.kind(v) for v in self._overlap.evaluator.values(access.value, touch.code)
                }
                if "lock" in kinds:
                    return True
        return False

    def _is_held_for_more(self, ways: list[_Way], lock: Lock, bare: list[_Way]) -> bool:
        """Whether the one place that does a step under the lock, indivisible in itself, has it for something else."""
        if {way.touch for way in ways} & {way.touch for way in bare}:
            return False
        if not any(self._takes_itself(way.touch, lock) for way in ways):
            return True  # callers hold it
        return len({way.touch.code for way in ways}) == 1 and any(
            touch.location != ways[0].touch.location and self._takes_itself(touch, lock)
            for touch in self._overlap.sharing.touching.touches(ways[0].touch.code)
        )

    def _takes_itself(self, touch: StateAccess, lock: Lock) -> bool:
        """Whether the lock is taken by the function that touches."""
        here = self._overlap.sharing.locks.at(touch.code, touch.order)
        return not here.identities.isdisjoint(lock.made)

    def _is_dead(self, way: _Way) -> bool:
        """A private helper that nobody is known to call says nothing about how it would be called."""
        code = way.touch.code
        return (
            code.name.startswith("_") and not code.name.endswith("__") and not self._overlap.sharing.locks.callers(code)
        )

    def _is_sure(self, way: _Way, guarded: int) -> bool:
        """One place under another lock only speaks against itself if the others agree, and if the change
        could be torn at all."""
        if not any(lock.kind == "lock" for lock in way.held.must):
            return True
        return guarded > 1 and way.touch.changes != "mutate"

    def _ways(self, touch: StateAccess) -> list[_Way]:
        """The locks held at a touch, by each way its function is called where the ways differ."""
        here = self._overlap.sharing.locks.at(touch.code, touch.order)
        edges = [e for e in self._overlap.sharing.locks.callers(touch.code) if e.caller is not touch.code and e.runs]
        edges = [e for e in edges if not self._overlap.sharing.is_before_sharing(e.caller)]
        if here.must or len(edges) < 2:
            return [_Way(touch, self._overlap.sharing.held(touch), None)]
        found = [_Way(touch, here | self._around(e), e) for e in edges]
        if touch.location.kind == "attribute" and any(
            not self._is_of_object(lock, touch) for way in found for lock in way.held.must
        ):
            return [_Way(touch, self._overlap.sharing.held(touch), None)]
        return found

    def _around(self, edge: Edge) -> LockSet:
        """The locks held at a call; a lock of the caller's own object says nothing of another of its class."""
        held = self._overlap.sharing.locks.effective(edge.caller, edge.site.order)
        function = edge.site.call.function
        if not isinstance(function, Attribute) or _on_self(edge) or edge.callee.owner is None:
            return held
        own = edge.caller.self_name()
        others = frozenset(
            lock
            for lock in held.must
            if own is not None
            and lock.spelling.rpartition(".")[0] == own != spelled(function.value)
            and self._are_kin(edge.caller.enclosing_class, edge.callee.owner)
        )
        return LockSet(held.must - others, held.may - others, held.is_open or bool(others))

    def _are_kin(self, one: Code | None, other: Code) -> bool:
        lineage = self._overlap.evaluator.lineage
        return one is not None and (one in lineage(other)[0] or other in lineage(one)[0])

    def _has(self, way: _Way, lock: Lock) -> bool:
        """Whether the object changed is sure to have the lock: one that a subclass made guards nothing in
        the objects of its base class, nor in those of other subclasses."""
        made = lock.identity[0] if isinstance(lock.identity, tuple) else lock.identity.code.enclosing_class
        touch = way.touch
        if made is None or touch.location.kind != "attribute" or not touch.through_self:
            return True
        home, lineage = touch.location.home, self._overlap.evaluator.lineage
        if made in lineage(home)[0] or home not in lineage(made)[0]:
            return True
        doer = touch.code.enclosing_class
        if way.edge is not None and _on_self(way.edge):
            doer = way.edge.caller.enclosing_class or doer
        elif way.edge is not None and isinstance(way.edge.value, Bound) and isinstance(way.edge.value.owner, Instance):
            of = way.edge.value.owner.of
            doer = of.code if isinstance(of, ClassOf) else doer
        return doer is not None and made in lineage(doer)[0]

    def _guards(self, lock: Lock, touch: StateAccess) -> bool:
        """A lock of the same object, or of a module; one of some other object may be there for something else."""
        made = lock.identity[0] if isinstance(lock.identity, tuple) else lock.identity.code
        if made is None or self._is_of_object(lock, touch):
            return True
        if touch.location.kind != "attribute" and made.module is touch.location.home.module:
            return True
        if isinstance(lock.identity, tuple) or made.scope.kind != "module":
            return False
        return made.module in (touch.location.home.module, touch.code.module) or self._takes_itself(touch, lock)

    def _is_of_object(self, lock: Lock, touch: StateAccess) -> bool:
        """Whether a lock belongs to the object whose state is touched, not to the module around."""
        made = lock.identity[0] if isinstance(lock.identity, tuple) else lock.identity.code.enclosing_class
        own = isinstance(lock.token, Path) and lock.token.kind == "self" and len(lock.token.attrs) == 1
        used = (
            lock.token.home if own and isinstance(lock.token, Path) else None
        )  # a mixin has that of a class beside it
        home, lineage = touch.location.home, self._overlap.evaluator.lineage
        return any(one is not None and (one in lineage(home)[0] or home in lineage(one)[0]) for one in (made, used))

    def _is_flag(self, touch: StateAccess) -> bool:
        if touch.changes != "store" or isinstance(touch.target, Item):
            return False
        return isinstance(touch.value, Constant) and isinstance(touch.value.value, (bool, type(None)))

    def _sets_up(self, touch: StateAccess) -> bool:
        """A constructor's work done again before the object is used again: several plain stores in a row, or a
        function that puts back one number for another class, which may keep everybody else out meanwhile."""
        callers = self._overlap.sharing.locks.callers(touch.code) if _only_resets(touch) else ()
        if callers and all(e.caller.enclosing_class not in (None, touch.code.enclosing_class) for e in callers):
            return True
        touches = self._overlap.sharing.touching.touches(touch.code)
        settings = {one.location for one in touches if one.location.kind == "attribute" and _is_setting(one)}
        return touch.location in settings and len(settings) >= _SEVERAL

    def _opens(self, touch: StateAccess) -> bool:
        """One of several new objects that a function makes for `self` to keep, as `open` or `start` does."""
        if not touch.through_self or not self._is_new(touch):
            return False
        touches = self._overlap.sharing.touching.touches(touch.code)
        return len({one.location for one in touches if one.through_self and self._is_new(one)}) >= _SEVERAL - 1

    def _is_new(self, touch: StateAccess) -> bool:
        values = self._overlap.evaluator.values(touch.value, touch.code) if isinstance(touch.value, Call) else NOTHING
        made = [value for value in values if isinstance(value, Instance) and value.site is not None]
        return touch.changes == "store" and bool(made) and len(made) == len(values.items)

    def _meets(self, way: _Way, guarded: list[_Way]) -> bool:
        """Whether threads are known that run both sides at the same time."""
        own = self._overlap.sharing.spawned(way.touch.code)
        others = [run for other in guarded for run in self._overlap.sharing.spawned(other.touch.code)]
        apart = any(run.dispatch is not other.dispatch or run.dispatch.several for run in own for other in others)
        return apart or bool(own) != bool(others)

    def _is_for_threads(self, lock: Lock) -> bool:
        identity = lock.identity
        if isinstance(identity, tuple):
            return True
        made = identity.call
        if not isinstance(made, Call):
            return False
        names = {library_name(v) for v in self._overlap.evaluator.values(made.function, identity.code)}
        return any(has("thread-primitive", name) or has("process-primitive", name) for name in names)


def _is_atomic(touch: StateAccess) -> bool:
    """A single step of a container, which no other thread sees halfway."""
    return touch.changes == "mutate" or (touch.changes in ("store", "delete") and isinstance(touch.target, Item))


def _is_setting(touch: StateAccess) -> bool:
    """A plain store of a constant or of what the caller passed."""
    if touch.changes != "store" or isinstance(touch.target, Item):
        return False
    names = {parameter.name for parameter in touch.code.scope.parameters}
    return isinstance(touch.value, Constant) or (isinstance(touch.value, Name) and touch.value.id in names)


def _on_self(edge: Edge) -> bool:
    """Whether a call goes to the caller's own object."""
    function = edge.site.call.function
    base = function.value if isinstance(function, Attribute) else None
    if isinstance(base, Call):
        return spelled(base.function) == "super"
    return isinstance(base, Name) and is_self(edge.caller, base.id) is not None


def _looks_again(edge: Edge, other: Edge | None) -> bool:
    """Whether the same function makes the same call once more with the lock: the first is a quick look."""
    return other is not None and other.caller is edge.caller and other.callee is edge.callee


def _lets_go(touch: StateAccess) -> bool:
    return touch.is_constant_store and isinstance(touch.value, Constant) and touch.value.value is None


def _only_resets(touch: StateAccess) -> bool:
    """Whether storing that constant is all that the function does."""
    scope = touch.code.scope
    writes = [access for access in scope.accesses if access.kind != "read"]
    return touch.is_constant_store and len(writes) == 1 and not scope.calls and not scope.loops


def _of_others(touch: StateAccess) -> bool:
    """Whether a touch reaches into objects handed to it, or that a module made once for all."""
    return bool(touch.sites) and all(site is None or site.code.scope.kind == "module" for site in touch.sites)
