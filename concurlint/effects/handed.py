"""Arguments followed through wrappers: what a call passes, or which parameter of its own it hands on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from concurlint.facts.syntax import Argument, Attribute, Call, Constant, Expression, Item, Name, Table
from concurlint.project.arguments import given, has_stars, matching, merged
from concurlint.project.callgraph import Edge
from concurlint.project.classes import attribute_writes, holder, is_self
from concurlint.project.evaluate import Evaluator
from concurlint.project.modules import Code
from concurlint.project.values import Bound, ClassOf, Container, Instance

Wanted: TypeAlias = tuple[str, int | None]
"""Keyword and position (from 0) of an argument."""

_CHANGES = {"update", "setdefault", "pop", "clear"}
_SAME_TEXT = {"strip", "lstrip", "rstrip", "encode", "decode", "splitlines", "copy"}


@dataclass(frozen=True, slots=True)
class Known:
    """The argument is this expression, standing in `code`."""

    expression: Expression
    code: Code


@dataclass(frozen=True, slots=True)
class Passed:
    """The argument is one that `owner` was called with: by name, or in its `*args` or `**kwargs`.

    For `*args` the `position` counts from the first extra argument, for `**kwargs` `name` is the keyword.
    """

    owner: Code
    name: str
    position: int | None = None
    is_keyword: bool = False
    reader: str = ""  # the method that reads it from an attribute


@dataclass(frozen=True, slots=True)
class _Nothing:
    what: str


ABSENT: Final = _Nothing("surely not passed")
HIDDEN: Final = _Nothing("not known")

Term: TypeAlias = Known | Passed | _Nothing


def lookup(call: Call, code: Code, wanted: Wanted, evaluator: Evaluator) -> Term:
    """The argument a call passes under a keyword or at a position."""
    found = given(call, *wanted)
    if found is not None:
        return Known(found, code)
    term: Term = ABSENT
    plain = 0
    for argument in call.arguments:
        if argument.star == 0:
            plain += argument.keyword is None
            continue
        if argument.star == 1:
            term = _in_list(argument, code, wanted, plain, term)
        elif wanted[0]:
            inner = _in_table(argument.value, code, wanted[0], evaluator)
            if isinstance(inner, Known):
                return inner
            term = inner if term is ABSENT else term
    return term


def _in_list(argument: Argument, code: Code, wanted: Wanted, plain: int, so_far: Term) -> Term:
    position = wanted[1]
    if position is None or position >= 99:
        return so_far
    own = _star_parameter(argument.value, code, "args")
    if own is None:
        return HIDDEN
    # A flag far behind the command is not passed by position in practice: `run(*args, **options)`.
    if position - plain > 3:
        return so_far
    return Passed(code, own, position - plain)


def _in_table(expression: Expression, code: Code, keyword: str, evaluator: Evaluator) -> Term:
    own = _star_parameter(expression, code, "kwargs")
    if own is not None:
        return HIDDEN if _is_changed(expression, code) else Passed(code, keyword, None, True)
    if isinstance(expression, Table):
        return _entry(expression, code, keyword)
    value = evaluator.values(expression, code).only()
    if not isinstance(value, Container) or _is_changed(expression, code):
        return HIDDEN
    if isinstance(value.origin, Table):
        return _entry(value.origin, value.code, keyword)
    if isinstance(value.origin, Call) and not value.annotated:
        found = given(value.origin, keyword, None)
        if found is not None:
            return Known(found, value.code)
        return HIDDEN if has_stars(value.origin) or any(a.keyword is None for a in value.origin.arguments) else ABSENT
    return HIDDEN


def _entry(table: Table, code: Code, keyword: str) -> Term:
    for key, value in zip(table.keys, table.values, strict=True):
        if isinstance(key, Constant) and key.value == keyword:
            return Known(value, code)
    return ABSENT if all(isinstance(key, Constant) for key in table.keys) else HIDDEN


def _star_parameter(expression: Expression, code: Code, kind: str) -> str | None:
    """The name of the code's own `*args` or `**kwargs`, if the expression is just that."""
    if not isinstance(expression, Name) or len(code.scope.bindings.get(expression.id, ())) != 1:
        return None
    own = {p.name for p in code.scope.parameters if p.kind == kind}
    return expression.id if expression.id in own else None


