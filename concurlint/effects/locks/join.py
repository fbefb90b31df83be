"""Threads and pools waited for under a lock that they need to finish."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from concurlint.catalog.tables import line
from concurlint.effects.calls.access_paths import at_maker, path_of
from concurlint.effects.calls.summaries import summaries
from concurlint.effects.calls.witness import links
from concurlint.effects.contexts.spawns import Spawn, Spawns
from concurlint.effects.locks.order import as_edge
from concurlint.effects.lockset.acquisitions import Acquisitions, is_followed
from concurlint.effects.lockset.address import Lock, LockAddresses
from concurlint.effects.lockset.events import Hold
from concurlint.effects.lockset.locksets import LockSets
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite
from concurlint.facts.syntax import Attribute, Constant, Expression, Place, spelled
from concurlint.finding import Step
from concurlint.project.arguments import given
from concurlint.project.callgraph import Edge
from concurlint.project.modules import Code
from concurlint.project.values import Bound, ClassOf, Instance, Site

_MOST_CALLS = 6  # between a wait and the lock around it


@dataclass(frozen=True, slots=True, eq=False)
class Need:
    """A wait for a worker and a lock that the worker takes, as the code that waits gets at it."""

    lock: Lock
    code: Code
    at: Place
    order: int
    worker: Hold
    dispatch: Spawn
    shown: str
    via: tuple[Edge, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Standstill:
    """A lock held at a wait for somebody who needs it."""

    code: Code
    at: Place
    hold: Hold
    need: Need

    def steps(self) -> tuple[Step, ...]:
        """Where the lock is held, the way to the wait, and the worker's way to the lock."""
        need, dispatch = self.need, self.need.dispatch
        waits = Step(need.code.span(need.at), f"`{need.code.qualname}` waits for `{dispatch.code.qualname}` here")
        return (*self.hold.steps("takes"), *links(need.via), waits, *need.worker.steps("takes"))


