"""What decorators leave of the functions they decorate."""

from __future__ import annotations

from concurlint.facts.syntax import Attribute, Call, Expression, Name, walk
from concurlint.project.inference import Inference
from concurlint.project.modules import Code
from concurlint.project.values import (
    UNKNOWN,
    Bound,
    Function,
    Library,
    Value,
    Values,
    one,
)


class Decorating:
    """Reads decorators on behalf of an `Evaluator`."""

    def __init__(self, evaluator: Inference) -> None:
        self._evaluator = evaluator

    def keeps(self, decorator: Expression, code: Code) -> str:
        """What a decorator leaves of a function: see `Roles.keeps`; `""` where that is unknown."""
        inner = decorator.function if isinstance(decorator, Call) else decorator
        if isinstance(inner, Attribute) and inner.attr in ("setter", "getter", "deleter"):
            return "property"
        for value in self._evaluator.values(inner, code):
            if isinstance(value, Bound):
                value = value.function
            if isinstance(value, Library):
                kept = self._evaluator.roles.keeps(value.name)
                if kept:
                    return kept
                return ""
            if isinstance(value, Function):
                return self._keeps_inside(value.code, isinstance(decorator, Call))
        return ""

    def _keeps_inside(self, decorator: Code, called: bool) -> str:
        """A project decorator keeps the function if it returns it, or a wrapper marked with `wraps`."""
        layers = decorator.children if called else []
        for maker in (decorator, *layers):
            own = {p.name for p in maker.scope.parameters}
            for returned in maker.scope.returned:
                value = returned.value
                if isinstance(value, Name) and value.id in own and maker.scope.kind == "function":
                    return "same"
                if isinstance(value, Name):
                    for child in maker.children:
                        if (
                            child.scope.name == value.id
                            and not child.is_async
                            and any(self.keeps(d, maker) == "same" for d in child.scope.decorators)
                            and not self._sends_away(child, own)
                        ):
                            return "same"
        return ""

    def _sends_away(self, wrapper: Code, names: set[str]) -> bool:
        """Whether a wrapper has somebody else run the function: a call of it does not wait for that."""
        for part in wrapper.family():
            for site in part.scope.calls:
                passed = [p for a in site.call.arguments for p in walk(a.value)]
                if any(isinstance(p, Name) and p.id in names for p in passed):
                    callees = self._evaluator.values(site.call.function, part)
                    roles = [self._evaluator.roles.runs(_library(value)) for value in callees]
                    if any(role is not None for role in roles):
                        return True
        return False

    def defined(self, code: Code, around: Code) -> Values:
        kinds = [self.keeps(d, around) for d in code.scope.decorators]
        if not kinds:
            return one(Function(code))
        if any(not kind for kind in kinds):
            return UNKNOWN
        return one(Function(code))

    def method_kind(self, code: Code) -> str:
        """`property`, `static`, `class`, `context` or `""` by a function's decorators."""
        for decorator in code.scope.decorators:
            kept = self.keeps(decorator, code.parent or code)
            if kept in ("property", "static", "class", "context"):
                return kept
        return ""


def _library(value: Value) -> str:
    inner = value.function if isinstance(value, Bound) else value
    return inner.name if isinstance(inner, Library) else ""
