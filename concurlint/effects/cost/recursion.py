"""Functions that call themselves: how many times one call of them runs their body, and who may stand in for whom."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

from concurlint.effects.flow.cfg import Cfg
from concurlint.effects.flow.dominators import dominates, postdominates
from concurlint.effects.flow.graphs import Graphs
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite, Condition, Parameter
from concurlint.facts.syntax import Collection, Constant, Name, Table
from concurlint.project.arguments import has_stars, matching
from concurlint.project.modules import Code
from concurlint.project.values import Bound, ClassOf, Instance, Value

_PARTS = 1000.0
_DEPTH = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """How often the body runs for one call from outside, as far as its text tells, and a call that does it."""

    times: float
    site: CallSite


class Recursion:
    """Looks for calls of a function in its own body that go on."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._evaluator = program.evaluator
        self._graphs = program[Graphs]

    def own_calls(self, code: Code) -> list[CallSite]:
        """The calls of itself; those after which it would not call itself again are left out."""
        return [
            site
            for site in code.scope.calls
            for value in self._graph.targets(site)
            if self._graph.runs(value) is code and not self._ends(code, site, value)
        ]

    def runs(self, code: Code) -> Runs | None:
        """A thousand times for one that goes through the parts of something, ten for one that goes down."""
        own = self.own_calls(code)
        if not own:
            return None
        spread = len(own) > 1 or bool(own[0].context.loops)
        return Runs(_PARTS if spread else _DEPTH, own[0])

    def tree(self, code: Code) -> list[CallSite]:
        """Its calls of itself where two or more are made in one run, so that it grows like a tree; none elsewhere."""
        own = self.own_calls(code)
        graph = self._graphs.of(code) if len(own) > 1 else None
        if graph is None or not any(_meet(graph, one, other) for one, other in combinations(own, 2)):
            return []
        return own

    def _ends(self, code: Code, site: CallSite, value: Value) -> bool:
        """Whether the call stands under `if p:` and leaves the parameter p out: it is one level deep."""
        bound = isinstance(value, (Bound, ClassOf, Instance))
        for condition in site.context.conditions:
            parameter = self._asked_for(condition, code)
            if parameter is None or has_stars(site.call):
                continue
            if parameter.kind == "kwargs":
                names = {p.name for p in code.scope.parameters}
                if all(a.keyword is None or a.keyword in names for a in site.call.arguments):
                    return True
            elif _is_empty(parameter) and matching(site.call, code, parameter, is_bound=bound) is None:
                return True
        return False

    @staticmethod
    def _asked_for(condition: Condition, code: Code) -> Parameter | None:
        if not (condition.holds and isinstance(condition.test, Name)):
            return None
        name = condition.test.id
        return next((p for p in code.scope.parameters if p.name == name), None)

    def overriding(self, value: Value, callee: Code) -> list[Code]:
        """The methods of subclasses that run instead where a method calls another of its own object."""
        if not isinstance(value, Bound) or not isinstance(value.owner, Instance) or callee.owner is None:
            return []
        of = value.owner.of
        if value.owner.site is not None or not isinstance(of, ClassOf):
            return []
        return [method for method in self._overrides.get((of.code, callee.name), ()) if method is not callee]

    @cached_property
    def _overrides(self) -> dict[tuple[Code, str], list[Code]]:
        found: dict[tuple[Code, str], list[Code]] = {}
        for cls in [code for code in self._graph.edges if code.scope.kind == "class"]:
            for base in self._evaluator.lineage(cls)[0][1:]:
                for child in cls.children:
                    if child.scope.kind == "function":
                        found.setdefault((base, child.name), []).append(child)
        return found


def _meet(graph: Cfg, one: CallSite, other: CallSite) -> bool:
    """Whether a run of the function that makes one of the calls makes the other too."""
    first, then = sorted((one.order, other.order))
    return dominates(graph, first, then) or postdominates(graph, then, first)


def _is_empty(parameter: Parameter) -> bool:
    default = parameter.default
    if isinstance(default, Constant):
        return not default.value
    return (isinstance(default, Collection) and not default.items) or (isinstance(default, Table) and not default.keys)
