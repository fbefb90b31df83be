"""Paths that no other run of the same work has: named by a temporary file, a fresh identifier or the run's own item."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeAlias

from concurlint.catalog.traits import listed, may
from concurlint.effects.contexts.reach import Run
from concurlint.effects.program import Program
from concurlint.facts.records import Binding
from concurlint.facts.syntax import Attribute, Binary, Call, Constant, Expression, Formatted, Item, Name, Text
from concurlint.project.arguments import matching
from concurlint.project.callgraph import library_name
from concurlint.project.classes import holder
from concurlint.project.modules import Code
from concurlint.project.values import Bound, ClassOf, Instance

_DEEPEST = 6

Leaf: TypeAlias = Callable[[Binding, Code, int], bool]
"""Whether a parameter or loop variable is another one in every run, which may be asked so deep."""


class OwnPaths:
    """Follows a path back to what tells it apart from those of other runs."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._evaluator = program.evaluator
        self._roles = program.roles

    def is_own(self, path: Expression, code: Code, run: Run) -> bool:
        """Whether each run of the work has another path than every other; False where that is not known."""
        return self._tells_apart(path, code, partial(self._is_own_parameter, run), _DEEPEST)

    def _tells_apart(self, path: Expression, code: Code, leaf: Leaf, depth: int) -> bool:
        match path:
            case Name(id=name) if depth:
                home = holder(code, name) or code.module.body
                bindings = home.scope.bindings.get(name, ())
                return bool(bindings) and all(self._is_own_binding(b, home, leaf, depth - 1) for b in bindings)
            case Text(parts=parts):
                return self._any(parts, code, leaf, depth)
            case Formatted(value=value):
                return self._tells_apart(value, code, leaf, depth)
            case Binary(operator="Add" | "Divide", left=left, right=right):
                return self._any((left, right), code, leaf, depth)
            case Binary(operator="Modulo", right=right):
                return self._any(getattr(right, "items", (right,)), code, leaf, depth)
            case Attribute(value=value, attr=name) | Item(value=value, index=(Constant(value=str() as name),)):
                return may("tells-apart", name) and self._tells_apart(value, code, leaf, depth)
            case Call():
                return self._call(path, code, leaf, depth)
        return False

    def _any(self, parts: Iterable[Expression], code: Code, leaf: Leaf, depth: int) -> bool:
        return any(self._tells_apart(part, code, leaf, depth) for part in parts)

    def _call(self, call: Call, code: Code, leaf: Leaf, depth: int) -> bool:
        names = {library_name(value) for value in self._evaluator.values(call.function, code)} - {""}
        if any(listed("makes-unique", name) for name in names):
            return True
        parts = [argument.value for argument in call.arguments]
        if any(self._roles.passes(name) in ("path", "same") for name in names):
            return self._any(parts, code, leaf, depth)
        if not isinstance(call.function, Attribute):
            return False
        method, text = call.function.attr, call.function.value
        if may("takes-in", method):
            return self._any((text, *parts), code, leaf, depth)
        return may("part-text", method) and self._tells_apart(text, code, leaf, depth)

    def _is_own_binding(self, binding: Binding, home: Code, leaf: Leaf, depth: int) -> bool:
        if binding.kind in ("assign", "with") and binding.value is not None:
            return self._tells_apart(binding.value, home, leaf, depth)
        return leaf(binding, home, depth)

    def _is_own_parameter(self, run: Run, binding: Binding, code: Code, depth: int) -> bool:
        """Whether a parameter is what the work is mapped over, or one of a loop's that starts it for each."""
        if binding.kind != "parameter":
            return False
        spawn = run.dispatch
        if code is not spawn.code:
            return self._is_passed_own(run, binding.name, code, depth)
        names = [p.name for p in code.scope.parameters if p.kind == "positional" and p.name != code.self_name()]
        if spawn.items is not None:
            return names[:1] == [binding.name]
        given = (dict(zip(names, spawn.passed, strict=False)) | spawn.named).get(binding.name)
        return given is not None and self._tells_apart(given, spawn.where, _is_of_loop, depth)

    def _is_passed_own(self, run: Run, name: str, code: Code, depth: int) -> bool:
        """Whether all who call a function hand it something that is the run's own."""
        found = []
        for edge in self._graph.callers.get(code, ()):
            parameter = next(p for p in code.scope.parameters if p.name == name)
            is_bound = isinstance(edge.value, (Bound, ClassOf, Instance))
            found.append((matching(edge.site.call, code, parameter, is_bound=is_bound), edge.caller))
        leaf = partial(self._is_own_parameter, run)
        return bool(found) and depth > 0 and all(
            passed is not None and self._tells_apart(passed, caller, leaf, depth - 1) for passed, caller in found
        )  # fmt: skip


def _is_of_loop(binding: Binding, _code: Code, _depth: int) -> bool:
    """Whether a name is another one in each turn of a loop."""
    return binding.kind == "for"
