"""The control-flow graphs of a program, which know what context managers and calls do to the flow."""

from __future__ import annotations

from concurlint.catalog.traits import Trait, has, spelt
from concurlint.effects.flow.cfg import Cfg
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite, Entered
from concurlint.facts.syntax import Call, Compare, Constant, Expression, Logic, Unary, spelled
from concurlint.project.callgraph import library_name
from concurlint.project.modules import Code
from concurlint.project.values import Bound, Function, Instance, Library, Value

_LAST: tuple[Trait, ...] = ("ends-process", "execs", "fails")
_DEEPEST = 3  # calls in a row that are asked whether they ever return


class Graphs:
    """`program[Graphs].of(code)` is the graph of a function, made when it is first asked for."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._evaluator = program.evaluator
        self._graphs: dict[Code, Cfg] = {}
        self._by_ends: dict[tuple[Code, tuple[int, ...]], Cfg] = {}  # the same, however deep calls were looked into
        self._suppressing: dict[Code, bool] = {}
        self._returning: dict[tuple[Code, int], bool] = {}

    def of(self, code: Code) -> Cfg:
        """The graph of a code object; a manager that nobody knows is taken not to suppress, a call to return."""
        if code not in self._graphs:
            self._graphs[code] = self._made(code, _DEEPEST)
        return self._graphs[code]

    def _made(self, code: Code, depth: int) -> Cfg:
        never = tuple(site.order for site in code.scope.calls if self._never_returns(code, site, depth))
        key = code, never
        if key not in self._by_ends:
            self._by_ends[key] = Cfg(code.scope, lambda entered: self.suppresses(entered, code), never)
        return self._by_ends[key]

    # context managers

    def suppresses(self, entered: Entered, code: Code) -> bool:
        """Whether a context manager may take an exception that comes to its exit."""
        manager = entered.manager
        if isinstance(manager, Call):
            for value in self._evaluator.values(manager.function, code):
                callee = value.function if isinstance(value, Bound) else value
                if has("suppresses", library_name(value)):
                    return True
                if isinstance(callee, Function) and callee.code.scope.is_generator and self._lets_go_on(callee.code):
                    return True
        exit_name = "__aexit__" if entered.is_async else "__exit__"
        return any(self._takes(value, exit_name) for value in self._evaluator.values(manager, code))

    def _lets_go_on(self, code: Code) -> bool:
        """Whether a generator made a context manager may end when what stands at its `yield` raises."""
        if code not in self._suppressing:
            self._suppressing[code] = False  # where it enters itself
            cfg = self.of(code)
            self._suppressing[code] = any(cfg.when_raised(place.order).returns for place in code.scope.yielded)
        return self._suppressing[code]

    def _takes(self, value: Value, exit_name: str) -> bool:
        """Whether the exit method of an object of the project may return something true."""
        if not isinstance(value, Instance) or isinstance(value.of, Library):
            return False
        methods = self._evaluator.attribute(value, exit_name)
        found = [m.function.code for m in methods if isinstance(m, Bound) and isinstance(m.function, Function)]
        return any(_may_be_true(returned.value) for code in found for returned in code.scope.returned)

    # calls

    def _never_returns(self, code: Code, site: CallSite, depth: int) -> bool:
        """Whether nothing comes after a call, whatever it calls."""
        if not self._graph.targets(site):
            return False
        targets = self._evaluator.values(site.call.function, code)
        return targets.whole and all(self._is_last(value, site, depth) for value in targets)

    def _is_last(self, value: Value, site: CallSite, depth: int) -> bool:
        name = library_name(value)
        if name:
            return any(has(trait, name) for trait in _LAST)
        callee = value.function.code if isinstance(value, Bound) and isinstance(value.function, Function) else None
        if isinstance(value, Function):
            callee = value.code
        if callee is None or not depth or callee.scope.is_generator or (callee.is_async and not site.awaited):
            return False
        asked = callee, depth
        if asked not in self._returning:
            self._returning[asked] = True  # where it calls itself
            self._returning[asked] = _is_abstract(callee) or self._made(callee, depth - 1).reachable.returns
        return not self._returning[asked]


def _may_be_true(value: Expression | None) -> bool:
    """Whether the result of an `__exit__` is one that is meant to be true at times."""
    if isinstance(value, Constant):
        return bool(value.value)
    return isinstance(value, (Compare, Logic, Unary)) or (
        isinstance(value, Call) and spelt("yes-or-no", spelled(value.function))
    )


def _is_abstract(code: Code) -> bool:
    """Whether a method only says that others are to be called in its place."""
    raised = [r.value.function if isinstance(r.value, Call) else r.value for r in code.scope.raised]
    return code.owner is not None and any(v is not None and spelled(v) == "NotImplementedError" for v in raised)
