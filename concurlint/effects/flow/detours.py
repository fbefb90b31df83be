"""How many ways lead round a call in a function: how sure it is that a run comes to it."""

from __future__ import annotations

from concurlint.catalog.traits import has, listed, spelt
from concurlint.effects.program import Program
from concurlint.facts.records import Branch, CallSite, Condition
from concurlint.facts.syntax import Call, Collection, Constant, Expression, spelled
from concurlint.project.callgraph import library_name
from concurlint.project.modules import Code


class Detours:
    """Counts what has to come out one way for a call to be reached."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._roles = program.evaluator.roles
        self._knowing: dict[Code, bool] = {}

    def of(self, code: Code, site: CallSite, is_last: bool = False) -> int:
        """0 for a call that every ordinary run of its function comes to; 1 for each way round it.

        A way round is an `if`, an early `return`, an `except` clause, or, unless the call itself blocks, a loop
        over things of which there may be none. What an early `raise` lets through is the ordinary run.
        """
        if self.is_last_deed(code, site):
            return 9
        doubts = sum(attempt.part == "handler" for attempt in site.context.attempts)
        doubts += _branches(code, site)
        if not is_last:
            doubts += any(not _surely_turns(code, number) for number in site.context.loops)
        return doubts

    def is_conditional(self, code: Code, site: CallSite) -> bool:
        """Whether a way leads round the call, loops aside."""
        return any(attempt.part == "handler" for attempt in site.context.attempts) or _branches(code, site) > 0

    def is_last_deed(self, code: Code, site: CallSite) -> bool:
        """Whether the program is ended in the same branch (or callback) after the call: nobody waits for the loop."""
        blocks = site.context.blocks
        return any(
            has("ends-process", name) and other.order > site.order and other.context.blocks == blocks
            for other, name, _ in self._graph.libraries.get(code, ())
            if len(other.context.blocks) > 1 or not code.is_async
        )

    def is_remembered(self, code: Code) -> bool:
        """Whether a function that takes nothing is run once, and its result kept for all later calls."""
        own = len([p for p in code.scope.parameters if p.name != code.self_name()])
        return not own and any(
            listed("remembers", library_name(value))
            for decorator in code.scope.decorators
            for value in self._graph.evaluator.values(
                decorator.function if isinstance(decorator, Call) else decorator, code.parent or code
            )
        )

    def knows_the_loop(self, code: Code) -> bool:
        """Whether the function asks if a loop is running on its thread: then it knows when it may block."""
        if code not in self._knowing:
            self._knowing[code] = False
            self._knowing[code] = self._asks(code) or any(
                self._asks(edge.callee) for edge in self._graph.edges.get(code, ())
            )
        return self._knowing[code]

    def _asks(self, code: Code) -> bool:
        for site, name, _ in self._graph.libraries.get(code, ()):
            asked = self._roles.asks_for_loop(name)
            tries = any(attempt.part == "body" for attempt in site.context.attempts)
            if asked == "tells" or (asked == "raises" and tries):
                return True
        return False


def _branches(code: Code, site: CallSite) -> int:
    """The `if`s around the call and the early returns before it."""
    leaving = {id(branch.test): branch for branch in code.scope.branches if branch.ends}
    counted = 0
    for index, condition in enumerate(site.context.conditions):
        branch = leaving.get(id(condition.test))
        if branch is not None and not condition.holds:
            counted += _returns(code, branch)
        elif condition.holds or not _is_elif(code, site.context.conditions[index:]):
            counted += 1
    return counted + _polls(code, site, leaving)


def _is_elif(code: Code, conditions: tuple[Condition, ...]) -> bool:
    """Whether the second condition is of the same chain of `if` and `elif` as the first, and speaks for both."""
    tests = {id(branch.test): branch for branch in code.scope.branches}
    found = [tests.get(id(condition.test)) for condition in conditions[:2]]
    if len(found) < 2 or found[0] is None or found[1] is None:
        return False
    side = found[0].orelse
    before = [b for bindings in code.scope.bindings.values() for b in bindings if b.context.blocks[-1] == side]
    return found[1].context.blocks[-1] == side and all(b.order > found[1].order for b in before)


def _polls(code: Code, site: CallSite, leaving: dict[int, Branch]) -> int:
    """1 for a call in a loop that has a way out before it: it only runs when the first look was in vain."""
    if not site.context.loops or any(id(condition.test) in leaving for condition in site.context.conditions):
        return 0
    innermost = site.context.loops[-1]
    return int(any(innermost in r.context.loops and r.order < site.order for r in code.scope.returned))


def _returns(code: Code, branch: Branch) -> int:
    """1 for a branch that leaves by return (or turns to the next item), 0 for one that raises."""
    left = any(branch.body in returned.context.blocks for returned in code.scope.returned)
    in_loop = bool(branch.context.loops)
    return int(left or in_loop)


def _surely_turns(code: Code, number: int) -> bool:
    """Whether a loop runs at least once, as far as its text tells."""
    loop = code.scope.loops[number]
    return loop.iterable is not None and _is_not_empty(loop.iterable)


def _is_not_empty(iterable: Expression) -> bool:
    if isinstance(iterable, Constant):
        return bool(iterable.value)
    if isinstance(iterable, Collection):
        return bool(iterable.items)
    return isinstance(iterable, Call) and spelt("not-empty", spelled(iterable.function))
