"""Objects by how code gets at them, so that the same object is known again in a caller or callee."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from concurlint.facts.syntax import Attribute, Call, Expression, Name
from concurlint.project.arguments import innermost, matching, merged, standing
from concurlint.project.bindings import bound_once
from concurlint.project.callgraph import Edge
from concurlint.project.classes import attribute_writes, holder, is_self
from concurlint.project.evaluate import Evaluator
from concurlint.project.modules import Code, Module
from concurlint.project.values import Bound, ClassOf, Function, Instance, ModuleOf, Partial, Value

_LONGEST = 4
_MOST_HOPS = 5


@dataclass(frozen=True, slots=True)
class Path:
    """A variable and the attributes from there on.

    `home` is the module of a global, the class of a method's own object (with the name ""), or the function
    whose local variable it is.
    """

    kind: Literal["global", "self", "local"]
    home: Code
    name: str
    attrs: tuple[str, ...] = ()

    def then(self, attrs: tuple[str, ...]) -> Path | None:
        """The path to an attribute; None where it gets too long to be followed."""
        longer = (*self.attrs, *attrs)
        return replace(self, attrs=longer) if len(longer) <= _LONGEST else None


def path_of(expression: Expression, code: Code, evaluator: Evaluator, hops: int = 0) -> Path | None:
    """How the object of an expression in `code` is got at; None where that may differ from run to run."""
    if isinstance(expression, Attribute):
        for value in evaluator.values(expression.value, code).used():
            if isinstance(value, ModuleOf):
                return _of_module(value.module, expression.attr, evaluator)
        base = path_of(expression.value, code, evaluator, hops)
        return base.then((expression.attr,)) if base is not None else None
    if not isinstance(expression, Name) or hops > _MOST_HOPS:
        return None
    cls = is_self(code, expression.id)
    if cls is not None:
        return Path("self", cls, "")
    home = holder(code, expression.id)
    if home is None:
        return _of_module(code.module, expression.id, evaluator)
    binding = bound_once(expression.id, home)
    if home.scope.kind == "class" or binding is None:
        return None
    if binding.kind == "assign" and isinstance(binding.value, (Name, Attribute)) and not binding.path:
        return path_of(binding.value, home, evaluator, hops + 1)
    return Path("local", home, expression.id)


def _of_module(module: Module, name: str, evaluator: Evaluator) -> Path | None:
    found = global_home(module, name, evaluator)
    return Path("global", found[0].body, found[1]) if found is not None else None


def global_home(module: Module, name: str, evaluator: Evaluator) -> tuple[Module, str] | None:
    """The module that really binds a global and its name there, followed through `from m import name`."""
    for _ in range(_MOST_HOPS):
        bindings = module.body.scope.bindings.get(name)
        if not bindings:
            return None
        imported = bindings[0].imported
        if imported is None or imported.name is None:
            return module, name
        source = evaluator.project.module(module.absolute(imported), module.source)
        if source is None:
            return None
        module, name = source, imported.name
    return None


def at_caller(path: Path, edge: Edge, evaluator: Evaluator) -> Path | None:
    """The same object as the caller gets at it; None where that is not known, or the call makes it anew."""
    if path.kind == "global":
        return path
    if path.kind == "self":
        if edge.callee.owner is None:  # a function inside a method has its `self`
            around = _method_around(edge.callee)
            return path if around is not None and edge.caller in around.family() else None
        own = _receiver(edge, evaluator)
        return own.then(path.attrs) if own is not None else None
    if path.home is not edge.callee:
        return path if edge.caller in path.home.family() else None
    passed = _passed(path.name, edge.callee, edge.value, edge.site.call)
    if passed is None:
        return None
    outer = path_of(passed, standing(passed, edge.value, edge.caller), evaluator)
    return outer.then(path.attrs) if outer is not None else None


def _passed(name: str, callee: Code, value: Value, call: Call) -> Expression | None:
    """What a call passes for the parameter `name` of the function it runs."""
    parameter = next((p for p in callee.scope.parameters if p.name == name), None)
    if parameter is None or parameter.kind not in ("positional", "keyword"):
        return None
    bound = isinstance(innermost(value), (Bound, ClassOf, Instance))
    return matching(merged(value, call), callee, parameter, is_bound=bound)


def at_maker(path: Path, cls: ClassOf, call: Call, code: Code, evaluator: Evaluator) -> Path | None:
    """What an object keeps from its making, as the code that makes it has it: `self.owner` is what was passed."""
    if path.kind != "self" or not path.attrs:
        return None
    writes = [w for base in evaluator.lineage(cls.code)[0] for w in attribute_writes(base).get(path.attrs[0], ())]
    if len(writes) != 1:
        return None
    access, method = writes[0]
    if access.kind != "write" or not isinstance(access.value, Name) or method.name != "__init__":
        return None
    made = evaluator.attribute(Instance(cls), "__init__").only()
    name = access.value.id
    if not isinstance(made, Bound) or made.function != Function(method) or bound_once(name, method) is None:
        return None
    passed = _passed(name, method, cls, call)
    outer = path_of(passed, code, evaluator) if passed is not None else None
    return outer.then(path.attrs[1:]) if outer is not None else None


def _receiver(edge: Edge, evaluator: Evaluator) -> Path | None:
    """The object whose method is called."""
    work, place = edge.value, edge.caller
    function = edge.site.call.function
    while isinstance(work, Partial):
        function, place, work = work.call.arguments[0].value, work.code, work.work
    if not isinstance(work, Bound) or not isinstance(work.owner, Instance):
        return None
    return receiver_of(function, place, evaluator)


def receiver_of(function: Expression, code: Code, evaluator: Evaluator) -> Path | None:
    """The object before the last dot of a method's expression; that of the method around for `super().m`."""
    if not isinstance(function, Attribute):
        return None
    base = function.value
    if isinstance(base, Call) and isinstance(base.function, Name) and base.function.id == "super":
        method = _method_around(code)
        return Path("self", method.owner, "") if method is not None and method.owner is not None else None
    return path_of(base, code, evaluator)


def _method_around(code: Code) -> Code | None:
    method: Code | None = code
    while method is not None and method.owner is None:
        method = method.parent
    return method


def settled(path: Path, evaluator: Evaluator) -> Path:
    """The path with the class furthest up that sets its first attribute: the same for all subclasses."""
    if path.kind != "self" or not path.attrs:
        return path
    owner = path.home
    for base in evaluator.lineage(path.home)[0]:
        if path.attrs[0] in attribute_writes(base) or path.attrs[0] in base.scope.bindings:
            owner = base
    return replace(path, home=owner)
