"""Handlers that swallow the cancellation of the task they run in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.catalog.kinds import kinds_with
from concurlint.catalog.traits import any_has, has, may
from concurlint.effects.contexts.spawns import Spawns
from concurlint.effects.flow.graphs import Graphs
from concurlint.effects.program import Program
from concurlint.effects.tasks.interruption import Interruption
from concurlint.facts.records import Awaited, Context, Handler
from concurlint.facts.syntax import (
    Attribute,
    Await,
    Call,
    Collection,
    Comprehension,
    Constant,
    Expression,
    Name,
    Place,
    Star,
    spelled,
    walk,
)
from concurlint.finding import Weight
from concurlint.project.callgraph import Edge, library_name
from concurlint.project.modules import Code
from concurlint.project.values import Coroutine


@dataclass(frozen=True, slots=True, eq=False)
class Swallowed:
    """A handler (or `suppress`) that keeps a cancellation: as it is spelled, and the `await` it stands around."""

    code: Code
    at: Place
    caught: str
    awaited: Awaited
    loops: bool
    weight: Weight = Weight.HIGH


class Cancellation:
    """Looks at every handler around an `await`."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._dispatches = program[Spawns]
        self._roles = program.roles
        self._graphs = program[Graphs]
        self._interruption = program[Interruption]

    def swallowed(self) -> Iterator[Swallowed]:
        """The handlers that catch a cancellation and let the task go on."""
        has_own_loop = self._has_own_loop()
        for code in self._graph.edges:
            if has_own_loop or not code.is_async or self._handles_cancellation(code):
                continue
            met: set[int] = set()
            for handler in code.scope.handlers:
                caught = self._catches(handler.types, code)
                if not caught or handler.attempt in met:
                    continue
                met.add(handler.attempt)
                awaited = self._interrupted(code, handler)
                if awaited is not None and not handler.reraises and self._goes_on(code, handler, caught):
                    weight = Weight.LOW if self._ends_callback(code, handler) else self._weight(code, awaited)
                    yield Swallowed(code, _word(handler), caught, awaited, _turns_again(code, handler), weight)
            yield from self._suppressed(code)

    def _has_own_loop(self) -> bool:
        """Whether the project drives its coroutines itself: things to await of its own, and no known framework."""
        if any(_cancels_tasks(name.partition(".")[0]) for name in self._graph.named):
            return False
        return any(code.name == "__await__" for code in self._graph.edges)

    def _handles_cancellation(self, code: Code) -> bool:
        """Whether the function cancels something itself, or looks whether it was cancelled."""
        return any(
            isinstance(site.call.function, Attribute) and may("ends-task", site.call.function.attr)
            for site in code.scope.calls
        )

    def _catches(self, types: tuple[Expression, ...], code: Code) -> str:
        """The spelling of what catches a cancellation; `""` if nothing does."""
        if not types:
            return "except:"
        for kind in types:
            kind = kind.function if isinstance(kind, Call) else kind
            for value in self._graph.evaluator.values(kind, code):
                name = self._roles.canonical(library_name(value))
                if has("cancellation", name):
                    return name
        return ""

    def _interrupted(self, code: Code, handler: Handler) -> Awaited | None:
        """The first `await` in the body of the `try` where this task itself may be cancelled."""
        for awaited in code.scope.awaits:
            parts = {attempt.number: attempt.part for attempt in awaited.context.attempts}
            if parts.get(handler.attempt) != "body" or self._caught_before(code, awaited, handler.attempt):
                continue
            if self._may_be_cancelled_elsewhere(awaited, code):
                return None
            return awaited
        return None

    def _caught_before(self, code: Code, awaited: Awaited, outer: int) -> bool:
        """Whether an inner `try` takes the cancellation first."""
        inner = {a.number for a in awaited.context.attempts if a.part == "body" and a.number > outer}
        return any(h.attempt in inner and self._catches(h.types, code) for h in code.scope.handlers)

    def _waited_for(self, value: Expression, code: Code) -> Iterator[Expression]:
        """What an `await` really waits for: the arguments of calls that wait for others."""
        if isinstance(value, (Await, Star)):
            yield from self._waited_for(value.value, code)
        elif isinstance(value, Call) and self._gathers(value, code):
            for argument in value.arguments:
                if argument.keyword is None:
                    yield from self._waited_for(argument.value, code)
        elif isinstance(value, Collection):
            for item in value.items:
                yield from self._waited_for(item, code)
        elif isinstance(value, Comprehension):
            for result in value.results:
                yield from self._waited_for(result, code)
        elif not isinstance(value, Constant):
            yield value

    def _gathers(self, call: Call, code: Code) -> bool:
        return any(has("gathers", library_name(v)) for v in self._graph.evaluator.values(call.function, code))

    def _may_be_cancelled_elsewhere(self, awaited: Awaited, code: Code) -> bool:
        """Whether what is waited for is a task of its own: its cancellation arrives here as well."""
        value = awaited.value
        if value is None:
            return False
        return any(not self._is_own_wait(part, code) for part in self._waited_for(value, code))

    def _is_own_wait(self, value: Expression, code: Code) -> bool:
        if not isinstance(value, Call):
            return False
        made = self._graph.evaluator.values(value, code)
        coroutines = [each for each in made if isinstance(each, Coroutine)]
        if coroutines:
            return not any(self._awaits_own_task(each.function) for each in coroutines)
        names = {library_name(v) for v in self._graph.evaluator.values(value.function, code)}
        if any(self._roles.runs(name) is not None for name in names):
            return False
        return not any(self._graph.evaluator.kind(each) in kinds_with("future") for each in made)

    def _awaits_own_task(self, code: Code) -> bool:
        """Whether a coroutine makes a task of what it is to do, which others may know, and awaits that."""
        return any(
            isinstance(awaited.value, Name)
            and any(
                self._graph.evaluator.kind(v) in kinds_with("future")
                for v in self._graph.evaluator.values(awaited.value, code)
            )
            for awaited in code.scope.awaits
        )

    def _goes_on(self, code: Code, handler: Handler, caught: str) -> bool:
        """Whether the task works on after the handler, or nobody meant to end it there."""
        if self._hands_on(code, handler) or self._ends_process(code, handler) or _decides(code, handler, caught):
            return False
        if _turns_again(code, handler):
            return True
        if _is_everything(caught):
            return not self._is_root(code)
        return self._is_awaited_on_the_way(code) or (self._is_awaited(code) and self._works_on(code, handler))

    def _is_awaited(self, code: Code) -> bool:
        return any(edge.site.awaited for edge in self._graph.callers.get(code, ()))

    def _is_root(self, code: Code) -> bool:
        """Whether a task is all that runs this: it ends with it, and nobody goes on."""
        runs = [d for d in self._dispatches.by_code.get(code, ()) if d.on == "task"]
        waited = any(d.waits or has("gathers", d.name) for d in runs)
        return bool(runs) and not self._is_awaited(code) and not waited

    def _works_on(self, code: Code, handler: Handler) -> bool:
        """Whether the function awaits more: after the `try`, or in a handler of cancellations and failures alike.

        A handler of nothing but cancellations that awaits is taken for one that cleans up.
        """
        alike = not all(self._catches((kind,), code) for kind in handler.types)
        for awaited in code.scope.awaits:
            blocks = awaited.context.blocks
            if handler.block in blocks:
                if alike:
                    return True
            elif not handler.leaves and awaited.at[0] > handler.at[0] and blocks[-1] in handler.context.blocks:
                return True
        return False

    def _is_awaited_on_the_way(self, code: Code) -> bool:
        """Whether a coroutine that awaits this one has more to do, and would do it although it was cancelled."""
        return any(
            edge.site.awaited and edge.caller.is_async and (edge.site.context.loops or self._awaits_after(edge))
            for edge in self._graph.callers.get(code, ())
        )

    def _awaits_after(self, edge: Edge) -> bool:
        after = self._graphs.of(edge.caller).after(edge.site.order)
        return any(a.order > edge.site.order + 1 and a.order in after for a in edge.caller.scope.awaits)

    def _ends_process(self, code: Code, handler: Handler) -> bool:
        return any(
            has("ends-process", name) and handler.block in site.context.blocks
            for site, name, _ in self._graph.libraries.get(code, ())
        )

    @staticmethod
    def _hands_on(code: Code, handler: Handler) -> bool:
        """Whether the handler gives the exception to somebody, or stores it."""
        names = {
            name
            for name, bindings in code.scope.bindings.items()
            for b in bindings
            if b.kind == "except" and b.context.blocks[-1] == handler.block
        }
        for site in code.scope.calls:
            if handler.block not in site.context.blocks:
                continue
            function = site.call.function
            word = function.attr if isinstance(function, Attribute) else getattr(function, "id", "")
            given = {a.value.id for a in site.call.arguments if isinstance(a.value, Name)}
            if (given & names or may("hands-on-error", word)) and not may("only-tells", word):
                return True
        stored = [a.value for a in code.scope.accesses if handler.block in a.context.blocks and a.kind == "write"]
        stored += [b.value for bs in code.scope.bindings.values() for b in bs if handler.block in b.context.blocks]
        stored += [r.value for r in code.scope.returned if handler.block in r.context.blocks]
        return any(isinstance(value, Name) and value.id in names for value in stored)

    def _suppressed(self, code: Code) -> Iterator[Swallowed]:
        """`with suppress(CancelledError):` around an `await`."""
        for entered, context, _ in code.scope.entered:
            manager = entered.manager
            if not isinstance(manager, Call) or entered.is_async:
                continue
            names = {library_name(v) for v in self._graph.evaluator.values(manager.function, code)}
            if names != {"contextlib.suppress"}:
                continue
            caught = self._catches(tuple(a.value for a in manager.arguments), code) if manager.arguments else ""
            inside = [a for a in code.scope.awaits if entered in a.context.entered]
            if not caught or not inside or self._may_be_cancelled_elsewhere(inside[0], code):
                continue
            if context.loops or _is_everything(caught) or self._is_awaited_on_the_way(code):
                weight = self._weight(code, inside[0])
                yield Swallowed(code, entered.at, caught, inside[0], bool(context.loops), weight)

    def _ends_callback(self, code: Code, handler: Handler) -> bool:
        """Whether a function that is handed to somebody comes to its end with the handler: all that it does is over."""
        nested = code.parent is not None and code.parent.scope.kind == "function"
        if not nested or self._graph.callers.get(code) or _turns_again(code, handler):
            return False
        return not self._works_on(code, handler)

    def _weight(self, code: Code, awaited: Awaited) -> Weight:
        """Low where only Ctrl-C cancels, and the program soon comes to its end all the same."""
        return Weight.LOW if self._interruption.is_from_outside(code, awaited.context) else Weight.HIGH


