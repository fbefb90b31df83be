"""What is handed to other processes: tasks, targets and arguments, and which of it cannot get there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.catalog.entries import RunsRole
from concurlint.catalog.traits import has
from concurlint.effects.calls.arguments import ABSENT, Known, Passed, at_caller, whole_parameter
from concurlint.effects.calls.summaries import spread
from concurlint.effects.contexts.spawns import handed_arguments
from concurlint.effects.flow.graphs import Graphs
from concurlint.effects.pickling import Pickling, Refusal
from concurlint.effects.program import Program
from concurlint.effects.startup.start_methods import StartMethods
from concurlint.facts.records import CallSite
from concurlint.facts.syntax import Attribute, Expression
from concurlint.finding import Step
from concurlint.project.arguments import given, merged, standing
from concurlint.project.modules import Code, Module
from concurlint.project.values import ClassOf, Instance, Site, Value

_MOST_HOPS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Unsendable:
    """Something handed to a process that cannot be pickled; `taker` is the last name of the call that takes it."""

    code: Code
    at: Expression
    taker: str
    refusal: Refusal
    is_work: bool
    at_start: bool
    via: tuple[Step, ...] = ()

    def steps(self) -> tuple[Step, ...]:
        """The calls that hand it on, and why it cannot go."""
        here = self.code.span(self.at.at)
        return tuple(step for step in (*self.via, *self.refusal.via) if step.span != here)


@dataclass(frozen=True, slots=True, eq=False)
class _Handed:
    """What is handed to a process, as a function on the way there has it."""

    expression: Expression
    code: Code
    via: tuple[Step, ...] = ()


class Transfer:
    """What goes to other processes and cannot be pickled."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._roles = program.roles
        self._picklers: dict[Module, bool] = {}
        self._evaluator = program.evaluator
        self._methods = program[StartMethods]
        self._pickling = program[Pickling]
        self._graphs = program[Graphs]

    def unsendable(self) -> Iterator[Unsendable]:
        """Each thing that is handed to a process and cannot be pickled, where it is named first."""
        seen: set[int] = set()
        for code, calls in self._graph.libraries.items():
            if self._has_another_pickler(code):
                continue
            for site, name, value in calls:
                role = self._roles.runs(name)
                mode = self._mode(role, site, code, value) if role is not None else ""
                if role is None or not mode or not self._is_only_target(code, site):
                    continue
                for found in self._of_call(role, code, site, value, mode != "task"):
                    if id(found.at) in seen or self._has_another_pickler(found.code):
                        continue
                    if mode == "task" or not self._is_set_after(found, site):
                        seen.add(id(found.at))
                        yield found
            yield from self._of_subclasses(code)

    def _is_only_target(self, code: Code, site: CallSite) -> bool:
        """Whether the call cannot be one of something that stands in for a pool and runs the work here."""
        names = [name for other, name, _ in self._graph.libraries.get(code, ()) if other is site]
        return len(names) == len(self._graph.targets(site)) and all(self._roles.runs(name) for name in names)

    def _mode(self, role: RunsRole, site: CallSite, code: Code, callee: Value) -> str:
        """Whether the call pickles what it is handed, and when: see `RunsRole.pickles`."""
        if role.pool is not None:
            pool = given(merged(callee, site.call), *role.pool)
            values = self._evaluator.values(pool, code) if pool is not None else None
            if values is None or not values.items:
                return ""
            submits = [self._roles.runs(f"{self._evaluator.type_name(v)}.submit") for v in values]
            return "task" if all(s is not None and s.pickles == "task" for s in submits) else ""
        if role.pickles != "start":
            return role.pickles
        methods = self._methods.of(site.call, code)
        return "start" if methods and methods <= {"spawn", "forkserver"} else ""

    def _of_call(
        self, role: RunsRole, code: Code, site: CallSite, callee: Value, at_start: bool
    ) -> Iterator[Unsendable]:
        call = merged(callee, site.call)
        taker = role.name.rpartition(".")[2]
        work = given(call, *role.work)
        if work is not None:
            yield from self._sent(work, standing(work, callee, code), taker, True, at_start)
        passed, named = handed_arguments(role, call)
        for argument in (*passed, *named.values()):
            if argument is not work:
                yield from self._sent(argument, standing(argument, callee, code), taker, False, at_start)
        items = given(call, *role.items) if role.items else None
        if items is not None:
            refused = self._pickling.of_values(self._evaluator.elements.of(items, code), at_start=at_start)
            if refused is not None:
                yield Unsendable(code, items, taker, refused, False, at_start)

    def _sent(
        self, expression: Expression, code: Code, taker: str, is_work: bool, at_start: bool
    ) -> Iterator[Unsendable]:
        for one in self._named_first(expression, code):
            refused = self._pickling.of(one.expression, one.code, at_start=at_start)
            if refused is not None:
                yield Unsendable(one.code, one.expression, taker, refused, is_work, at_start, one.via)

    def _named_first(self, expression: Expression, code: Code) -> Iterator[_Handed]:
        """The expression itself, or what the callers pass where it is just a parameter."""
        found = spread([(code, _Handed(expression, code))], self._by_callers, key=lambda handed: id(handed.expression))
        for each in (handed for ways in found.values() for handed in ways.values()):
            if _parameter(each) is None:
                yield each

    def _by_callers(self, _: Code, handed: _Handed) -> Iterator[tuple[Code, _Handed]]:
        term = _parameter(handed) if len(handed.via) < _MOST_HOPS else None
        for edge in self._graph.callers.get(term.owner, ()) if term is not None else ():
            above = at_caller(term, edge, self._evaluator) if term is not None else ABSENT
            if isinstance(above, Known):
                says = f"`{handed.code.qualname}` hands it on to another process"
                step = Step(handed.code.span(handed.expression.at), says)
                yield above.code, _Handed(above.expression, above.code, (step, *handed.via))

    def _is_set_after(self, found: Unsendable, site: CallSite) -> bool:
        """Whether the attribute that cannot be pickled is only set when the call is over: `self.pool = Pool(…)`."""
        attr = found.refusal.attribute.partition(".")[0]
        after = self._graphs.of(found.code).after(site.order)
        return any(
            isinstance(access.target, Attribute) and access.target.attr == attr and access.order in after
            for access in found.code.scope.accesses
            if access.kind == "write" and found.code.name == "__init__"
        )

    def _of_subclasses(self, code: Code) -> Iterator[Unsendable]:
        """Objects of process classes, which are pickled as a whole when they start."""
        if not self._methods.default <= {"spawn", "forkserver"}:
            return
        for site in code.scope.calls:
            for target in self._graph.targets(site):
                if not isinstance(target, ClassOf):
                    continue
                if "multiprocessing.Process" not in self._evaluator.lineage(target.code)[1]:
                    continue
                made = Instance(target, Site(code, site.call))
                refused = self._pickling.of_value(made, at_start=True)
                if refused is not None:
                    yield Unsendable(code, site.call, "start", refused, True, True)

    def _has_another_pickler(self, code: Code) -> bool:
        module = code.module
        if module not in self._picklers:
            self._picklers[module] = any(
                binding.imported is not None and has("pickler", binding.imported.module.partition(".")[0])
                for bindings in module.body.scope.bindings.values()
                for binding in bindings
            )
        return self._picklers[module]


def _parameter(handed: _Handed) -> Passed | None:
    """The parameter that it is as a whole, so that the callers name it."""
    term = whole_parameter(handed.expression, handed.code)
    return term if isinstance(term, Passed) and not term.reader else None
