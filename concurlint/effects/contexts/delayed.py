"""Work that is only written down where it is called, for a scheduler to run: `delayed(f)(x)` of joblib and Dask."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.catalog.entries import RunsRole
from concurlint.catalog.roles import Roles
from concurlint.facts.records import CallSite
from concurlint.facts.syntax import Attribute, Call, Constant, Expression, Name, walk
from concurlint.project.arguments import positional
from concurlint.project.callgraph import CallGraph, library_name
from concurlint.project.modules import Code
from concurlint.project.values import Function, Instance, Value


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """A piece of work as it is written down: what is to run, and with which arguments."""

    role: RunsRole
    value: Value
    passed: tuple[Expression, ...]
    named: dict[str, Expression]


class Delayed:
    """Finds the arguments of such work, and what is said of where it runs."""

    def __init__(self, graph: CallGraph, roles: Roles) -> None:
        self._graph = graph
        self._evaluator = graph.evaluator
        self._roles = roles

    def arguments(self, code: Code, site: CallSite) -> tuple[tuple[Expression, ...], dict[str, Expression]]:
        """Those with which the result of the call is called."""
        for other in code.scope.calls:
            if other.call.function is site.call:
                return _spread(other.call)
        return (), {}

    def decorated(self, code: Code, site: CallSite) -> Iterator[Written]:
        """The work that a call writes down because the function it calls is decorated so."""
        for value in self._graph.targets(site):
            if not isinstance(value, Function):
                continue
            for decorator in value.code.scope.decorators:
                inner = decorator.function if isinstance(decorator, Call) else decorator
                for by in self._evaluator.values(inner, value.code.parent or code):
                    role = self._roles.runs(library_name(by))
                    if role is not None and role.called:
                        yield Written(role, value, *_spread(site.call))

    def says_threads(self, code: Code, site: CallSite, role: RunsRole) -> bool:
        """Whether what takes the work, or the block around, is told to use threads."""
        words = role.thread_words
        for other in code.scope.calls:
            if other.statement == site.statement and _passes(other.call, words):
                return True
            if _passes(other.call, words, "scheduler"):  # `compute(scheduler="threads")`, `config.set(…)`
                return True
            if self._takes(other.call, site.call) and self._is_made_so(other.call.function, code, words):
                return True
        around = [entered.manager for entered in site.context.entered]
        return any(isinstance(manager, Call) and _passes(manager, words) for manager in around)

    @staticmethod
    def _takes(call: Call, work: Call) -> bool:
        return any(part is work for argument in call.arguments for part in walk(argument.value))

    def _is_made_so(self, function: Expression, code: Code, words: tuple[str, ...]) -> bool:
        """Whether what is called was made with one of the words: `parallel = Parallel(prefer="threads")`."""
        return any(
            isinstance(value, Instance)
            and value.site is not None
            and isinstance(value.site.call, Call)
            and _passes(value.site.call, words)
            for value in self._evaluator.values(function, code)
            if isinstance(function, (Name, Attribute))
        )


def _passes(call: Call, words: tuple[str, ...], keyword: str = "") -> bool:
    """Whether one of the words is among the arguments of a call, by that keyword if one is named."""
    return any(
        isinstance(argument.value, Constant)
        and argument.value.value in words
        and (not keyword or argument.keyword == keyword)
        for argument in call.arguments
    )


def _spread(call: Call) -> tuple[tuple[Expression, ...], dict[str, Expression]]:
    passed = tuple(argument.value for argument in positional(call))
    return passed, {a.keyword: a.value for a in call.arguments if a.keyword is not None}
