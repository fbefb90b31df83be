"""Arguments followed through wrappers: what a call passes, or which parameter of its own it hands on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from concurlint.catalog.traits import has, may
from concurlint.facts.records import Context
from concurlint.facts.syntax import Argument, Attribute, Call, Constant, Expression, Item, Name, Place, Table
from concurlint.project.arguments import given, has_stars, matching, merged
from concurlint.project.bindings import bound_once
from concurlint.project.callgraph import Edge
from concurlint.project.classes import attribute_writes, holder, is_self
from concurlint.project.evaluate import Evaluator
from concurlint.project.modules import Code
from concurlint.project.values import Bound, ClassOf, Container, Instance

Wanted: TypeAlias = tuple[str, int | None]
"""Keyword and position (from 0) of an argument."""


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
    own = star_parameter(argument.value, code, "args")
    if own is None:
        return HIDDEN
    # A flag far behind the command is not passed by position in practice: `run(*args, **options)`.
    if position - plain > 3:
        return so_far
    return Passed(code, own, position - plain)


def _in_table(expression: Expression, code: Code, keyword: str, evaluator: Evaluator) -> Term:
    later = _set_later(expression, code, keyword)
    if later is not ABSENT:
        return later
    own = star_parameter(expression, code, "kwargs")
    if own is not None:
        return Passed(code, keyword, None, True)
    if isinstance(expression, Table):
        return _entry(expression, code, keyword)
    value = evaluator.values(expression, code).only()
    if not isinstance(value, Container):
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


def star_parameter(expression: Expression, code: Code, kind: str) -> str | None:
    """The name of the code's own `*args` or `**kwargs`, if the expression is just that."""
    if not isinstance(expression, Name) or bound_once(expression.id, code) is None:
        return None
    own = {p.name for p in code.scope.parameters if p.kind == kind}
    return expression.id if expression.id in own else None


def _set_later(expression: Expression, code: Code, keyword: str) -> Term:
    """What an entry of a dict is set to after the dict was made; ABSENT if that leaves the entry alone."""
    if not isinstance(expression, Name):
        return ABSENT if isinstance(expression, (Attribute, Table)) else HIDDEN
    home = holder(code, expression.id) or code.module.body
    found: Term = ABSENT
    for entries, context, at in _changes(expression.id, home):
        if entries is None:
            return HIDDEN
        if keyword not in entries:
            continue
        value = entries[keyword]
        sure = home is code and at < expression.at and not context.conditions and not context.loops
        if found is not ABSENT or value is None or not sure:
            return HIDDEN
        found = Known(value, code)
    return found


_Change: TypeAlias = tuple[dict[str, Expression | None] | None, Context, Place]


def _changes(name: str, home: Code) -> Iterator[_Change]:
    """The entries that each statement sets, None for one it may take away; None where they are not known."""
    for access in home.scope.accesses:
        target = access.target
        if access.kind == "read" or not isinstance(target, Item) or not _is_named(target.value, name):
            continue
        index = target.index[0] if len(target.index) == 1 else None
        key = index.value if isinstance(index, Constant) else None
        value = access.value if access.kind == "write" else None
        yield ({key: value} if isinstance(key, str) else None), access.context, access.statement
    for site in home.scope.calls:
        function, plain = site.call.function, [a.value for a in site.call.arguments if a.keyword is None]
        if (
            not isinstance(function, Attribute)
            or not has("resizes", f"builtins.dict.{function.attr}")
            or not _is_named(function.value, name)
        ):
            continue
        entries: dict[str, Expression | None] | None = None
        if function.attr == "update" and all(star_parameter(each, home, "kwargs") for each in plain):
            # what callers put into `**options` is not known; it is taken to leave the entry alone
            entries = {a.keyword: a.value for a in site.call.arguments if a.keyword is not None}
        elif may("changes-key", function.attr) and plain and isinstance(plain[0], Constant):
            entries = {str(plain[0].value): None}
        yield entries, site.context, site.call.at


def _is_named(expression: Expression, name: str) -> bool:
    return isinstance(expression, Name) and expression.id == name


def whole_parameter(expression: Expression, code: Code) -> Passed | None:
    """The parameter that an expression is as a whole, if it is never bound to anything else."""
    if isinstance(expression, Call) and isinstance(expression.function, Attribute):
        if may("same-text", expression.function.attr):
            return whole_parameter(expression.function.value, code)
        return None
    if isinstance(expression, Attribute) and isinstance(expression.value, Name):
        return _whole_attribute(expression.value.id, expression.attr, code)
    if not isinstance(expression, Name):
        return None
    home = holder(code, expression.id)
    if home is None or home.scope.kind not in ("function", "lambda"):
        return None
    binding = bound_once(expression.id, home)
    if binding is None or binding.path:
        return None
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
