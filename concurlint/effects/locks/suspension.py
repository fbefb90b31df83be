"""Locks of threads that a coroutine holds while it lets other tasks run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.effects.contexts.parallel import SoleTasks
from concurlint.effects.locks.lockset import Lock, LockSets
from concurlint.effects.program import Program
from concurlint.facts.records import Awaited, Context
from concurlint.facts.syntax import Attribute, Call, Constant, Expression, Place, spelled
from concurlint.finding import Step
from concurlint.project.modules import Code
from concurlint.project.values import Site

_OF_THREADS = {"lock", "semaphore", "rw-lock"}


@dataclass(frozen=True, slots=True, eq=False)
class HeldOver:
    """A lock held at an `await`; `reentrant` when other tasks of the thread pass it."""

    code: Code
    awaited: Awaited
    lock: Lock
    taken: Place
    reentrant: bool

    def steps(self) -> tuple[Step, ...]:
        """Where the lock is taken."""
        return (Step(self.code.span(self.taken), f"`{self.lock.spelling}` is taken here"),)


class Suspension:
    """Finds the awaits under a lock."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._roles = program.roles
        self._locks = program[LockSets]
        self._alone = program[SoleTasks]

    def over_awaits(self) -> Iterator[HeldOver]:
        """The first await under each lock that is taken with waiting."""
        for code in self._graph.edges:
            if not code.is_async or self._alone.is_alone(code):
                continue
            seen: set[tuple[object, Place]] = set()
            for awaited in code.scope.awaits:
                for lock in sorted(
                    self._locks.at(code, awaited.context, awaited.order).locks, key=lambda lock: lock.spelling
                ):
                    taken = self._taken(code, lock, awaited.context, awaited.order)
                    if taken is None or (lock.identity, taken) in seen or not self._is_shared(lock, code):
                        continue
                    seen.add((lock.identity, taken))
                    yield HeldOver(code, awaited, lock, taken, self._is_reentrant(lock))

    @staticmethod
    def _is_shared(lock: Lock, code: Code) -> bool:
        """A lock of threads that somebody else can have: not one that this very run made."""
        mine = isinstance(lock.identity, Site) and lock.identity.code is code
        return lock.kind in _OF_THREADS and not mine

    def _taken(self, code: Code, lock: Lock, context: Context, order: int) -> Place | None:
        """Where a lock that is held was taken; None when it was not waited for."""
        for entered in reversed(context.entered):
            if not entered.is_async and lock in self._locks.manager(entered.manager, code).locks:
                return entered.at
        for site in reversed(code.scope.calls):
            function = site.call.function
            if site.order < order and isinstance(function, Attribute) and function.attr == "acquire":
                if lock in self._locks.of(function.value, code).locks and not site.awaited:
                    free = _gives_up(site.call) or self._released_between(code, function.value, site.order, order)
                    return None if free else site.call.at
        return None

    @staticmethod
    def _released_between(code: Code, lock: Expression, start: int, end: int) -> bool:
        return any(
            isinstance(site.call.function, Attribute)
            and site.call.function.attr == "release"
            and spelled(site.call.function.value) == spelled(lock)
            and start < site.order < end
            for site in code.scope.calls
        )

    def _is_reentrant(self, lock: Lock) -> bool:
        """Whether the lock is known to be an RLock."""
        site = lock.identity
        if not isinstance(site, Site):
            return False
        names = {self._graph.evaluator.type_name(value) for value in self._graph.evaluator.values(site.call, site.code)}
        roles = [self._roles.class_role(self._roles.canonical(name)) for name in names]
        return bool(roles) and all(role is not None and role.reentrant for role in roles)


def _gives_up(call: Call) -> bool:
    """`acquire(False)`, `acquire(blocking=False)` or one with a timeout."""
    if not call.arguments:
        return False
    first = call.arguments[0]
    return not (isinstance(first.value, Constant) and first.value.value is True and len(call.arguments) == 1)
