"""What a call gives, by what is called."""

from __future__ import annotations

from concurlint.catalog.traits import listed
from concurlint.facts.syntax import Attribute, Call, Constant, Expression, Name
from concurlint.project.inference import Inference
from concurlint.project.modules import Code
from concurlint.project.values import (
    UNKNOWN,
    Bound,
    ClassOf,
    Container,
    Coroutine,
    Function,
    Instance,
    Library,
    Literal,
    Parent,
    Partial,
    Site,
    Value,
    Values,
    one,
)


class Calling:
    """Works out the results of calls on behalf of an `Evaluator`."""

    def __init__(self, evaluator: Inference) -> None:
        self._evaluator = evaluator

    def result(self, call: Call, code: Code) -> Values:
        return self._evaluator.spread(
            self._evaluator.values(call.function, code).used(), lambda v: self.called(v, call, code)
        )

    def called(self, callee: Value, call: Call, code: Code) -> Values:
        """What calling one value gives."""
        site = Site(code, call)
        match callee:
            case ClassOf():
                return one(Instance(callee, site))
            case Function(code=function) | Bound(function=Function(code=function)):
                if function.scope.is_generator:
                    return one(Container("generator", function, call))
                if function.is_async:
                    return one(Coroutine(function, site))
                if isinstance(callee, Bound):
                    return self.of_method(function, callee.owner)
                return self._evaluator.returns(function)
            case Library(name=name):
                return self._library_result(name, call, code, site)
            case Bound(function=Library(name=name), owner=owner):
                returned = self._evaluator.roles.returns(name)
                if returned == "self" or name.endswith(".__enter__"):
                    return one(owner)
                if name == "builtins.dict.setdefault" and isinstance(call.function, Attribute):
                    return self._evaluator.elements.of(call.function.value, code)
                if returned == "@entered" and call.arguments:
                    return self._evaluator.elements.entered(call.arguments[0].value, code)
                if name.endswith(".copy") and isinstance(owner, Instance):
                    return one(owner)
                if self._evaluator.roles.class_role(name) is not None:
                    return one(Instance(Library(name), site))
                return one(Instance(Library(returned), site)) if returned else UNKNOWN
            case Partial(work=work):
                return self.called(work, call, code)
            case Instance(of=ClassOf(code=cls)):
                return self._evaluator.spread(
                    self._evaluator.attributes.member(callee, self._evaluator.lineage(cls)[0], "__call__"),
                    lambda v: UNKNOWN if v == callee else self.called(v, call, code),
                )
            case _:
                return UNKNOWN

    def of_method(self, method: Code, owner: Instance | ClassOf) -> Values:
        """What a method returns when it is called on `owner`: `self` and `cls()` are of the owner's class."""
        found = self._evaluator.returns(method)
        first, cls = method.self_name(), method.owner
        if first is None or cls is None:
            return found
        gives_itself = any(_is_name(returned.value, first) for returned in method.scope.returned)

        def own(value: Value) -> Value:
            if not isinstance(value, Instance) or value.of != ClassOf(cls):
                return value
            if value.site is None:
                return owner if gives_itself and isinstance(owner, Instance) else value
            made = value.site.call
            if isinstance(owner, ClassOf) and isinstance(made, Call) and _is_name(made.function, first):
                return Instance(owner, value.site)
            return value

        return Values(tuple(own(value) for value in found), found.whole)

    def _library_result(self, name: str, call: Call, code: Code, site: Site) -> Values:
        plain = [a.value for a in call.arguments if a.keyword is None and not a.star]
        if name == "functools.partial" and plain:
            works = self._evaluator.values(plain[0], code)
            return Values(tuple(Partial(work, call, code) for work in works), works.whole)
        if name == "builtins.super":
            cls = code.enclosing_class
            return one(Parent(cls, Instance(ClassOf(cls)))) if cls is not None else UNKNOWN
        if name == "builtins.getattr" and len(plain) >= 2 and isinstance(plain[1], Constant):
            attr = plain[1].value
            if isinstance(attr, str):
                return self._evaluator.spread(
                    self._evaluator.values(plain[0], code), lambda v: self._evaluator.attribute(v, attr)
                )
        if name == "builtins.type" and len(plain) == 1:
            return self._evaluator.spread(
                self._evaluator.values(plain[0], code), lambda v: self._evaluator.attribute(v, "__class__")
            )
        if listed("makes-container", name):
            return one(Container(name.rpartition(".")[2], code, call))
        if self._evaluator.roles.class_role(name) is not None:
            return one(Instance(Library(name), site))
        returned = self._evaluator.roles.returns(name)
        if returned == "@awaited" and plain:
            return self._evaluator.spread(self._evaluator.values(plain[0], code), self._evaluator.awaited)
        if returned == "builtins.NoneType":
            return one(Literal(None))
        if returned:
            return one(Instance(Library(returned), site))
        last = name.rpartition(".")[2]
        if last[:1].isupper() and not last.isupper():
            return one(Instance(Library(name), site))
        return UNKNOWN


def _is_name(expression: Expression | None, name: str) -> bool:
    return isinstance(expression, Name) and expression.id == name
