"""Locks taken by a bare `acquire()` that an exception or an early return leaves taken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.catalog.effects import EffectKind
from concurlint.effects.locks.acquisitions import Acquisition, Acquisitions, Guard
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite, Context
from concurlint.facts.syntax import Attribute, Constant, Item, Place, Slice, Unary, spelled
from concurlint.finding import Step
from concurlint.project.callgraph import library_name
from concurlint.project.modules import Code

_IMPLEMENTS = {"acquire", "release", "__enter__", "__exit__", "__aenter__", "__aexit__", "lock", "unlock"}
_COPIES = {"builtins.list", "builtins.tuple", "builtins.set", "builtins.dict"}
_CATCHES_ALL = {"", "Exception", "BaseException"}
_PLAIN = {"append", "add", "get", "items", "keys", "values", "clear", "copy", "set", "is_set", "discard", "extend",
          "appendleft", "notify", "notify_all", "wait", "setdefault"}  # fmt: skip


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
    context: Context
    order: int
    how: str
    is_return: bool


class LockRelease:
    """Looks for ways out between acquire and release."""

    def __init__(self, program: Program) -> None:
        self._holding = program[Acquisitions]
        self._graph = program.graph
        self._evaluator = program.evaluator
        self._effects = program.effects

    def leaks(self) -> Iterator[Leak]:
        """Locks that are released in the same function, but not on every way out."""
        for code in self._graph.edges:
            bare = [t for t in self._holding.takings(code) if self._is_bare(t)]
            if bare and not self._implements_lock(code):
                for taking in bare:
                    leak = self._of(taking)
                    if leak is not None:
                        yield leak

    @staticmethod
    def _is_bare(taking: Acquisition) -> bool:
        site = taking.site
        if site is None or not taking.waits or not taking.guard.excludes:
            return False
        return (
            site.dropped
            or site.awaited
            or any(
                branch.ends and isinstance(branch.test, Unary) and branch.test.operand is site.call
                for branch in taking.code.scope.branches
            )
        )

    @staticmethod
    def _implements_lock(code: Code) -> bool:
        """A method that takes or releases on somebody's behalf, or a class that is itself a lock."""
        if code.name in _IMPLEMENTS or "acquire" in code.name or "release" in code.name:
            return True
        own = {child.name for child in code.owner.children} if code.owner is not None else set()
        return {"acquire", "release"} <= own or {"__enter__", "__exit__"} <= own & {code.name, "__enter__", "__exit__"}

    def _of(self, taking: Acquisition) -> Leak | None:
        code = taking.code
        releases = [site for site, guard in self._holding.releases(code) if self._same(guard, taking.guard)]
        later = [site for site in releases if site.order > taking.order]
        if not later or self._is_protected(code, taking.context, releases):
            return None
        for exit_ in sorted(self._exits(code), key=lambda e: e.order):
            if exit_.order <= taking.order or not self._holding.is_held(taking, exit_.context, exit_.order):
                continue
            if self._is_protected(code, exit_.context, releases):
                continue
            passed = next((site for site in later if site.order > exit_.order), None)
            if passed is None and not exit_.is_return:
                continue
            if exit_.is_return and self._is_released_elsewhere(taking):
                continue
            return Leak(taking, exit_.at, exit_.how, (passed or later[-1]).call.at)
        return None

    @staticmethod
    def _same(one: Guard, other: Guard) -> bool:
        return one.token == other.token or one.spelling == other.spelling

    def _is_protected(self, code: Code, context: Context, releases: list[CallSite]) -> bool:
        """Whether a `finally`, or a handler that catches all, releases when this place is left."""
        for attempt in context.attempts:
            for release in releases:
                for part in release.context.attempts:
                    if part.number != attempt.number or part.part == attempt.part:
                        continue
                    if part.part == "finally" or (part.part == "handler" and attempt.part == "body"):
                        if part.part == "finally" or self._catches_all(code, attempt.number, release):
                            return True
        return False

    @staticmethod
    def _catches_all(code: Code, attempt: int, release: CallSite) -> bool:
        return any(
            handler.attempt == attempt
            and handler.block in release.context.blocks
            and (not handler.types or any(spelled(kind) in _CATCHES_ALL for kind in handler.types))
            for handler in code.scope.handlers
        )

    def _exits(self, code: Code) -> Iterator[_Exit]:
        for site in code.scope.calls:
            what = self._may_raise(site)
            if what:
                yield _Exit(site.call.at, site.context, site.order, what, False)
        for access in code.scope.accesses:
            if isinstance(access.target, Item) and access.kind in ("read", "delete", "augment"):
                if all(isinstance(index, (Constant, Slice)) for index in access.target.index):
                    continue  # `queue[0]` is written by somebody who knows that there is one
                how = f"`{spelled(access.target.value) or 'the lookup'}[…]` may raise here"
                yield _Exit(access.target.at, access.context, access.order, how, False)
        for returned in code.scope.returned:
            yield _Exit(returned.at, returned.context, returned.order, "returns here", True)
        for place in code.scope.yielded:
            yield _Exit(place.at, place.context, place.order, "whoever it yields to may raise", False)

    def _may_raise(self, site: CallSite, depth: int = 0) -> str:
        """What a call does that can end in an exception, in words; "" where that is not to be expected."""
        says = f"`{spelled(site.call.function) or 'the call'}` may raise here"
        targets = self._graph.targets(site)
        if not targets:
            function = site.call.function
            return "" if isinstance(function, Attribute) and function.attr in _PLAIN else says
        for value in targets:
            callee = self._graph.runs(value)
            name = library_name(value)
            if callee is not None:
                if depth > 2 or any(self._may_raise(inner, depth + 1) for inner in callee.scope.calls):
                    return says
            elif (
                name
                and name not in _COPIES
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
        guard, own = taking.guard, taking.code
        return any(
            other.token == guard.token
            or (other.spelling == guard.spelling and code.owner is not None and code.owner is own.owner)
            for code in self._graph.edges
            if code is not own
            for _, other in self._holding.releases(code)
        )
