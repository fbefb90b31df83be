"""Exceptions that a worker process raises and its parent cannot make again from what was pickled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.effects.calls.summaries import reached
from concurlint.effects.calls.witness import links
from concurlint.effects.contexts.spawns import Spawn, Spawns
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite, Context
from concurlint.facts.syntax import Attribute, Call, Expression, Place, spelled
from concurlint.finding import Step
from concurlint.project.callgraph import Edge
from concurlint.project.language import PICKLING
from concurlint.project.modules import Code
from concurlint.project.values import ClassOf, Instance


@dataclass(frozen=True, slots=True, eq=False)
class UnpicklableError:
    """A `raise` in a worker of an error of the class `cls`, whose `__init__` wants other arguments than are kept."""

    code: Code
    at: Place
    cls: Code
    kept: int
    wanted: int
    dispatch: Spawn
    via: tuple[Edge, ...]

    def steps(self) -> tuple[Step, ...]:
        """Where the class keeps its arguments, who sends the work away, and the calls from there."""
        steps = [Step(self.cls.span(self.cls.scope.at), f"`{self.cls.name}` hands {self.kept} on to its base")]
        site = self.dispatch.site
        if site is not None:
            says = f"`{self.dispatch.name.rpartition('.')[2]}` has processes run `{self.dispatch.code.qualname}`"
            steps.append(Step(self.dispatch.where.span(site.call.at), says))
        return (*steps, *links(self.via))


class UnpicklableErrors:
    """Looks at what tasks of process pools raise."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._evaluator = program.evaluator
        self._roles = program.roles
        self._spawns = program[Spawns]

    def all(self) -> Iterator[UnpicklableError]:
        """Each `raise` once."""
        seen: set[tuple[Code, Place]] = set()
        for dispatch in self._spawns.all:
            role = self._roles.runs(dispatch.name)
            if role is None or role.pickles != "task":
                continue
            for code, way in reached(self._graph, [dispatch.code], follow=_passes_errors).items():
                for raised in code.scope.raised:
                    misfit = self._misfit(raised.value, code) if raised.value is not None else None
                    if misfit is None or _is_caught(code, raised.context) or (code, raised.at) in seen:
                        continue
                    seen.add((code, raised.at))
                    yield UnpicklableError(code, raised.at, *misfit, dispatch, way)

    def _misfit(self, value: Expression, code: Code) -> tuple[Code, int, int] | None:
        """The class of an error that is made anew with the wrong number of arguments: kept and wanted ones."""
        raised = self._evaluator.values(value, code).only()
        of = raised.of if isinstance(raised, Instance) else raised
        if not isinstance(of, ClassOf):
            return None
        classes, libraries, known = self._evaluator.lineage(of.code)
        if not known or not all(name.startswith("builtins.") for name in libraries):
            return None
        if any(hook in cls.scope.bindings for cls in classes for hook in (*PICKLING, "__new__", "args")):
            return None
        init = next((child for cls in classes for child in cls.children if child.name == "__init__"), None)
        return None if init is None else self._compared(init, of.code)

    def _compared(self, init: Code, cls: Code) -> tuple[Code, int, int] | None:
        """`Error(*error.args)` is how it is made anew; `args` are what the base's `__init__` was given."""
        own = [p for p in init.scope.parameters if p.name != init.self_name()]
        if any(p.kind in ("args", "kwargs") for p in own):
            return None
        positional = [p for p in own if p.kind == "positional"]
        required = [p for p in own if p.default is None]
        handed = [site for site in init.scope.calls if _goes_to_base(site)]
        if len(handed) != 1 or any(argument.star or argument.keyword for argument in handed[0].call.arguments):
            return None
        if any(isinstance(a.target, Attribute) and a.target.attr == "args" for a in init.scope.accesses):
            return None
        kept = len(handed[0].call.arguments)
        fits = kept <= len(positional) and len([p for p in required if p not in positional[:kept]]) == 0
        return None if fits else (cls, kept, len(required))


def _goes_to_base(site: CallSite) -> bool:
    """`super().__init__(…)`; the base called by name is given the object first, and not counted."""
    function = site.call.function
    if not isinstance(function, Attribute) or function.attr != "__init__" or site.context.conditions:
        return False
    return isinstance(function.value, Call) and spelled(function.value.function) == "super"


def _passes_errors(edge: Edge) -> bool:
    return edge.runs and not _is_caught(edge.caller, edge.site.context)


def _is_caught(code: Code, context: Context) -> bool:
    """Whether an `except` around may keep the error in."""
    inside = {attempt.number for attempt in context.attempts if attempt.part == "body"}
    return any(handler.attempt in inside and not handler.reraises for handler in code.scope.handlers)
