"""Threads started for each item of something that need not end, with nothing to limit how many run at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.catalog.effects import EffectKind
from concurlint.catalog.kinds import kinds_with
from concurlint.catalog.traits import may
from concurlint.effects.contexts.spawns import Spawn, Spawns
from concurlint.effects.flow.dominators import dominates, may_turn_again
from concurlint.effects.flow.graphs import Graphs
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite, Loop
from concurlint.facts.syntax import Attribute, Call, Compare, Constant, Expression, Name, walk
from concurlint.project.callgraph import library_name
from concurlint.project.modules import Code
from concurlint.project.values import Value

_ORDERS = {"LessThan", "LessThanEqual", "GreaterThan", "GreaterThanEqual"}


@dataclass(frozen=True, slots=True, eq=False)
class Flood:
    """A thread started for each `item` that a loop gets."""

    dispatch: Spawn
    where: Code
    site: CallSite
    item: str
    loop: Loop


class UnboundedThreads:
    """Finds loops over streams that start a thread in each turn."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._dispatches = program[Spawns].all
        self._roles = program.roles
        self._effects = program.effects
        self._evaluator = program.evaluator
        self._graphs = program[Graphs]

    def all(self) -> Iterator[Flood]:
        """One for each call that makes such a thread."""
        seen: set[CallSite] = set()
        for dispatch in self._dispatches:
            site = dispatch.site
            if dispatch.on != "thread" or site is None or site in seen or not self.makes_thread(dispatch):
                continue
            for where, at in [(dispatch.where, site), *self._wrapped(dispatch)]:
                for number in at.context.loops:
                    loop = where.scope.loops[number]
                    item = self._streamed(where, loop, at) or self._polled(where, loop)
                    if item and not self._is_limited(dispatch, where, at, loop):
                        seen.add(site)
                        yield Flood(dispatch, where, at, item, loop)
                        break

    def makes_thread(self, dispatch: Spawn) -> bool:
        """Whether a dispatch makes a thread of its own for the work."""
        if dispatch.hook is not None:
            return dispatch.hook.what == "thread"
        role = self._roles.runs(dispatch.name)
        return role is not None and bool(role.starts)

    def _wrapped(self, dispatch: Spawn) -> list[tuple[Code, CallSite]]:
        """The calls of a function that does nothing but start a thread, with what it is given."""
        code = dispatch.where
        if dispatch.site is None or dispatch.site.context.loops or code.scope.loops or code.scope.branches:
            return []
        return [(edge.caller, edge.site) for edge in self._graph.callers.get(code, ()) if edge.runs]

    def _polled(self, code: Code, loop: Loop) -> str:
        """What an endless loop asks for in each turn, to start threads for all it gets."""
        around = [code.scope.loops[number] for number in loop.context.loops]
        endless = [one for one in around if isinstance(one.iterable, Constant) and one.iterable.value]
        if loop.kind != "for" or loop.iterable is None or not endless:
            return ""
        for part in walk(loop.iterable):
            bound = code.scope.bindings.get(part.id, ()) if isinstance(part, Name) else ()
            made = [b.value for b in bound if endless[-1].number in b.context.loops and b.value is not None]
            calls = [each for value in (*made, part) for each in walk(value) if isinstance(each, Call)]
            if any(self._asks_outside(call, code) for call in calls):
                return "item it gets"
        return ""

    def _asks_outside(self, call: Call, code: Code) -> bool:
        names = {library_name(value) for value in self._evaluator.values(call.function, code)}
        facts = [self._effects.lookup(name) for name in names if name]
        return any(fact is not None and fact.effect is EffectKind.BLOCK_NET for fact in facts)

    def _streamed(self, code: Code, loop: Loop, site: CallSite) -> str:
        """What each turn of the loop is for, in words, if the loop goes through a stream."""
        if loop.kind == "while":
            cfg = self._graphs.of(code)
            for other, name, _ in self._graph.libraries.get(code, ()):
                if other.context.loops[-1:] == (loop.number,) and dominates(cfg, other.order, site.order):
                    item = self._roles.stream(name)
                    if item:
                        return item
            return ""
        if loop.iterable is None:
            return ""
        if isinstance(loop.iterable, Call) and len(loop.iterable.arguments) == 2:
            return self._sentinel(loop.iterable, code)
        items = {self._of(value) for value in self._evaluator.values(loop.iterable, code)}
        return items.pop() if len(items) == 1 else ""

    def _of(self, value: Value) -> str:
        return self._roles.stream(self._evaluator.type_name(value) or library_name(value))

    def _sentinel(self, call: Call, code: Code) -> str:
        """`iter(queue.get, None)`"""
        if not any(library_name(v) == "builtins.iter" for v in self._evaluator.values(call.function, code)):
            return ""
        values = self._evaluator.values(call.arguments[0].value, code)
        return next((item for item in (self._roles.stream(library_name(value)) for value in values) if item), "")

    def _is_limited(self, dispatch: Spawn, code: Code, site: CallSite, loop: Loop) -> bool:
        if self.takes_semaphore(code, loop.number) or self.takes_semaphore(dispatch.code, None):
            return True
        if not may_turn_again(self._graphs.of(code), loop, site.order) or (
            loop.iterable is not None and _compares(loop.iterable)
        ):
            return True
        for other in code.scope.calls:
            function = other.call.function
            if (
                loop.number in other.context.loops
                and isinstance(function, Attribute)
                and may("bounds-loop", function.attr)
            ):
                return True
        return any(_compares(b.test) for b in code.scope.branches if loop.number in b.context.loops)

    def takes_semaphore(self, code: Code, number: int | None) -> bool:
        """Whether a function, or one of its loops, takes what lets only some in."""
        managers = [(e.manager, context) for e, context, _ in code.scope.entered]
        called = [
            (s.call.function.value, s.context)
            for s in code.scope.calls
            if isinstance(s.call.function, Attribute) and may("lock-call", s.call.function.attr)
        ]
        return any(
            self._evaluator.kind(value) in kinds_with("admits-some")
            for base, context in (*managers, *called)
            if number is None or number in context.loops
            for value in self._evaluator.values(base, code).used()
        )


def _compares(test: Expression) -> bool:
    """Whether a test asks which of two things is more: taken for a limit."""
    return any(isinstance(part, Compare) and part.rest[0][0] in _ORDERS for part in walk(test))
