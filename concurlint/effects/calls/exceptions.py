"""By which way an error gets out of a function: a raise, or a call outside the process that may fail."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from concurlint.catalog.effects import EffectKind
from concurlint.catalog.traits import has, spelt
from concurlint.effects.calls.summaries import Summaries, reached, summaries
from concurlint.effects.calls.witness import call
from concurlint.effects.flow import cfg
from concurlint.effects.flow.graphs import Graphs
from concurlint.effects.program import Program
from concurlint.facts.flow import Way
from concurlint.facts.records import Context, Returned
from concurlint.facts.syntax import Call, Constant, Expression, Name, Place, spelled, walk
from concurlint.finding import Step
from concurlint.project.callgraph import Edge
from concurlint.project.modules import Code
from concurlint.project.values import Instance, Library

_MAY_FAIL = {EffectKind.BLOCK_NET, EffectKind.BLOCK_DISK, EffectKind.BLOCK_PROCESS, EffectKind.SPAWN_PROCESS}
_LONGEST = 7  # steps of a way


@dataclass(frozen=True, slots=True, eq=False)
class Escape:
    """How an error gets out: the calls on the way, then what raises it."""

    steps: tuple[Step, ...]


class ExceptionFlow:
    """Answers whether running a function may end in an error that nothing in it catches."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._effects = program.effects
        self._roles = program.roles
        self._evaluator = program.evaluator
        self._graphs = program[Graphs]
        self._ways: Summaries[Escape] = {}
        self._looked_into: set[Code] = set()

    def of(self, code: Code) -> Escape | None:
        """The shortest way; None where every error is caught, or none is sure enough to speak of."""
        if code not in self._looked_into:
            self._look_into(reached(self._graph, [code]))
        return self._ways.get(code, {}).get(None)

    def _look_into(self, codes: Collection[Code]) -> None:
        """Find the ways of functions, among which are all that these call; nobody asks for most of a program's."""

        def through(edge: Edge, inner: Escape) -> Escape | None:
            return self._through(edge, inner) if edge.caller in codes else None

        direct = self._direct(code for code in self._graph.edges if code in codes)
        self._ways.update(summaries(self._graph, direct, through, holds=lambda way, _: len(way.steps) <= _LONGEST))
        self._looked_into.update(codes)

    def _direct(self, codes: Iterable[Code]) -> Iterator[tuple[Code, Escape]]:
        for code in codes:
            step = next(self._raised(code), None) or next(self._failing(code), None)
            if step is not None and not self._is_wrapped(code):
                yield code, Escape((step,))

    def _is_wrapped(self, code: Code) -> bool:
        """Whether a decorator may catch what the function lets out."""
        for decorator in code.scope.decorators:
            inner = decorator.function if isinstance(decorator, Call) else decorator
            values = self._evaluator.values(inner, code.parent or code)
            if not values.items or not all(isinstance(v, Library) and self._roles.keeps(v.name) for v in values):
                return True
        return False

    def _raised(self, code: Code) -> Iterator[Step]:
        for raised in code.scope.raised:
            name = _error_name(raised)
            if spelt("exits-meant", name) or not self._gets_out(code, raised.order, raised.context):
                continue
            if spelt("tells-misuse", name) and _asks_own_state(code, raised.context):
                continue  # what its class forbids is no sign that it happens
            shown = f"raises `{name}`" if name else "raises the error again"
            yield self._step(code, raised.at, shown)

    def _failing(self, code: Code) -> Iterator[Step]:
        for site, name, _ in self._graph.libraries.get(code, ()):
            fact = self._effects.lookup(name)
            if fact is None or fact.effect not in _MAY_FAIL or site.context.deferred or self._roles.is_quiet(name):
                continue
            if self._gets_out(code, site.order, site.context):
                yield self._step(code, site.call.at, f"calls `{name}`, which may fail")

    def _through(self, edge: Edge, inner: Escape) -> Escape | None:
        """The way by a call around which nothing catches the error."""
        code, site = edge.caller, edge.site
        if not edge.runs or not self._gets_out(code, site.order, site.context) or self._is_wrapped(code):
            return None
        return Escape((call(code, site.call.at, edge.callee.qualname), *inner.steps))

    @staticmethod
    def _step(code: Code, at: Place, what: str) -> Step:
        return Step(code.span(at), f"`{code.qualname}` {what}")

    def _gets_out(self, code: Code, order: int, context: Context) -> bool:
        """Whether no `except` and no context manager around may keep an error in.

        Which errors an `except` is for is not looked at: who wrote one has thought of failure. What goes wrong in one
        that keeps the error is not followed either: what it does is to report it.
        """
        if any(self._may_swallow(entered.manager, code) for entered in context.entered):
            return False
        reporting = {attempt.number for attempt in context.attempts if attempt.part == "handler"}
        if any(handler.attempt in reporting and not handler.reraises for handler in code.scope.handlers):
            return False
        return self._graphs.of(code).when_raised(order, follow=_is_caught_if_it_may).raises

    def _may_swallow(self, manager: Expression, code: Code) -> bool:
        values = self._evaluator.values(manager, code)
        names = {v.of.name if isinstance(v, Instance) and isinstance(v.of, Library) else "" for v in values}
        return not names or "" in names or any(has("swallows-errors", name) for name in names)


def _is_caught_if_it_may(edge: cfg.Edge) -> bool:
    """Ways on of an error that every `except` takes, whatever it names, and nothing else goes wrong."""
    return edge.raised is None and edge.way not in (Way.UNCAUGHT, Way.UNCAUGHT_BASE)


def _asks_own_state(code: Code, context: Context) -> bool:
    """Whether the innermost condition around a place asks for attributes of the object itself, and nothing else."""
    test = context.conditions[-1].test if context.conditions else None
    names = [part.id for part in walk(test) if isinstance(part, Name)] if test is not None else []
    has_call = test is not None and any(isinstance(part, Call) for part in walk(test))
    return bool(names) and not has_call and all(name == code.self_name() for name in names)


def _error_name(raised: Returned) -> str:
    value = raised.value.function if isinstance(raised.value, Call) else raised.value
    return spelled(value) if value is not None and not isinstance(value, Constant) else ""
