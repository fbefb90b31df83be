"""What is handed to threads and processes to be called, and whether it can be."""

from __future__ import annotations

from collections.abc import Iterator

from concurlint.catalog.traits import listed
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite
from concurlint.facts.syntax import (
    Binary,
    Call,
    Collection,
    Compare,
    Comprehension,
    Constant,
    Expression,
    Name,
    Table,
    Text,
)
from concurlint.project.arguments import given, merged
from concurlint.project.bindings import assigned_once
from concurlint.project.classes import holder
from concurlint.project.modules import Code
from concurlint.project.values import (
    Bound,
    ClassOf,
    Container,
    Coroutine,
    Function,
    Instance,
    Library,
    Literal,
    Partial,
    Value,
)

_PLAIN_EXPRESSIONS = (Binary, Compare, Constant, Text, Collection, Table, Comprehension, type(None))


class Callables:
    """Looks at single calls that take work."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._roles = program.roles
        self._evaluator = program.evaluator

    def handed_over(self) -> Iterator[tuple[Code, CallSite, str, Expression]]:
        """Calls that want a callable for a thread or process, with the expression they get."""
        for code, calls in self._graph.libraries.items():
            for site, name, value in calls:
                role = self._roles.runs(name)
                if role is None or (role.on == "task" and not role.rest):
                    continue  # `create_task` takes what the call gives
                work = given(merged(value, site.call), *role.work)
                if work is not None:
                    yield code, site, name, work

    def is_surely_not_callable(self, work: Expression, code: Code) -> bool:
        """Whether nothing that the expression may be can be called."""
        if isinstance(work, Name):
            made = self._made_by_call(work, code)
            return made is not None and self.is_surely_not_callable(*made)
        if not isinstance(work, Call):
            return False
        if self._returns_plain(work, code):
            return True
        values = self._evaluator.values(work, code)
        return bool(values.items) and values.whole and not any(self._callable(v) for v in values)

    def makes_coroutine(self, work: Call, code: Code) -> bool:
        """Whether a call gives a coroutine."""
        return any(isinstance(value, Coroutine) for value in self._evaluator.values(work, code))

    def _made_by_call(self, name: Name, code: Code) -> tuple[Call, Code] | None:
        """The call whose result a name holds, if it is bound just once."""
        home = holder(code, name.id) or code.module.body
        made = assigned_once(name.id, home)
        return (made, home) if isinstance(made, Call) else None

    def _returns_plain(self, call: Call, code: Code) -> bool:
        """A call of project functions whose every return is arithmetic, a comparison, text or a display."""
        codes = [self._graph.runs(value) for value in self._evaluator.values(call.function, code)]
        if not codes or not self._evaluator.values(call.function, code).whole:
            return False
        for callee in codes:
            if callee is None or callee.scope.is_generator or callee.name == "__init__" or not callee.scope.returned:
                return False
            if not all(isinstance(returned.value, _PLAIN_EXPRESSIONS) for returned in callee.scope.returned):
                return False
        return True

    def _callable(self, value: Value) -> bool:
        match value:
            case Function() | Bound() | Partial() | ClassOf() | Library():
                return True
            case Instance(of=ClassOf(code=cls)):
                known = self._evaluator.lineage(cls)[2] and not self._evaluator.lineage(cls)[1]
                return bool(self._evaluator.attribute(value, "__call__").items) or not known
            case Instance(of=Library(name=name)):
                return not listed("plain-value", name)
            case Literal() | Container() | Coroutine():
                return False
        return True
