"""State guarded by a lock in most places and changed without it in some."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from concurlint.effects.locks import Held, Lock
from concurlint.effects.touches import Location, Touch
from concurlint.facts.syntax import Call, Constant, Item, Name
from concurlint.finding import Step
from concurlint.project.callgraph import Edge, library_name

if TYPE_CHECKING:
    from concurlint.effects.races import Races

_SEVERAL = 4


@dataclass(frozen=True, slots=True, eq=False)
class Slip:
    """A write without the lock that guards the same state elsewhere."""

    touch: Touch
    lock: str
    guarded: Touch
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

    touch: Touch
    held: Held
    edge: Edge | None

    @property
    def on_loop(self) -> bool:
        """Whether a coroutine does it: coroutines of one loop do not run at the same time."""
        return self.touch.code.is_async or (self.edge is not None and self.edge.caller.is_async)


class Slips:
    """Finds changes without the lock that guards the same state elsewhere."""

    def __init__(self, races: Races) -> None:
        self._races = races

    def of(self, location: Location, touches: list[Touch]) -> Iterator[Slip]:
        if location.kind == "closure":
            return
        if location.kind == "attribute":  # objects made in some function may be its own still
            touches = [touch for touch in touches if touch.through_self or _of_others(touch)]
        live = [t for t in touches if not self._races.is_private_yet(t) or self._races.runs_beside_threads(t)]
        held = [way for touch in live for way in self._ways(touch)]
        counts: dict[object, list[tuple[_Way, Lock]]] = {}
        for way in held:
            for lock in way.held.locks:
                if lock.kind == "lock" and self._is_for_threads(lock) and self._guards(lock, way.touch):
                    counts.setdefault(lock.identity, []).append((way, lock))
        if not counts:
            return
        guarded = max(counts.values(), key=len)
        lock = guarded[0][1]
        bare = [
            way
            for way in held
            if not way.held.unknown
            and lock.identity not in {one.identity for one in way.held.locks}
            and not self._is_flag(way.touch)
            and not (self._sets_up(way.touch) and not self._meets(way, [one for one, _ in guarded]))
            and self._is_sure(way, len(guarded))
            and not self._is_dead(way)
        ]
        if all(way.on_loop for way, _ in guarded):
            bare = [way for way in bare if not way.on_loop]
        if not bare or len(bare) > len(guarded):
            return
        ways = [way for way, _ in guarded]
        if all(way.touch.changes == "mutate" for way in (*bare, *ways)) and len(bare) == len(ways):
            if len({way.touch.code for way in ways}) < len(ways):
                return
        for way in bare:
            other = next((w for w in ways if w.touch is not way.touch), ways[0])
            yield Slip(way.touch, lock.spelling, other.touch, way.edge, other.edge)

    def _is_dead(self, way: _Way) -> bool:
        """A private helper that nobody is known to call says nothing about how it would be called."""
        code = way.touch.code
        return (
            code.name.startswith("_") and not code.name.endswith("__") and not self._races.sharing.locks.callers(code)
        )

    def _is_sure(self, way: _Way, guarded: int) -> bool:
        """One place under another lock only speaks against itself if the others agree, and if the change
        could be torn at all."""
        if not any(lock.kind == "lock" for lock in way.held.locks):
            return True
        return guarded > 1 and way.touch.changes != "mutate"

    def _ways(self, touch: Touch) -> list[_Way]:
        """The locks held at a touch, by each way its function is called where the ways differ."""
        here = self._races.sharing.locks.at(touch.code, touch.context, touch.order)
        edges = [e for e in self._races.sharing.locks.callers(touch.code) if e.caller is not touch.code and e.runs]
        edges = [e for e in edges if not self._races.sharing.is_before_sharing(e.caller)]
        if here.locks or len(edges) < 2:
            return [_Way(touch, self._races.sharing.held(touch), None)]
        found = [
            _Way(touch, here | self._races.sharing.locks.effective(e.caller, e.site.context, e.site.order), e)
            for e in edges
        ]
        if touch.location.kind == "attribute" and any(
            not self._is_of_object(lock, touch) for way in found for lock in way.held.locks
        ):
            return [_Way(touch, self._races.sharing.held(touch), None)]
        return found

    def _guards(self, lock: Lock, touch: Touch) -> bool:
        """A lock of the same object, or of a module; one of some other object may be there for something else."""
        made = lock.identity[0] if isinstance(lock.identity, tuple) else lock.identity.code
        if made is None or self._is_of_object(lock, touch):
            return True
        if touch.location.kind != "attribute" and made.module is touch.location.home.module:
            return True
        return not isinstance(lock.identity, tuple) and made.scope.kind == "module"

    def _is_of_object(self, lock: Lock, touch: Touch) -> bool:
        """Whether a lock belongs to the object whose state is touched, not to the module around."""
        made = lock.identity[0] if isinstance(lock.identity, tuple) else lock.identity.code.enclosing_class
        return (made is not None and made in self._races.evaluator.lineage(touch.location.home)[0]) or (
            made is not None and touch.location.home in self._races.evaluator.lineage(made)[0]
        )

    def _is_flag(self, touch: Touch) -> bool:
        if touch.changes != "store" or isinstance(touch.target, Item):
            return False
        return isinstance(touch.value, Constant) and isinstance(touch.value.value, (bool, type(None)))

    def _sets_up(self, touch: Touch) -> bool:
        """A constructor's work done again before the object is used again: several plain stores in a row, or a
        function that puts back one number for another class, which may keep everybody else out meanwhile."""
        callers = self._races.sharing.locks.callers(touch.code) if _only_resets(touch) else ()
        if callers and all(e.caller.enclosing_class not in (None, touch.code.enclosing_class) for e in callers):
            return True
        touches = self._races.sharing.touching.touches(touch.code)
        settings = {one.location for one in touches if one.location.kind == "attribute" and _is_setting(one)}
        return touch.location in settings and len(settings) >= _SEVERAL

    def _meets(self, way: _Way, guarded: list[_Way]) -> bool:
        """Whether threads are known that run both sides at the same time."""
        runs = self._races.sharing.runs
        own = runs.get(way.touch.code, ())
        others = [run for other in guarded for run in runs.get(other.touch.code, ())]
        apart = any(run.dispatch is not other.dispatch or run.dispatch.several for run in own for other in others)
        return apart or bool(own) != bool(others)

    def _is_for_threads(self, lock: Lock) -> bool:
        identity = lock.identity
        if isinstance(identity, tuple):
            return True
        made = identity.call
        if not isinstance(made, Call):
            return False
        names = {library_name(v) for v in self._races.evaluator.values(made.function, identity.code)}
        return any(name.startswith(("threading.", "multiprocessing.", "_thread.")) for name in names)


def _is_setting(touch: Touch) -> bool:
    """A plain store of a constant or of what the caller passed."""
    if touch.changes != "store" or isinstance(touch.target, Item):
        return False
    names = {parameter.name for parameter in touch.code.scope.parameters}
    return isinstance(touch.value, Constant) or (isinstance(touch.value, Name) and touch.value.id in names)


def _only_resets(touch: Touch) -> bool:
    """Whether storing that constant is all that the function does."""
    scope = touch.code.scope
    writes = [access for access in scope.accesses if access.kind != "read"]
    return touch.is_constant_store and len(writes) == 1 and not scope.calls and not scope.loops


def _of_others(touch: Touch) -> bool:
    """Whether a touch reaches into objects handed to it, or that a module made once for all."""
    return bool(touch.sites) and all(site is None or site.code.scope.kind == "module" for site in touch.sites)
