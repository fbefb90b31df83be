"""What the parts of the type inference may ask of the whole; `Evaluator` answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from concurlint.catalog.roles import Roles
from concurlint.facts.records import Binding
from concurlint.facts.syntax import Call, Expression
from concurlint.project.modules import Code, Module, Project
from concurlint.project.values import ClassOf, Instance, Value, Values
from concurlint.source import SourceFile


class Names(Protocol):
    """What names stand for."""

    def namespace(self, module: Module, name: str) -> Values | None:
        """What a module binds a name to, None if nothing there does."""

    def dotted(self, name: str, importer: SourceFile | None = None) -> Values:
        """The module, package or library thing of that dotted name."""


class Members(Protocol):
    """What classes and objects have."""

    def member(self, owner: Value, codes: tuple[Code, ...], attr: str) -> Values:
        """An attribute looked for in classes, in the order given."""


class Decorators(Protocol):
    """What decorators leave."""

    def keeps(self, decorator: Expression, code: Code) -> str:
        """What a decorator leaves of a function, `""` where that is unknown."""

    def defined(self, code: Code, around: Code) -> Values:
        """What the name of a function is bound to once its decorators have run."""


class Contents(Protocol):
    """What is inside things."""

    def of(self, iterable: Expression, code: Code, path: tuple[int, ...] = ()) -> Values:
        """What iterating over an expression gives, and then unpacking it by `path`."""

    def entered(self, manager: Expression, code: Code) -> Values:
        """What `with manager as x` binds x to."""


class Results(Protocol):
    """What calls give."""

    def called(self, callee: Value, call: Call, code: Code) -> Values:
        """What calling one value gives."""

    def of_method(self, method: Code, owner: Instance | ClassOf) -> Values:
        """What a method returns when it is called on `owner`."""


class Inference(Protocol):
    """The questions that the parts put to the whole."""

    project: Project
    roles: Roles
    is_known: Callable[[str], bool]
    doubts: int

    @property
    def naming(self) -> Names: ...

    @property
    def attributes(self) -> Members: ...

    @property
    def decorating(self) -> Decorators: ...

    @property
    def elements(self) -> Contents: ...

    @property
    def calling(self) -> Results: ...

    def values(self, expression: Expression, code: Code) -> Values:
        """What `expression`, standing in `code`, may be."""

    def spread(self, values: Values, each: Callable[[Value], Values]) -> Values:
        """What `each` gives for all of the values."""

    def awaited(self, value: Value) -> Values:
        """What awaiting a value gives."""

    def binding(self, binding: Binding, code: Code) -> Values:
        """What one binding gives its name."""

    def annotated(self, annotation: Expression, code: Code) -> Values:
        """Instances of what an annotation names."""

    def returns(self, code: Code) -> Values:
        """What calling a function gives when its body has run."""

    def method_kind(self, code: Code) -> str:
        """`property`, `static`, `class`, `context` or `""` by a function's decorators."""

    def kind(self, value: Value) -> str:
        """The catalogue's kind of a value, `""` if none."""

    def type_name(self, value: Value) -> str:
        """The dotted name of a value's library type, `""` where it has none."""

    def attribute(self, value: Value, attr: str) -> Values:
        """What `value.attr` may be."""

    def lineage(self, cls: Code) -> tuple[tuple[Code, ...], tuple[str, ...], bool]:
        """Project classes, library bases and whether all bases are known."""
