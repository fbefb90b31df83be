"""Work that may not end by itself: serves, reads a queue, or waits for what others on the way do."""

from __future__ import annotations

from itertools import islice

from concurlint.catalog.kinds import kinds_with
from concurlint.catalog.traits import has, may
from concurlint.effects.calls.summaries import reached
from concurlint.effects.program import Program
from concurlint.effects.threads.objects import Work
from concurlint.facts.records import CallSite, Loop
from concurlint.facts.syntax import Attribute, Call, Constant, Expression, Name, Walrus, walk
from concurlint.project.arguments import given
from concurlint.project.callgraph import library_name
from concurlint.project.modules import Code
from concurlint.project.values import Instance, Value

_MOST = 80
_DEEPEST = 6


class Termination:
    """Looks through what a function runs for signs that it goes on until somebody else does something."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._effects = program.effects
        self._roles = program.roles
        self._evaluator = program.evaluator
        self._known: dict[Code, bool] = {}

    def tarries(self, work: Work) -> bool:
        """Whether the work, or what it calls, may wait for other threads or have no end, or only computes."""
        if isinstance(work, str):
            fact = self._effects.lookup(work)
            return fact is None or not fact.waits or self._serves(work)
        if work not in self._known:
            below = reached(self._graph, [work], follow=lambda _: True, deepest=_DEEPEST)
            self._known[work] = any(self._stays(code, len(way)) for code, way in islice(below.items(), _MOST))
        return self._known[work]

    def _serves(self, name: str) -> bool:
        """Whether a library function may have no end; a method whose class is known to signal, at that."""
        owner, _, last = name.rpartition(".")
        if self._roles.stream(name) or has("waits-for-others", name) or may("waits-for-others", last):
            return True
        return self._roles.kind(owner) in kinds_with("signals") | kinds_with("waited-on")

    def _stays(self, code: Code, depth: int) -> bool:
        if any(loop.kind == "while" and self._is_endless(code, loop, depth) for loop in code.scope.loops):
            return True
        return any(self._is_for_others(code, site) for site in code.scope.calls)

    @staticmethod
    def _is_endless(code: Code, loop: Loop, depth: int) -> bool:
        """A `while` whose end is not its own doing; further down only one that nothing leaves."""
        test = loop.iterable
        if test is None or isinstance(test, Constant):
            return depth < 2 or not loop.leaves
        if depth >= 2:
            return False
        bound = {
            name
            for name, bindings in code.scope.bindings.items()
            if name not in code.scope.globals | code.scope.nonlocals
            for binding in bindings
            if loop.number in binding.context.loops or binding.kind == "augment"
        }
        parts = list(walk(test))
        if any(isinstance(part, Walrus) for part in parts):
            return False
        return not any(isinstance(part, Name) and part.id in bound for part in parts)

    def _is_for_others(self, code: Code, site: CallSite) -> bool:
        """Whether a call waits for, or wakes, somebody else."""
        function = site.call.function
        names = [library_name(value) for value in self._graph.targets(site)]
        if any(name and (self._roles.stream(name) or has("waits-for-others", name)) for name in names):
            return True
        if "builtins.iter" in names and len(site.call.arguments) == 2:
            taken = site.call.arguments[0].value
            return isinstance(taken, Attribute) and (
                may("waits-for-others", taken.attr) or may("waits-without-arguments", taken.attr)
            )
        if not isinstance(function, Attribute):
            return False
        values = self._evaluator.values(function.value, code).used().items
        kinds = {self._evaluator.kind(value) for value in values} - {""}
        if kinds & kinds_with("signals"):
            return True
        if "queue" in kinds:
            return not function.attr.startswith("put") or self._is_bounded(values)
        if kinds & {"lock", "semaphore"}:
            return self._is_signal(code, function)
        if any(names) or any(self._graph.runs(value) for value in self._graph.targets(site)):
            return any(name and may("waits-for-others", name.rpartition(".")[2]) for name in names)
        if may("lock-call", function.attr):
            return self._is_signal(code, function)
        return may("waits-for-others", function.attr) or (
            may("waits-without-arguments", function.attr) and not site.call.arguments
        )

    def _is_bounded(self, values: tuple[Value, ...]) -> bool:
        """Whether putting into the queue may wait for somebody who takes out."""
        for value in values:
            call = value.site.call if isinstance(value, Instance) and value.site is not None else None
            if not isinstance(call, Call) or given(call, "maxsize", 0) is not None:
                return True
        return False

    @staticmethod
    def _is_signal(code: Code, function: Attribute) -> bool:
        """A condition's wait, or a lock that is not given back where it is taken."""
        if not may("lock-call", function.attr):
            return function.attr != "locked"
        other = "release" if function.attr == "acquire" else "acquire"
        return not any(
            isinstance(s.call.function, Attribute)
            and s.call.function.attr == other
            and _alike(s.call.function.value, function.value)
            for s in code.scope.calls
        )


def _alike(one: Expression, other: Expression) -> bool:
    if isinstance(one, Attribute) and isinstance(other, Attribute):
        return one.attr == other.attr and _alike(one.value, other.value)
    return isinstance(one, Name) and isinstance(other, Name) and one.id == other.id
