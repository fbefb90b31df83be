"""What an attribute of a module, class or object may be."""

from __future__ import annotations

from concurlint.catalog.tables import leads_on
from concurlint.facts.records import Binding
from concurlint.facts.syntax import Attribute, Expression
from concurlint.project.classes import attribute_writes, class_bindings
from concurlint.project.inference import Inference
from concurlint.project.modules import Code
from concurlint.project.values import (
    NOTHING,
    UNKNOWN,
    Bound,
    ClassOf,
    Container,
    Function,
    Instance,
    Library,
    Literal,
    ModuleOf,
    Namespace,
    Parent,
    Value,
    Values,
    one,
    union,
)


class Attributes:
    """Looks attributes up on behalf of an `Evaluator`."""

    def __init__(self, evaluator: Inference) -> None:
        self._evaluator = evaluator

    def attribute(self, value: Value, attr: str) -> Values:
        """What `value.attr` may be."""
        match value:
            case Library(name=name):
                return one(Library(self._evaluator.roles.canonical(f"{name}.{attr}")))
            case ModuleOf(module=module):
                found = self._evaluator.naming.namespace(module, attr)
                dotted = f"{module.name}.{attr}"
                if found is None or not found.items:
                    return (
                        self._evaluator.naming.dotted(dotted)
                        if self._evaluator.project.knows(dotted)
                        else found or UNKNOWN
                    )
                return found
            case Namespace(name=name):
                dotted = f"{name}.{attr}"
                return self._evaluator.naming.dotted(dotted) if self._evaluator.project.knows(dotted) else UNKNOWN
            case ClassOf(code=cls):
                return self.member(value, self._evaluator.lineage(cls)[0], attr)
            case Instance(of=ClassOf() as its_class) if attr == "__class__":
                return one(its_class)
            case Instance(of=ClassOf(code=cls)):
                return self.member(value, self._evaluator.lineage(cls)[0], attr)
            case Instance(of=Library(name=name)):
                return one(self._of_library(name, value, attr))
            case Bound(function=Library(name=name), owner=owner):
                return self._of_attribute(name, owner, attr)
            case Parent(code=cls, owner=owner):
                codes, libraries, known = self._evaluator.lineage(cls)
                if len(codes) == 1 and libraries:
                    return Values((Bound(Library(self.library_method(libraries, attr)), owner),), known)
                return self.member(owner, codes[1:], attr)
            case Container() | Literal():
                made = Instance(Library(self._evaluator.type_name(value)))
                return one(Bound(Library(f"{self._evaluator.type_name(value)}.{attr}"), made))
            case _:
                return UNKNOWN

    def _of_library(self, name: str, owner: Instance, attr: str) -> Value:
        """A method of a library object, or what its class makes of attributes that it does not know."""
        roles = self._evaluator.roles
        method = self.library_method(roles.ancestry(name), attr)
        made = roles.returns(f"{name}.__getattr__")
        if made and not attr.startswith("_") and not self._evaluator.is_known(method):
            return Instance(Library(made))
        return Bound(Library(method), owner)

    def _of_attribute(self, name: str, owner: Instance | ClassOf, attr: str) -> Values:
        """What an attribute of a library object has in its turn: `client.chat.completions`, `book.sheet1.clear`."""
        made = self._evaluator.roles.returns(name)
        if made and self._evaluator.roles.class_role(made) is not None:
            return one(self._of_library(made, Instance(Library(made)), attr))
        below = self._evaluator.roles.canonical(f"{name}.{attr}")
        known = self._evaluator.is_known(below) or leads_on(below)
        return one(Bound(Library(below), owner)) if known and leads_on(name) else UNKNOWN

    def library_method(self, ancestry: tuple[str, ...], attr: str) -> str:
        """The dotted name under which a method of a library class (or its bases) is known."""
        names = [self._evaluator.roles.canonical(f"{name}.{attr}") for name in ancestry]
        return next((name for name in names if self._evaluator.is_known(name) or leads_on(name)), names[0])

    def member(self, owner: Value, codes: tuple[Code, ...], attr: str) -> Values:
        assert isinstance(owner, (Instance, ClassOf))
        parts: list[Values] = []
        for cls in codes:
            for access, code in attribute_writes(cls).get(attr, ()):
                parts.append(self._written(access.value, access.annotation, code))
        for _, bindings in class_bindings(codes, attr):
            parts += [self._class_attribute(owner, binding, _) for binding in bindings]
            break
        if parts:
            return union(parts)
        if codes:
            _, libraries, known = self._evaluator.lineage(codes[0])
            if libraries:
                name = self.library_method(libraries, attr)
                return Values((Bound(Library(name), owner),), known)
        return UNKNOWN

    def _written(self, value: Expression | None, annotation: Expression | None, code: Code) -> Values:
        declared = self._evaluator.annotated(annotation, code) if annotation is not None else NOTHING
        if value is None:
            return declared if declared.items else UNKNOWN
        given = self._evaluator.values(value, code)
        return union((declared, Values(given.items, True))) if declared.items else given

    def _class_attribute(self, owner: Instance | ClassOf, binding: Binding, cls: Code) -> Values:
        if binding.kind != "def":
            return self._evaluator.binding(binding, cls)
        method = cls.module.codes[binding.scope or 0]
        kind = self._evaluator.method_kind(method)
        if kind == "property":
            return self._evaluator.returns(method) if isinstance(owner, Instance) else UNKNOWN
        found = self._evaluator.decorating.defined(method, cls)
        if kind == "static" or not found.items:
            return found
        if kind == "class":
            of = owner.of if isinstance(owner, Instance) and isinstance(owner.of, ClassOf) else owner
            return one(Bound(Function(method), of if isinstance(of, ClassOf) else owner))
        return one(Bound(Function(method), owner)) if isinstance(owner, Instance) else found

    def property_of(self, value: Value, attr: str) -> Code | None:
        """The function that reading `value.attr` runs, if that is a property of a project class."""
        if not isinstance(value, Instance) or not isinstance(value.of, ClassOf):
            return None
        for cls, bindings in class_bindings(self._evaluator.lineage(value.of.code)[0], attr):
            getter = bindings[0]
            if getter.kind == "def" and getter.scope is not None:
                method = cls.module.codes[getter.scope]
                return method if self._evaluator.method_kind(method) == "property" else None
            return None
        return None

    def setter_of(self, value: Value, attr: str) -> Code | None:
        """The function that assigning to `value.attr` runs, if that is a property of a project class."""
        if not isinstance(value, Instance) or not isinstance(value.of, ClassOf):
            return None
        for cls, bindings in class_bindings(self._evaluator.lineage(value.of.code)[0], attr):
            methods = [cls.module.codes[b.scope] for b in bindings if b.kind == "def" and b.scope is not None]
            for method in methods:
                if any(isinstance(d, Attribute) and d.attr == "setter" for d in method.scope.decorators):
                    return method
        return None
