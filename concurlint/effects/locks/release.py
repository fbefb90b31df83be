"""Locks taken by a bare `acquire()` that an exception or an early return leaves taken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.catalog.effects import EffectKind
from concurlint.catalog.traits import listed, may
from concurlint.effects.flow.cfg import Edge
from concurlint.effects.flow.graphs import Graphs
from concurlint.effects.lockset.acquisitions import Acquisitions
from concurlint.effects.lockset.events import Acquisition
from concurlint.effects.lockset.states import LockStates
from concurlint.effects.program import Program
from concurlint.facts.flow import Way
from concurlint.facts.records import CallSite
from concurlint.facts.syntax import Attribute, Constant, Item, Place, Slice, spelled
from concurlint.finding import Step
from concurlint.project.callgraph import library_name
from concurlint.project.modules import Code


@dataclass(frozen=True, slots=True)
class Leak:
    """An acquire call, and the place from which the run may leave with the lock still taken."""

    taking: Acquisition
    at: Place
    how: str
    released: Place

    def steps(self) -> tuple[Step, ...]:
        """What may leave, and the release that it passes by."""
        code = self.taking.code
        return (Step(code.span(self.at), self.how), Step(code.span(self.released), "the release is not reached then"))


@dataclass(frozen=True, slots=True)
class _Exit:
    """A place from which the function may be left: by an exception, or by return."""

    at: Place
    order: int
    how: str
    is_return: bool


class LockRelease:
    """Looks for ways out between acquire and release."""

    def __init__(self, program: Program) -> None:
        self._acquisitions = program[Acquisitions]
        self._graphs = program[Graphs]
        self._states = program[LockStates]
        self._graph = program.graph
        self._evaluator = program.evaluator
        self._effects = program.effects

    def leaks(self) -> Iterator[Leak]:
        """Locks that are released in the same function, but not on every way out."""
        for code in self._graph.edges:
            bare = [t for t in self._acquisitions.of(code) if t.site is not None and t.waits and t.lock.excludes]
            if bare and not self._implements_lock(code):
                for taking in bare:
                    leak = self._of(taking)
                    if leak is not None:
                        yield leak

    @staticmethod
    def _implements_lock(code: Code) -> bool:
        """A method that takes or releases on somebody's behalf, or a class that is itself a lock."""
        if may("implements-lock", code.name) or "acquire" in code.name or "release" in code.name:
            return True
        own = {child.name for child in code.owner.children} if code.owner is not None else set()
        return any(may("acquires", name) for name in own) and any(may("releases", name) for name in own)

    def _of(self, taking: Acquisition) -> Leak | None:
        code, graph = taking.code, self._graphs.of(taking.code)
        releases = self._states.releases(code, taking.lock)
        if not any(order in graph.after(taking.order) for order in releases):
            return None
        for exit_ in sorted(self._exits(code), key=lambda e: e.order):
            if exit_.order in releases or not self._is_held(taking, exit_.order):
                continue
            start = graph.after if exit_.is_return else graph.when_raised
            reach = start(exit_.order, releases, _goes_on)
            if not (reach.returns or reach.raises) or (exit_.is_return and self._is_released_elsewhere(taking)):
                continue
            passed = [order for order in sorted(releases) if order in graph.after(exit_.order)]
            if passed or exit_.is_return:
                return Leak(taking, exit_.at, exit_.how, self._place(code, passed[0] if passed else max(releases)))
        return None

    def _is_held(self, taking: Acquisition, order: int) -> bool:
        """Whether every run that comes to a record has the lock by that taking."""
        held = (self._states.before(taking.code, order) or {}).get(taking.lock.token)
        return held is not None and held.least > 0 and any(hold.taking is taking for hold in held.by)

    def _place(self, code: Code, order: int) -> Place:
        return next(site.call.at for site in self._graph.sites(code) if site.order == order)

    def _exits(self, code: Code) -> Iterator[_Exit]:
        for site in code.scope.calls:
            what = self._may_raise(site)
            if what:
                yield _Exit(site.call.at, site.order, what, False)
        for access in code.scope.accesses:
            if isinstance(access.target, Item) and access.kind in ("read", "delete", "augment"):
                if all(isinstance(index, (Constant, Slice)) for index in access.target.index):
                    continue  # `queue[0]` is written by somebody who knows that there is one
                how = f"`{spelled(access.target.value) or 'the lookup'}[…]` may raise here"
                yield _Exit(access.target.at, access.order, how, False)
        for returned in code.scope.returned:
            yield _Exit(returned.at, returned.order, "returns here", True)
        for place in code.scope.yielded:
            yield _Exit(place.at, place.order, "whoever it yields to may raise", False)

    def _may_raise(self, site: CallSite, depth: int = 0) -> str:
        """What a call does that can end in an exception, in words; "" where that is not to be expected."""
        says = f"`{spelled(site.call.function) or 'the call'}` may raise here"
        targets = self._graph.targets(site)
        if not targets:
            function = site.call.function
            return "" if isinstance(function, Attribute) and may("hardly-fails", function.attr) else says
        for value in targets:
            callee = self._graph.runs(value)
            name = library_name(value)
            if callee is not None:
                if depth > 2 or any(self._may_raise(inner, depth + 1) for inner in callee.scope.calls):
                    return says
            elif (
                name
                and not listed("makes-container", name)
                and not self._evaluator.roles.is_quiet(name)
                and not self._is_of_locks(name)
            ):
                fact = self._effects.lookup(name)
                if fact is not None and fact.effect != EffectKind.NONE:
                    return says
        return ""

    def _is_of_locks(self, name: str) -> bool:
        kind = self._evaluator.roles.kind(name.rpartition(".")[0])
        return kind.endswith(("lock", "semaphore", "event", "thread", "queue")) or name.startswith("time.")

    def _is_released_elsewhere(self, taking: Acquisition) -> bool:
        """Whether another function releases the lock: a return may well leave it taken for that one."""
        lock, own = taking.lock, taking.code
        return any(
            other.token == lock.token
            or (other.spelling == lock.spelling and code.owner is not None and code.owner is own.owner)
            for code in self._graph.edges
            if code is not own
            for _, other in self._acquisitions.releases(code)
        )


def _goes_on(edge: Edge) -> bool:
    """Ways on after the first thing that goes wrong: nothing else does, and nobody interrupts."""
    return edge.raised is None and edge.way != Way.UNCAUGHT_BASE
