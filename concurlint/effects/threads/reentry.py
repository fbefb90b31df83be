"""Locks that their holder meets again: in a signal's handler, a callback run at once, a log handler that logs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from concurlint.catalog.traits import has, listed, may
from concurlint.effects.calls.access_paths import Path
from concurlint.effects.calls.summaries import reached
from concurlint.effects.calls.witness import links
from concurlint.effects.contexts.spawns import Spawns
from concurlint.effects.lockset.acquisitions import Acquisitions
from concurlint.effects.lockset.address import Lock
from concurlint.effects.lockset.events import Acquisition, Hold
from concurlint.effects.lockset.locksets import LockSets
from concurlint.effects.program import Program
from concurlint.effects.races.sharing import Sharing
from concurlint.facts.records import CallSite
from concurlint.facts.syntax import Place
from concurlint.finding import Step
from concurlint.project.arguments import given
from concurlint.project.callgraph import Edge
from concurlint.project.modules import Code
from concurlint.project.values import ClassOf, Instance


@dataclass(frozen=True, slots=True, eq=False)
class Reentry:
    """A place where the thread that holds a lock comes to take it again; `says` in words."""

    code: Code
    at: Place
    says: str
    trace: tuple[Step, ...]


class Reentries:
    """Looks at what runs in the midst of other code, on the same thread."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._evaluator = program.evaluator
        self._roles = program.roles
        self._spawns = program[Spawns]
        self._acquisitions = program[Acquisitions]
        self._locks = program[LockSets]
        self._sharing = program[Sharing]

    def all(self) -> Iterator[Reentry]:
        """Every such place."""
        yield from self._by_signals()
        yield from self._by_collection()
        yield from self._by_callbacks()
        yield from self._by_logging()

    def _by_signals(self) -> Iterator[Reentry]:
        """A handler interrupts the main thread anywhere, also where that holds the lock."""
        seen: set[Place] = set()
        for dispatch in self._spawns.all:
            if not listed("interrupts", dispatch.name):
                continue
            inside = reached(self._graph, [dispatch.code])
            for hold in self._acquisitions.taken_in(dispatch.code):
                other = next(self._elsewhere(hold.lock, inside), None) if _excludes(hold.lock) else None
                if other is not None and hold.taking.at not in seen:
                    seen.add(hold.taking.at)
                    says = f"`{other.code.qualname}` takes `{other.lock.spelling}`, too, and may be interrupted"
                    steps = (*links(hold.via), Step(other.code.span(other.at), says))
                    how = "which the code it interrupts may hold"
                    yield Reentry(
                        hold.taking.code,
                        hold.taking.at,
                        f"a signal's handler takes `{hold.lock.spelling}`, {how}",
                        steps,
                    )

    def _by_collection(self) -> Iterator[Reentry]:
        """A finalizer or a callback of the garbage collector runs where some thread makes an object, perhaps under the
        lock. Nobody holds a lock of the dying object itself: who does would still know it."""
        for dispatch in self._spawns.all:
            if dispatch.on != "anywhere":
                continue
            inside = reached(self._graph, [dispatch.code])
            for hold in self._acquisitions.taken_in(dispatch.code):
                if not _excludes(hold.lock) or (dispatch.site is None and self._is_own(hold.lock)):
                    continue
                other = next(self._held_at_calls(hold.lock, inside), None)
                if other is not None:
                    site, at = dispatch.site, hold.taking
                    says = f"`{other.code.qualname}` takes `{other.lock.spelling}`, too, and may set off a collection"
                    yield Reentry(
                        dispatch.where if site is not None else at.code,
                        site.call.at if site is not None else at.at,
                        f"`{dispatch.code.qualname}` is run by the garbage collector and takes `{hold.lock.spelling}`, "
                        "which its thread may hold",
                        (*links(hold.via), Step(other.code.span(other.at), says)),
                    )
                    break

    def _is_own(self, lock: Lock) -> bool:
        """Whether a lock belongs to the object itself, or to a part that it has made."""
        token = lock.token
        if not isinstance(token, Path) or token.kind != "self":
            return False
        part = self._evaluator.attribute(Instance(ClassOf(token.home)), token.attrs[0]).used()
        lineage = self._evaluator.lineage(token.home)[0]
        made = [one.site.code.owner for one in part if isinstance(one, Instance) and one.site is not None]
        return len(token.attrs) == 1 or (bool(made) and all(owner in lineage for owner in made))

    def _held_at_calls(self, lock: Lock, inside: Collection[Code]) -> Iterator[Acquisition]:
        """Where a lock is taken outside of some code, and calls are made while it is held."""
        for code in self._graph.edges:
            for taking in self._acquisitions.of(code) if code not in inside else ():
                if taking.waits and taking.lock.may_be(lock):
                    if any(s.order > taking.order and self._has(lock, code, s) for s in code.scope.calls):
                        yield taking

    def _has(self, lock: Lock, code: Code, site: CallSite) -> bool:
        return any(one.may_be(lock) for one in self._locks.at(code, site.order).must)

    def _elsewhere(self, lock: Lock, inside: Iterable[Code]) -> Iterator[Acquisition]:
        """Where the main thread takes the same lock outside of some code."""
        apart = set(inside)
        for code in self._graph.edges:
            if code in apart or code in self._sharing.spawned_runs:
                continue
            for taking in self._acquisitions.of(code):
                if taking.waits and taking.lock.may_be(lock):
                    yield taking

    def _by_callbacks(self) -> Iterator[Reentry]:
        """A future that is done already runs a callback at once, on the thread that adds it."""
        for code, calls in self._graph.libraries.items():
            for site, name, _ in calls:
                role = self._roles.runs(name) if has("runs-at-once", name) else None
                work = given(site.call, *role.work) if role is not None else None
                held = self._held(code, site) if work is not None else []
                for value in self._evaluator.values(work, code) if held and work is not None else ():
                    callee = self._graph.runs(value)
                    taken = self._acquisitions.taken_in(callee) if callee is not None else []
                    again = next((h for h in taken if any(h.lock.may_be(lock) for lock in held)), None)
                    if again is not None:
                        how = "which the callback takes, too, and a future that is done runs it at once"
                        yield Reentry(
                            code, site.call.at, f"`{again.lock.spelling}` is held here, {how}", again.steps("takes")
                        )

    def _held(self, code: Code, site: CallSite) -> list[Lock]:
        return [lock for lock in self._locks.effective(code, site.order).must if _excludes(lock)]

    def _by_logging(self) -> Iterator[Reentry]:
        """What a log handler logs comes to the handler itself."""
        for cls in self._graph.edges:
            ancestry = self._ancestry(cls) if cls.scope.kind == "class" else set()
            for method in cls.children if ancestry else ():
                if not any(has("while-logging", f"{name}.{method.name}") for name in ancestry):
                    continue
                taken = [hold for hold in self._acquisitions.taken_in(method) if _excludes(hold.lock)]
                for code, way in reached(self._graph, [method]).items() if taken else ():
                    yield from self._logged(code, way, taken)

    def _ancestry(self, cls: Code) -> set[str]:
        libraries = self._evaluator.lineage(ClassOf(cls).code)[1]
        return {name for library in libraries for name in self._roles.ancestry(library)}

    def _logged(self, code: Code, way: tuple[Edge, ...], taken: list[Hold]) -> Iterator[Reentry]:
        for site, name, _ in self._graph.libraries.get(code, ()):
            if not name.startswith("logging.") or not may("only-tells", name.rpartition(".")[2]):
                continue
            again = next((h for h in taken if any(h.lock.may_be(lock) for lock in self._held(code, site))), None)
            if again is not None:
                how = f"`{again.lock.spelling}` is held, and what is logged here comes to this handler, which takes it"
                yield Reentry(code, site.call.at, how, (*links(way), *again.steps("takes")))
                return


def _excludes(lock: Lock) -> bool:
    return lock.excludes and lock.reentrant is False and lock.is_sure
