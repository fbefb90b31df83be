"""What becomes of a child's exit status, and how long somebody may wait for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from concurlint.catalog.entries import ChildRole
from concurlint.catalog.traits import guessed, may
from concurlint.effects.calls.arguments import ABSENT, lookup
from concurlint.effects.calls.summaries import spread
from concurlint.effects.calls.witness import links
from concurlint.effects.contexts.spawns import Spawn
from concurlint.effects.flow.uses import mentions_of
from concurlint.effects.lockset.locksets import LockSets
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite
from concurlint.facts.syntax import Attribute, Constant
from concurlint.finding import Step
from concurlint.project.arguments import merged
from concurlint.project.callgraph import Edge
from concurlint.project.modules import Code
from concurlint.project.values import Bound, Value


@dataclass(frozen=True, slots=True, eq=False)
class Ignored:
    """A command whose exit status nobody looks at; `can_check` where the call itself could."""

    code: Code
    site: CallSite
    name: str
    can_check: bool


@dataclass(frozen=True, slots=True, eq=False)
class Endless:
    """A wait for a child without a timeout; `why` that matters, in words, with the way there."""

    code: Code
    site: CallSite
    why: str
    takes_timeout: bool
    steps: tuple[Step, ...]


_Served: TypeAlias = tuple[str, tuple[Edge, ...]]
"""For whom code answers requests, and the calls that lead to it."""


class ExitStatuses:
    """Looks at the calls that wait for children."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._roles = program.roles
        self._locks = program[LockSets]
        self._evaluator = program.evaluator

    def ignored(self) -> Iterator[Ignored]:
        """Calls that return a status which is dropped."""
        for code, calls in self._graph.libraries.items():
            for site, name, value in calls:
                role = self._roles.child(name)
                if role is None or not role.waits or role.status not in ("returned", "returncode"):
                    continue
                if role.check is not None and self._is_given(code, site, value, role.check):
                    continue
                if site.dropped or (role.status == "returncode" and self._is_unread(code, site)):
                    yield Ignored(code, site, name, role.check is not None)

    def _is_given(self, code: Code, site: CallSite, value: Value, wanted: tuple[str, int | None]) -> bool:
        """Whether a call passes a parameter, or may do so."""
        return lookup(merged(value, site.call), code, wanted, self._evaluator) is not ABSENT

    def _is_unread(self, code: Code, site: CallSite) -> bool:
        """Whether only other parts of what is returned are ever looked at: its output, or nothing."""
        for access in code.scope.accesses:
            target = access.target
            if isinstance(target, Attribute) and target.value is site.call:
                return access.kind == "read" and not may("exit-status", target.attr)
        if code.scope.kind != "function":
            return False
        for name, bindings in code.scope.bindings.items():
            if any(b.value is site.call for b in bindings):
                one = len(bindings) == 1 and bindings[0].kind == "assign" and not bindings[0].path
                if not one or name in code.scope.globals | code.scope.nonlocals:
                    return False
                mentions = mentions_of(name, code)
                return not mentions.escapes and not any(mentions.of(*guessed("exit-status")))
        return False

    def endless(self, dispatches: Iterable[Spawn]) -> Iterator[Endless]:
        """Waits without a timeout where requests are served or a lock is held."""
        served = self._served(dispatches)
        for code in self._graph.edges:
            for site in code.scope.calls if not code.is_async else ():
                waits = self._waits(code, site)
                if waits is None:
                    continue
                held = sorted(lock.spelling for lock in self._locks.effective(code, site.order).must)
                if held and held[0]:
                    yield Endless(code, site, f"`{held[0]}` is held", waits, ())
                elif code in served:
                    why, via = served[code]
                    yield Endless(code, site, why, waits, links(via))

    def _waits(self, code: Code, site: CallSite) -> bool | None:
        """Whether the waiting call could take a timeout; None if it has one, or does not wait for a child."""
        function = site.call.function
        for name, value in [(n, v) for s, n, v in self._graph.libraries.get(code, ()) if s is site]:
            role = self._roles.child(name)
            if role is not None and role.waits:
                return self._is_open(code, site, value, role)
            if isinstance(value, Bound) and isinstance(function, Attribute) and may("waits-for-child", function.attr):
                if self._evaluator.kind(value.owner) == "child":
                    limited = [a for a in site.call.arguments if not _is_none(a.value)]
                    return None if any(a.keyword == "timeout" or a.star for a in limited) or limited else True
        return None

    def _is_open(self, code: Code, site: CallSite, value: Value, role: ChildRole) -> bool | None:
        if role.timeout is None:
            return False
        return None if self._is_given(code, site, value, role.timeout) else True

    def _served(self, dispatches: Iterable[Spawn]) -> dict[Code, _Served]:
        """The code that answers requests, with for what and the calls that lead to it."""
        nowhere: tuple[Edge, ...] = ()
        starts = (
            (dispatch.code, (f"a {dispatch.hook.what} waits", nowhere))
            for dispatch in dispatches
            if dispatch.hook is not None and dispatch.hook.serves
        )
        return {code: ways[None] for code, ways in spread(starts, self._onward).items()}

    def _onward(self, code: Code, served: _Served) -> Iterator[tuple[Code, _Served]]:
        why, via = served
        return ((edge.callee, (why, (*via, edge))) for edge in self._graph.edges.get(code, ()) if edge.runs)


def _is_none(expression: object) -> bool:
    return isinstance(expression, Constant) and expression.value is None