def _decides(code: Code, handler: Handler, caught: str) -> bool:
    """Whether a handler of cancellations alone asks something and ends the task only then: it tells them apart."""
    if _is_everything(caught) or len(handler.types) != 1:
        return False
    return any(b.ends and b.context.blocks[-1] == handler.block for b in code.scope.branches) and any(
        handler.block in returned.context.blocks and returned.context.blocks[-1] != handler.block
        for returned in code.scope.returned
    )


def _word(handler: Handler) -> Place:
    """The `except` of a handler, without its body."""
    line, column, _, _ = handler.at
    return line, column, line, column + len("except")


def _inside(context: Context, attempt: int) -> bool:
    return any(a.number == attempt for a in context.attempts)


def _turns_again(code: Code, handler: Handler) -> bool:
    """Whether the task turns to the next round of a loop after the handler."""
    if not handler.context.loops or (handler.leaves and not handler.continues):
        return False
    test = code.scope.loops[handler.context.loops[-1]].iterable
    tested = {spelled(part) for part in walk(test)} - {"", "self"} if test is not None else set()
    written = {spelled(a.target) for a in code.scope.accesses if handler.block in a.context.blocks}
    written |= {n for n, bs in code.scope.bindings.items() for b in bs if handler.block in b.context.blocks}
    return not tested & written


def _is_everything(caught: str) -> bool:
    return caught == "except:" or has("catches-everything", caught)


def _cancels_tasks(package: str) -> bool:
    """Whether a package has tasks that may be cancelled."""
    return package != "builtins" and any_has("cancellation", package)
