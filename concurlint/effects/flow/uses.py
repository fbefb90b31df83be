"""Where and how the object in a local name is used, and whether anybody else gets hold of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.facts.records import CallSite, Context
from concurlint.facts.syntax import Attribute, Call, Expression, Name, children
from concurlint.project.bindings import names_of
from concurlint.project.classes import holder
from concurlint.project.modules import Code


@dataclass(frozen=True, slots=True, eq=False)
class Mention:
    """One use of an attribute of the object: `site` where it is a method that is called."""

    code: Code
    attr: str
    context: Context
    order: int
    site: CallSite | None = None
    is_write: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Mentions:
    """The uses of one name in the scope it lives in and in what is defined there; `escapes`: there are others."""

    name: str
    home: Code
    all: tuple[Mention, ...]
    escapes: bool

    def of(self, *attrs: str) -> Iterator[Mention]:
        """The mentions of these attributes."""
        return (mention for mention in self.all if mention.attr in attrs)


def mentions_of(name: str, home: Code) -> Mentions:
    """All uses of a local name."""
    found: list[Mention] = []
    used = 0
    for code in home.family():
        if code is not home and holder(code, name) is not home:
            continue
        scope = code.scope
        used += scope.uses.get(name.partition("@")[0] if name not in scope.uses else name, 0)
        for site in scope.calls:
            function = site.call.function
            if isinstance(function, Attribute) and _is(function.value, name):
                found.append(Mention(code, function.attr, site.context, site.order, site))
        for access in scope.accesses:
            target = access.target
            if isinstance(target, Attribute) and _is(target.value, name):
                found.append(Mention(code, target.attr, access.context, access.order, None, access.kind != "read"))
        for entered, context, order in scope.entered:
            if _is(entered.manager, name):
                found.append(Mention(code, "__enter__", context, order))
        used -= sum(_tested(branch.test, name) for branch in scope.branches)
    return Mentions(name, home, tuple(found), used > len(found))


def is_never_read(name: str, code: Code) -> bool:
    """Whether nothing reads a name that a function binds, and that is its own."""
    scope = code.scope
    if scope.kind != "function" or name in scope.globals | scope.nonlocals:
        return False
    return not any(name in part.scope.uses or name in part.scope.nonlocals for part in code.family())


def is_dropped(code: Code, site: CallSite) -> bool:
    """Whether nobody gets the result of a call: it is an expression statement, or in a name that is never read."""
    if site.dropped:
        return True
    names = list(names_of(site.call, code))
    return bool(names) and all(is_never_read(name, code) for name in names)


def _is(expression: Expression, name: str) -> bool:
    return isinstance(expression, Name) and expression.id == name


def _tested(test: Expression, name: str) -> int:
    """How often a test looks at the object itself, without handing it to anybody."""
    if _is(test, name):
        return 1
    if isinstance(test, (Attribute, Call)):
        return 0
    return sum(_tested(child, name) for child in children(test))