class JoinUnderLock:
    """Compares what is held at a wait with what the one waited for takes."""

    def __init__(self, program: Program) -> None:
        self._acquisitions = program[Acquisitions]
        self._addresses = program[LockAddresses]
        self._locks = program[LockSets]
        self._graph = program.graph
        self._evaluator = program.evaluator
        self._dispatches = program[Spawns]

    def standstills(self) -> Iterator[Standstill]:
        """Waits under a lock that the worker waited for takes too."""
        seen: set[tuple[Code, Place]] = set()
        direct = ((code, need) for code in self._graph.edges for need in self._needs(code))
        found = summaries(self._graph, direct, self._through, key=lambda need: (need.lock.token, need.code, need.at))
        for code, needs in found.items():
            for need in needs.values():
                site = need.via[0].site if need.via else None
                order, at = (need.order, need.at) if site is None else (site.order, site.call.at)
                held = (h for h in self._locks.holds(code, order) if is_followed(h))
                hold = next((h for h in held if h.lock.token == need.lock.token), None)
                if hold is not None and (code, at) not in seen:
                    seen.add((code, at))
                    yield Standstill(code, at, hold, need)

    def _through(self, edge: Edge, need: Need) -> Need | None:
        lock = self._addresses.at_caller(need.lock, edge) if edge.runs and len(need.via) < _MOST_CALLS else None
        return replace(need, lock=lock, via=(edge, *need.via)) if lock is not None else None

    def _needs(self, code: Code) -> Iterator[Need]:
        for site, name, _ in self._graph.libraries.get(code, ()):
            if self._waits(site, name) and isinstance(site.call.function, Attribute):
                receiver = site.call.function.value
                yield from self._of(code, receiver, site.call.at, site.order)
        for entered, _, order in code.scope.entered:
            # leaving the block waits for all that the pool was given
            if any(self._evaluator.kind(v) == "thread-pool" for v in self._evaluator.values(entered.manager, code)):
                yield from self._of(code, entered.manager, entered.at, order)

    @staticmethod
    def _waits(site: CallSite, name: str) -> bool:
        """Whether a call waits for a worker as long as it takes."""
        joins = line("joins", name)
        if joins is None or site.awaited:
            return False
        wait = given(site.call, *joins["wait"]) if "wait" in joins else None
        timeout = given(site.call, *joins["timeout"]) if "timeout" in joins else None
        if timeout is not None and not (isinstance(timeout, Constant) and timeout.value is None):
            return False
        return wait is None or (isinstance(wait, Constant) and wait.value is True)

    def _of(self, code: Code, receiver: Expression, at: Place, order: int) -> Iterator[Need]:
        made = {
            id(v.site.call): v.site
            for v in self._evaluator.values(receiver, code)
            if isinstance(v, Instance) and v.site is not None
        }
        own = path_of(receiver, code, self._evaluator)
        for dispatch in self._dispatches.all:
            if dispatch.on != "thread" or dispatch.site is None or dispatch.code is code:
                continue
            if id(dispatch.site.call) not in made and not self._in_pool(dispatch, set(made)):
                if own is None or own.attrs or own.kind != "self" or not self._is_one_of(dispatch, own.home):
                    continue
            edge = as_edge(dispatch, self._evaluator)
            for hold in self._acquisitions.taken_in(dispatch.code):
                lock = self._seen(hold.lock, edge, receiver, code, dispatch)
                if lock is not None:
                    yield Need(lock, code, at, order, hold, dispatch, spelled(receiver))

    def _seen(self, lock: Lock, edge: Edge | None, receiver: Expression, code: Code, dispatch: Spawn) -> Lock | None:
        """A lock that the worker takes as the code that waits gets at it."""
        token = lock.token
        if isinstance(token, Site):
            return lock
        outer = self._addresses.at_caller(lock, edge) if edge is not None else None
        if outer is None and (cls := _thread_class(dispatch)) is not None and dispatch.site is not None:
            # the worker is the method of a thread object: what the object was given, or what is its own
            if token.kind == "global":
                return lock
            made = at_maker(token, cls, dispatch.site.call, dispatch.where, self._evaluator)
            base = path_of(receiver, code, self._evaluator)
            if made is None and token.kind == "self" and base is not None:
                inner = base.then(token.attrs)
                return self._addresses.at_path(inner, lock) if inner is not None else None
            outer = self._addresses.at_path(made, lock) if made is not None else None
        return outer if outer is not None and self._is_seen(outer, receiver, code, dispatch) else None

    def _is_one_of(self, dispatch: Spawn, cls: Code) -> bool:
        """Whether the work is that of a thread object of the class."""
        made = _thread_class(dispatch)
        return made is not None and cls in self._evaluator.lineage(made.code)[0]

    def _in_pool(self, dispatch: Spawn, made: set[int]) -> bool:
        """Whether the work was given to a pool made at one of the places."""
        function = dispatch.site.call.function if dispatch.site is not None else None
        if not isinstance(function, Attribute):
            return False
        return any(
            isinstance(v, Instance) and v.site is not None and id(v.site.call) in made
            for v in self._evaluator.values(function.value, dispatch.where)
        )

    def _is_seen(self, lock: Lock, receiver: Expression, code: Code, dispatch: Spawn) -> bool:
        """Whether a lock known where the work was dispatched is the same one where it is waited for."""
        token = lock.token
        if isinstance(token, Site) or token.kind == "global":
            return True
        if token.kind == "local":
            return code in token.home.family()
        path = path_of(receiver, code, self._evaluator)
        if code is dispatch.where:
            return True
        return path is not None and path.kind == "self"


def _thread_class(dispatch: Spawn) -> ClassOf | None:
    """The class of a thread object whose own method is the work."""
    value = dispatch.value
    if dispatch.hook is None or not isinstance(value, Bound) or not isinstance(value.owner, Instance):
        return None
    return value.owner.of if isinstance(value.owner.of, ClassOf) else None
