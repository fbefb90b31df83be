"""Which calls block the thread they run on, directly or through functions of the project."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

from concurlint.catalog.effects import CallFact, Effects
from concurlint.effects.guards import contradicts, single_binding
from concurlint.facts.records import CallSite
from concurlint.facts.syntax import Attribute, Call, Constant, Name, spelled, walk
from concurlint.finding import Step
from concurlint.project.arguments import given, has_stars, merged
from concurlint.project.callgraph import CallGraph, Edge, library_name
from concurlint.project.modules import Code
from concurlint.project.values import Bound, ClassOf, Coroutine, Instance, Value


@dataclass(frozen=True, slots=True, eq=False)
class Blocking:
    """That running a function (or a call in it) blocks: on what, and through which calls.

    `fact` and `name` are the library call at the end; `chain` the call sites that lead to it, each with the
    code it stands in; the shortest way is kept. `doubts` counts the links that stand in a branch.
    """

    name: str
    fact: CallFact
    chain: tuple[tuple[Code, CallSite], ...]
    doubts: int = 0

    def steps(self) -> tuple[Step, ...]:
        """The chain as steps of a trace."""
        found: list[Step] = []
        for index, (code, site) in enumerate(self.chain):
            last = index == len(self.chain) - 1
            what = self.name if last else self.chain[index + 1][0].qualname
            verb = "blocks in" if last else "calls"
            found.append(Step(code.span(site.call.at), f"`{code.qualname}` {verb} `{what}`"))
        return tuple(found)


def is_nonblocking(fact: CallFact, site: CallSite, code: Code) -> bool:
    """Whether the arguments make this call return at once, or may do so for all that is known."""
    for keyword, position, value in fact.nonblocking:
        passed = given(site.call, keyword, position)
        if passed is None:
            continue
        if isinstance(passed, Name):
            passed = single_binding(code)(passed) or passed
        if isinstance(value, str):
            last = value.rpartition(".")[2]
            if any(isinstance(p, (Name, Attribute)) and spelled(p).endswith(last) for p in walk(passed)):
                return True
            continue
        if not isinstance(passed, Constant):
            return keyword in ("block", "blocking")
        if passed.value == value and isinstance(passed.value, bool) == isinstance(value, bool):
            return True
    return bool(fact.nonblocking) and has_stars(site.call)


_MOST_DOUBTS = 1
_READINESS = {"empty", "qsize", "poll", "done", "ready", "is_set", "locked", "is_alive"}


def _is_asked_first(code: Code, last: CallSite) -> bool:
    """Whether the coroutine asks the very object if it is ready: `while q.empty(): await …`, then `q.get()`."""
    function = last.call.function
    receiver = spelled(function.value) if isinstance(function, Attribute) else ""
    tests = [branch.test for branch in code.scope.branches]
    return bool(receiver) and any(
        isinstance(part, Call)
        and isinstance(part.function, Attribute)
        and part.function.attr in _READINESS
        and spelled(part.function.value) == receiver
        for test in tests
        for part in walk(test)
    )


def _doubts(code: Code, site: CallSite) -> int:
    """1 for a call in a branch or an except clause, 0 for one that every run of its function comes to.

    What an early return or raise lets through (`if not url: return`) is the ordinary run.
    """
    if any(attempt.part == "handler" for attempt in site.context.attempts):
        return 1
    guards = {id(branch.test) for branch in code.scope.branches if branch.ends}
    return int(any(c.holds or id(c.test) not in guards for c in site.context.conditions))


class BlockingCalls:
    """Effects of kind "blocks the event loop", spread from the calls that do to all that lead there."""

    def __init__(self, graph: CallGraph, effects: Effects) -> None:
        self._graph = graph
        self._effects = effects
        self._of: dict[Code, Blocking] = {}
        self._spread()

    def _direct(self, code: Code, site: CallSite, name: str) -> Blocking | None:
        fact = self._effects.lookup(name)
        if fact is None or not fact.blocks_loop or site.awaited or is_nonblocking(fact, site, code):
            return None
        return Blocking(name, fact, ((code, site),))

    def _spread(self) -> None:
        queue: deque[Code] = deque()
        for code, calls in self._graph.libraries.items():
            if code.is_async or code.scope.kind in ("module", "class"):
                continue
            for site, name, _ in calls:
                found = self._direct(code, site, name)
                if found is not None and self._all_block(site) and code not in self._of:
                    self._of[code] = replace(found, doubts=_doubts(code, site))
                    queue.append(code)
        while queue:
            callee = queue.popleft()
            if callee.is_async or callee.scope.is_generator:
                continue
            for edge in self._graph.callers.get(callee, ()):
                caller = edge.caller
                if caller.is_async or caller in self._of or not edge.runs:
                    continue
                if caller.scope.kind in ("module", "class") or not self._all_block(edge.site):
                    continue
                if not self._gets_there(edge) or self._is_dual(caller):
                    continue
                inner = self._of[callee]
                doubts = inner.doubts + _doubts(caller, edge.site)
                if doubts <= _MOST_DOUBTS:
                    chain = ((caller, edge.site), *inner.chain)
                    self._of[caller] = Blocking(inner.name, inner.fact, chain, doubts)
                    queue.append(caller)

    def _gets_there(self, edge: Edge) -> bool:
        """Whether this very call can reach the blocking one: its arguments may rule the branch out."""
        inner = self._of[edge.callee].chain[0][1]
        bound = isinstance(edge.value, (Bound, ClassOf, Instance))
        call = merged(edge.value, edge.site.call)
        return not any(contradicts(c, edge.callee, call, bound) for c in inner.context.conditions)

    def _is_dual(self, code: Code) -> bool:
        """A function that gives a coroutine or future in some cases serves both worlds: it blocks in the other."""
        evaluator = self._graph.evaluator
        return any(
            isinstance(value, Coroutine) or evaluator.kind(value) == "async-future" for value in evaluator.returns(code)
        )

    def _all_block(self, site: CallSite) -> bool:
        """Every target the call may have blocks: one that does not makes it unknown."""
        return all(self._may(value) for value in self._graph.targets(site))

    def _may(self, value: Value) -> bool:
        name = library_name(value)
        if name:
            fact = self._effects.lookup(name)
            return fact is not None and fact.blocks_loop
        code = self._graph.runs(value)
        return code is not None and code in self._of

    def at(self, code: Code, site: CallSite) -> Blocking | None:
        """What the call at `site` in `code` blocks on; None if nothing, or if that is not known."""
        if site.awaited:
            return None
        found = self._blocks(code, site)
        if found is not None and _is_asked_first(code, found.chain[-1][1]):
            return None
        return found

    def _blocks(self, code: Code, site: CallSite) -> Blocking | None:
        targets = self._graph.targets(site)
        if not targets:
            return None
        found: list[Blocking] = []
        for value in targets:
            one = self._target(code, site, value)
            if one is None:
                return None
            found.append(one)
        return min(found, key=lambda b: len(b.chain))

    def _target(self, code: Code, site: CallSite, value: Value) -> Blocking | None:
        name = library_name(value)
        if name:
            return self._direct(code, site, name)
        callee = self._graph.runs(value)
        if callee is None or callee.is_async or callee.scope.is_generator or callee not in self._of:
            return None
        inner = self._of[callee]
        edge = next((e for e in self._graph.edges.get(code, ()) if e.site is site and e.callee is callee), None)
        if self._is_dual(callee) or (edge is not None and not self._gets_there(edge)):
            return None
        return Blocking(inner.name, inner.fact, ((code, site), *inner.chain))

    def edge(self, edge: Edge) -> Blocking | None:
        """What the callee of an edge blocks on."""
        return self._of.get(edge.callee)