def _is_changed(expression: Expression, code: Code) -> bool:
    """Whether a dict gets or loses entries after it was made."""
    if not isinstance(expression, Name):
        return not isinstance(expression, Attribute)
    home = holder(code, expression.id) or code.module.body
    changed = [
        site.call.function.value
        for site in home.scope.calls
        if isinstance(site.call.function, Attribute) and site.call.function.attr in _CHANGES
    ]
    changed += [
        access.target.value
        for access in home.scope.accesses
        if access.kind != "read" and isinstance(access.target, Item)
    ]
    return any(isinstance(target, Name) and target.id == expression.id for target in changed)


def whole_parameter(expression: Expression, code: Code) -> Passed | None:
    """The parameter that an expression is as a whole, if it is never bound to anything else."""
    if isinstance(expression, Call) and isinstance(expression.function, Attribute):
        if expression.function.attr in _SAME_TEXT:
            return whole_parameter(expression.function.value, code)
        return None
    if isinstance(expression, Attribute) and isinstance(expression.value, Name):
        return _whole_attribute(expression.value.id, expression.attr, code)
    if not isinstance(expression, Name):
        return None
    home = holder(code, expression.id)
    if home is None or home.scope.kind not in ("function", "lambda"):
        return None
    bindings = home.scope.bindings.get(expression.id, [])
    if len(bindings) != 1 or bindings[0].path:
        return None
    binding = bindings[0]
    if binding.kind == "parameter":
        parameter = next(p for p in home.scope.parameters if p.name == expression.id)
        plain = parameter.kind in ("positional", "keyword") and not is_self(home, expression.id)
        return Passed(home, expression.id) if plain else None
    if binding.kind == "assign" and binding.value is not None:
        return whole_parameter(binding.value, home)
    return None


def _whole_attribute(owner: str, attr: str, code: Code) -> Passed | None:
    """`self.x` that is only ever set to a parameter of `__init__`."""
    cls = is_self(code, owner)
    if cls is None or attr in cls.scope.bindings:
        return None
    writes = attribute_writes(cls).get(attr, [])
    if len(writes) != 1:
        return None
    access, method = writes[0]
    if access.kind != "write" or method.name != "__init__" or access.value is None:
        return None
    found = whole_parameter(access.value, method) if isinstance(access.value, Name) else None
    return replace(found, reader=code.name) if found is not None else None


def overrides_reader(term: Passed, edge: Edge, evaluator: Evaluator) -> bool:
    """Whether the object a call makes has its own method in place of the one that reads the attribute."""
    made = edge.value.code if isinstance(edge.value, ClassOf) else edge.caller.owner
    if not term.reader or made is None or term.owner.owner is None:
        return False
    for cls in evaluator.lineage(made)[0]:
        if cls is term.owner.owner:
            return False
        if term.reader in cls.scope.bindings:
            return True
    return False


def at_caller(term: Passed, edge: Edge, evaluator: Evaluator) -> Term:
    """What one call of the owner passes for the argument."""
    call, owner = merged(edge.value, edge.site.call), term.owner
    bound = isinstance(edge.value, (Bound, ClassOf, Instance))
    if term.is_keyword:
        return lookup(call, edge.caller, (term.name, None), evaluator)
    names = [p.name for p in owner.scope.parameters if p.kind == "positional"]
    shift = 1 if bound and owner.self_name() is not None else 0
    if term.position is not None:
        return lookup(call, edge.caller, ("", len(names) - shift + term.position), evaluator)
    parameter = next(p for p in owner.scope.parameters if p.name == term.name)
    passed = matching(call, owner, parameter, is_bound=bound)
    if passed is not None:
        return Known(passed, edge.caller)
    position = names.index(term.name) - shift if term.name in names else None
    found = lookup(call, edge.caller, (term.name, position), evaluator)
    if found is ABSENT and parameter.default is not None and owner.parent is not None:
        return Known(parameter.default, owner.parent)
    return found
