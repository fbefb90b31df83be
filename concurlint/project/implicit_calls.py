"""Methods that syntax around an object runs, or a builtin that asks it: `with`, `for`, `x[k]`, `len`."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from concurlint.facts.records import CallSite, Context
from concurlint.facts.syntax import Argument, Attribute, Call, Compare, Expression, Item, Name, Place, walk
from concurlint.project.modules import Code

# The names are those of the language reference, "Special method names".
# What builtins ask of their first argument; those that go through all of it ask for each item, too.
_ASKED = {
    "len": ("__len__",),
    "bool": ("__bool__", "__len__"),
    "str": ("__str__", "__repr__"),
    "repr": ("__repr__",),
    "hash": ("__hash__",),
    "next": ("__next__",),
    "iter": ("__iter__",),
    "reversed": ("__reversed__", "__iter__"),
    **dict.fromkeys(
        ("list", "tuple", "set", "frozenset", "dict", "sorted", "sum", "min", "max", "any", "all", "enumerate"),
        ("__iter__", "__next__"),
    ),
}
SPECIAL = frozenset(
    {"__enter__", "__exit__", "__aenter__", "__aexit__", "__aiter__", "__anext__", "__getitem__", "__setitem__",
     "__delitem__", "__contains__"} | {name for names in _ASKED.values() for name in names}
)  # fmt: skip
"""All names of methods that `implicit_calls` may speak of."""


@dataclass(frozen=True, slots=True, eq=False)
class Implicit:
    """A method that is run on an object without a call that says so; `site` stands for the call."""

    owner: Expression
    method: str
    site: CallSite


def implicit_calls(code: Code, defined: Collection[str]) -> Iterator[Implicit]:
    """Where the code runs methods of the names in `defined`, in no particular order."""
    if any(name in defined for name in ("__enter__", "__exit__", "__aenter__", "__aexit__")):
        yield from _entered(code, defined)
    if any(name in defined for name in ("__iter__", "__next__", "__aiter__", "__anext__")):
        yield from _iterated(code, defined)
    if any(name in defined for name in ("__getitem__", "__setitem__", "__delitem__")):
        yield from _subscripts(code, defined)
    if "__contains__" in defined:
        yield from _membership(code)
    for site in code.scope.calls:
        function = site.call.function
        names = _ASKED.get(function.id, ()) if isinstance(function, Name) and site.call.arguments else ()
        owner = site.call.arguments[0].value if names else None
        for name in names:
            if name in defined and owner is not None and not site.call.arguments[0].star:
                asked = Call(Attribute(owner, name, site.call.at), (), site.call.at)
                yield Implicit(owner, name, replace(site, call=asked, awaited=False, dropped=False))


def _implicit(
    owner: Expression,
    method: str,
    where: tuple[Place, Context, int],
    passed: tuple[Expression, ...] = (),
    *,
    awaited: bool = False,
) -> Implicit:
    at, context, order = where
    arguments = tuple(Argument(value, None, 0) for value in passed)
    call = Call(Attribute(owner, method, at), arguments, at)
    return Implicit(owner, method, CallSite(call, context, order, at, awaited, False))


def _entered(code: Code, defined: Collection[str]) -> Iterator[Implicit]:
    for entered, context, order in code.scope.entered:
        names = ("__aenter__", "__aexit__") if entered.is_async else ("__enter__", "__exit__")
        for name in names:
            if name in defined:
                yield _implicit(entered.manager, name, (entered.at, context, order), awaited=entered.is_async)


def _iterated(code: Code, defined: Collection[str]) -> Iterator[Implicit]:
    for loop in code.scope.loops:
        if loop.iterable is None or loop.kind == "while":
            continue
        names = ("__aiter__", "__anext__") if loop.is_async else ("__iter__", "__next__")
        for name in names:
            if name in defined:
                awaited = loop.is_async and name == "__anext__"
                yield _implicit(loop.iterable, name, (loop.at, loop.context, loop.order), awaited=awaited)


def lines_read(code: Code) -> Iterator[Implicit]:
    """The loops of a function, as calls of `readline` on what is looped over, each time it turns."""
    for number, loop in enumerate(code.scope.loops):
        if isinstance(loop.iterable, (Attribute, Name)) and loop.kind != "while" and not loop.is_async:
            turning = replace(loop.context, loops=(*loop.context.loops, number))
            yield _implicit(loop.iterable, "readline", (loop.iterable.at, turning, loop.order))


def _subscripts(code: Code, defined: Collection[str]) -> Iterator[Implicit]:
    for access in code.scope.accesses:
        target = access.target
        if not isinstance(target, Item):
            continue
        value = (access.value,) if access.value is not None else ()
        asked: dict[str, tuple[Expression, ...]] = {}
        if access.kind in ("read", "augment"):
            asked["__getitem__"] = target.index
        if access.kind in ("write", "augment"):
            asked["__setitem__"] = (*target.index, *value)
        if access.kind == "delete":
            asked["__delitem__"] = target.index
        for name, passed in asked.items():
            if name in defined:
                yield _implicit(target.value, name, (target.at, access.context, access.order), passed)


def _membership(code: Code) -> Iterator[Implicit]:
    """`k in box`, in a test or in what is returned."""
    asked = [(branch.test, branch.context, branch.order) for branch in code.scope.branches]
    asked += [(one.value, one.context, one.order) for one in code.scope.returned if one.value is not None]
    for expression, context, order in asked:
        for part in walk(expression):
            left = part.left if isinstance(part, Compare) else None
            for operator, right in part.rest if isinstance(part, Compare) else ():
                if operator in ("In", "NotIn") and left is not None:
                    yield _implicit(right, "__contains__", (part.at, context, order), (left,))
                left = right
