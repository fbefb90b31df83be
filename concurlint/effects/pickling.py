"""Which values cannot be pickled, and why: functions without a global name, locks, open files, what holds one."""

from __future__ import annotations

from dataclasses import dataclass, replace

from concurlint.catalog.traits import listed
from concurlint.effects.program import Program
from concurlint.facts.records import Binding
from concurlint.facts.syntax import Argument, Call, Collection, Comprehension, Expression, Star, Table
from concurlint.finding import Step
from concurlint.project.classes import attribute_writes
from concurlint.project.language import PICKLING
from concurlint.project.modules import Code
from concurlint.project.values import (
    Bound,
    ClassOf,
    Container,
    Coroutine,
    Function,
    Instance,
    Library,
    ModuleOf,
    Partial,
    Value,
    Values,
)

_DEEPEST = 4


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something cannot be pickled: `what` it is in words, what kind of thing, and where it came in.

    `kind` is "lambda", "nested", "class", "generator", "coroutine", "module", "object" or "shared" (a thing of
    multiprocessing that only a child being started may get).
    """

    kind: str
    what: str
    via: tuple[Step, ...] = ()
    attribute: str = ""  # the attribute that brings it along


class Pickling:
    """Judges values; what is not surely refused is taken to be fine."""

    def __init__(self, program: Program) -> None:
        self._evaluator = program.evaluator
        self._roles = program.roles
        self._objects: dict[tuple[Code, bool], Refusal | None] = {}

    def of(self, expression: Expression, code: Code, *, at_start: bool, depth: int = 0) -> Refusal | None:
        """Why nothing that the expression may be can be pickled; `at_start`: while a child is being started."""
        if isinstance(expression, Star) or depth > _DEEPEST:
            return None
        return self.of_values(self._evaluator.values(expression, code), at_start=at_start, depth=depth)

    def of_values(self, values: Values, *, at_start: bool, depth: int = 0) -> Refusal | None:
        """Why each of the values is refused; None if one is not, or if there may be others."""
        if not values.items or not values.whole or depth > _DEEPEST:
            return None
        found = [self._of(value, at_start, depth) for value in values]
        return found[0] if all(found) else None

    def of_value(self, value: Value, *, at_start: bool) -> Refusal | None:
        """Why a value is refused, None if it may not be."""
        return self._of(value, at_start, 0)

    def _of(self, value: Value, at_start: bool, depth: int) -> Refusal | None:
        match value:
            case Function(code=code):
                return self._of_definition(code)
            case ClassOf(code=code):
                return self._of_definition(code)
            case Bound(owner=ClassOf(code=code)):
                return self._of_definition(code)
            case Bound(owner=Instance() as owner):
                return self._of(owner, at_start, depth + 1)
            case Instance(of=ClassOf(code=code)):
                return self._of_object(code, at_start, depth)
            case Instance(of=Library(name=name)):
                return self._of_library(name, at_start)
            case Partial(work=work, call=call, code=code):
                inner = self._of(work, at_start, depth + 1)
                return inner or self._of_arguments(call.arguments[1:], code, at_start, depth)
            case Container():
                return self._of_container(value, at_start, depth)
            case Coroutine(function=code):
                return Refusal("coroutine", f"the coroutine of `{code.name}`")
            case ModuleOf(module=module):
                return Refusal("module", f"the module `{module.name}`")
        return None

    def _of_arguments(self, arguments: tuple[Argument, ...], code: Code, at_start: bool, depth: int) -> Refusal | None:
        for argument in arguments:
            if not argument.star:
                found = self.of(argument.value, code, at_start=at_start, depth=depth + 1)
                if found is not None:
                    return found
        return None

    @staticmethod
    def _of_definition(code: Code) -> Refusal | None:
        """Functions and classes are pickled by the name under which their module has them."""
        if code.scope.kind == "lambda":
            return Refusal("lambda", "a lambda", (Step(code.span(code.scope.at), "the lambda is made here"),))
        around = code.parent
        if around is not None and code.name in around.scope.globals:
            return None
        while around is not None and around.scope.kind == "class":
            around = around.parent
        if around is None or around.scope.kind == "module":
            return None
        kind = "class" if code.scope.kind == "class" else "nested"
        step = Step(code.span(code.scope.at), f"`{code.name}` is defined inside `{around.qualname}`")
        return Refusal(kind, f"`{code.name}`", (step,))

    def _of_library(self, name: str, at_start: bool) -> Refusal | None:
        word = self._roles.pickling(name)
        if not word or (word == "inherit" and at_start):
            return None
        shown = "open file" if self._roles.kind(name) == "file" else f"`{name}`"
        article = "an" if shown[:1] in "aeiou" else "a"
        return Refusal("shared" if word == "inherit" else "object", f"{article} {shown}")

    def _of_container(self, container: Container, at_start: bool, depth: int) -> Refusal | None:
        origin, code = container.origin, container.code
        if container.annotated:
            return None
        if container.kind == "generator":
            return Refusal("generator", "a generator")
        parts: tuple[Expression, ...] = ()
        match origin:
            case Collection(items=items):
                parts = items
            case Table(values=values):
                parts = values
            case Comprehension(results=results):
                parts = results
        found = (self.of(part, code, at_start=at_start, depth=depth + 1) for part in parts)
        return next((refusal for refusal in found if refusal is not None), None)

    # objects of the project

    def _of_object(self, cls: Code, at_start: bool, depth: int) -> Refusal | None:
        key = (cls, at_start)
        if key not in self._objects:
            self._objects[key] = None  # an object that holds one of its own class
            self._objects[key] = self._of_class(cls, at_start, depth)
        return self._objects[key]

    def _of_class(self, cls: Code, at_start: bool, depth: int) -> Refusal | None:
        classes, libraries, known = self._evaluator.lineage(cls)
        if not known or any(hook in code.scope.bindings for code in classes for hook in PICKLING):
            return None
        for library in libraries:
            refused = self._of_library(library, at_start)
            if refused is not None:
                return replace(refused, what=f"`{cls.name}`, {refused.what}")
        if not all(listed("adds-nothing", library) for library in libraries):
            return None
        local = self._of_definition(cls)
        if local is not None:
            return local
        for code in classes:
            for attr, writes in attribute_writes(code).items():
                refused = self._of_attribute(attr, classes, at_start, depth) if writes else None
                if refused is not None:
                    return refused
            for attr, bindings in code.scope.bindings.items():
                refused = self._of_field(cls, attr, bindings, at_start, depth)
                if refused is not None:
                    return refused
        return None

    def _of_field(
        self, cls: Code, attr: str, bindings: list[Binding], at_start: bool, depth: int
    ) -> Refusal | None:  # fmt: skip
        """Why a field of a dataclass that each object gets from its factory cannot be pickled."""
        made = bindings[0].value if len(bindings) == 1 and bindings[0].annotation is not None else None
        factories = (
            [a for a in made.arguments if a.keyword in ("default_factory", "factory")] if isinstance(made, Call) else []
        )
        if not factories or any(attribute_writes(code).get(attr) for code in self._evaluator.lineage(cls)[0]):
            return None
        found = self.of_values(
            self._evaluator.attribute(Instance(ClassOf(cls)), attr), at_start=at_start, depth=depth + 1
        )
        return replace(found, attribute=attr) if found is not None else None

    def _of_attribute(self, attr: str, classes: tuple[Code, ...], at_start: bool, depth: int) -> Refusal | None:
        """Why an attribute that every object has from `__init__` on cannot be pickled."""
        writes = [write for code in classes for write in attribute_writes(code).get(attr, ())]
        if any(access.kind != "write" or access.value is None for access, _ in writes):
            return None
        found = [self.of(a.value, method, at_start=at_start, depth=depth + 1) for a, method in writes if a.value]
        sure = [
            (access, method)
            for access, method in writes
            if method.name == "__init__" and not access.context.conditions and not access.context.loops
        ]
        if not sure or not all(found) or found[0] is None:
            return None
        access, method = sure[0]
        step = Step(method.span(access.target.at), f"`self.{attr}` is {found[0].what}")
        inner = found[0].attribute
        return replace(found[0], via=(step, *found[0].via), attribute=f"{attr}.{inner}" if inner else attr)
