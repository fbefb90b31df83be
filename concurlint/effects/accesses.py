"""Which state code touches: where it lives, and how each write changes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from concurlint.catalog.kinds import kinds_with
from concurlint.catalog.traits import has, may
from concurlint.effects.calls.access_paths import global_home
from concurlint.effects.program import Program
from concurlint.facts.records import Access, Binding, Context
from concurlint.facts.syntax import (
    Attribute,
    Call,
    Constant,
    Expression,
    Item,
    Name,
    Place,
    Slice,
    is_empty,
    spelled,
    walk,
)
from concurlint.project.callgraph import library_name
from concurlint.project.classes import attribute_writes, holder, is_self
from concurlint.project.modules import Code, Module
from concurlint.project.values import ClassOf, Instance, ModuleOf, Site


@dataclass(frozen=True, slots=True)
class Location:
    """A piece of state: a global, an attribute of a class's objects, or a closure variable."""

    kind: str  # "global" | "attribute" | "class" | "closure"
    home: Code
    name: str

    @property
    def shown(self) -> str:
        """As a person would name it."""
        if self.kind == "attribute":
            return f"{self.home.name}.{self.name}"
        return f"{self.home.name}.{self.name}" if self.kind == "class" else self.name


Change: TypeAlias = Literal["store", "update", "mutate", "delete", "look"]


@dataclass(frozen=True, slots=True, eq=False)
class StateAccess:
    """One write (or read-modify-write) of a location.

    `changes` tells how: "store" of a new value, "update" that depends on the old one, "mutate" by a
    method call, "delete", "look" at it only. `torn` when a call runs between read and write.
    """

    location: Location
    code: Code
    place: Place
    context: Context
    order: int
    changes: Change
    torn: bool
    value: Expression | None
    target: Expression
    attr: str = ""
    through_self: bool = False
    sites: tuple[Site | None, ...] = ()  # where the object may have been made, if not through self
    lent: Place | None = None  # where another value was put for a while, if this puts the saved one back

    @property
    def depth(self) -> int:
        """How far inside it reaches: 0 for `self.a = v`, 1 for `self.a[k] = v` and `self.a.add(v)`, 2 one level on."""
        levels, inner = int(self.changes == "mutate"), self.target
        while isinstance(inner, Item):
            levels, inner = levels + 1, inner.value
        return levels

    @property
    def is_constant_store(self) -> bool:
        """A plain store of a literal: a flag being set."""
        return self.changes == "store" and isinstance(self.value, Constant) and not isinstance(self.target, Item)


class StateAccesses:
    """Finds the writes of state that others may see."""

    def __init__(self, program: Program) -> None:
        self._evaluator = program.evaluator
        self._known: dict[Code, tuple[StateAccess, ...]] = {}

    def locate(
        self, expression: Expression, code: Code, within: bool = False, started: bool = False
    ) -> Location | None:
        """The shared-able state an expression names; items count as the container they are in.

        A container bound in the class body and never on `self` is one for all objects of the class;
        `within` tells that the expression is looked into or mutated, not stored to. With `started`, objects
        that are threads count where they are made: they are shared from their start on.
        """
        within = within or isinstance(expression, Item)
        while isinstance(expression, Item):
            expression = expression.value
        if isinstance(expression, Name):
            home = holder(code, expression.id)
            if home is None:
                return self._global(code.module, expression.id)
            if home is code or home.scope.kind == "class":
                return None
            return Location("closure", home, expression.id)
        if not isinstance(expression, Attribute):
            return None
        if isinstance(expression.value, Name):
            cls = is_self(code, expression.value.id)
            if cls is not None:
                method = holder(code, expression.value.id)
                kinds = self._evaluator.name(code, expression.value.id)
                if method is not None and any(isinstance(v, ClassOf) for v in kinds):
                    return Location("class", self._owner(cls, expression.attr), expression.attr)
                owner = self._owner(cls, expression.attr)
                on_class = within and _is_given(owner, expression.attr)
                on_class = on_class and not self._is_set_on_self(cls, expression.attr)
                return Location("class" if on_class else "attribute", owner, expression.attr)
        for value in self._evaluator.values(expression.value, code).used():
            if isinstance(value, ModuleOf):
                return self._global(value.module, expression.attr)
            made_here = isinstance(value, Instance) and value.site is not None and value.site.code is code
            if made_here and not (started and self._evaluator.kind(value) == "thread"):
                return None  # made right here: nobody else has it yet
            if isinstance(value, ClassOf):
                return Location("class", self._owner(value.code, expression.attr), expression.attr)
            if isinstance(value, Instance) and isinstance(value.of, ClassOf):
                return Location("attribute", self._owner(value.of.code, expression.attr), expression.attr)
        return None

    def _global(self, module: Module, name: str) -> Location | None:
        found = global_home(module, name, self._evaluator)  # followed through `from m import name`
        return Location("global", found[0].body, found[1]) if found is not None else None

    def _is_set_on_self(self, cls: Code, attr: str) -> bool:
        return any(attr in attribute_writes(base) for base in self._evaluator.lineage(cls)[0])

    def _owner(self, cls: Code, attr: str) -> Code:
        """The class furthest up that sets the attribute."""
        owner = cls
        for base in self._evaluator.lineage(cls)[0]:
            if attr in attribute_writes(base) or attr in base.scope.bindings:
                owner = base
        return owner

    def is_safe(self, target: Expression, code: Code, attr: str = "") -> bool:
        """Whether the object is made for threads: queues, thread-locals, locks, or its `attr` operation is."""
        base: Expression = target
        while isinstance(base, Item):
            base = base.value
        kinds = []
        for value in self._evaluator.values(base, code).used():
            name = self._evaluator.type_name(value)
            for ancestor in self._evaluator.roles.ancestry(name) if name else ():
                role = self._evaluator.roles.class_role(ancestor)
                if role is not None:
                    kinds.append(role.kind)
                    if "*" in role.safe or (attr and attr in role.safe):
                        return True
            if isinstance(value, Instance) and isinstance(value.of, ClassOf):
                kinds.append(self._evaluator.kind(value))
        if isinstance(base, Attribute):
            for value in self._evaluator.values(base.value, code).used():
                if self._evaluator.kind(value) == "local":
                    return True
        return any(kind in kinds_with("made-for-threads") for kind in kinds)

    def touches(self, code: Code) -> tuple[StateAccess, ...]:
        """The writes in one function, in order."""
        if code not in self._known:
            found = [*self._from_accesses(code), *self._from_calls(code)]
            self._known[code] = tuple(sorted(found, key=lambda touch: touch.order))
        return self._known[code]

    def _from_accesses(self, code: Code) -> Iterator[StateAccess]:
        for access in code.scope.accesses:
            if access.kind == "read":
                continue
            location = self.locate(access.target, code)
            if location is None or (self.is_safe(access.target, code) and not _replaces(access)):
                continue
            if any(isinstance(i, Slice) for i in getattr(access.target, "index", ())):
                continue
            changes, torn = self._change(access, code)
            if changes == "store" and self._drains(access, code):
                changes, torn = "update", True
            yield StateAccess(
                location, code, access.statement, access.context, access.order, changes, torn,
                access.value, access.target, "", *self._object(access.target, code), self._lent(access, code),
            )  # fmt: skip

    def _lent(self, access: Access, code: Code) -> Place | None:
        """Where a value was put that this store takes back: `before = mode`, `mode = "x"`, …, `mode = before`."""
        wanted = _spelled(access.target)
        if access.kind != "write" or not isinstance(access.value, Name) or not wanted:
            return None
        if not self._local_copy(access.value, wanted, "", code, access.order):
            return None
        saved = code.scope.bindings[access.value.id][0].order
        return next(
            (
                other.statement
                for other in code.scope.accesses
                if other.kind == "write" and saved < other.order < access.order and _spelled(other.target) == wanted
            ),
            None,
        )

    def _drains(self, access: Access, code: Code) -> bool:
        """Whether a container is taken out as a whole and an empty one put in its place: `data = list(self.out)`,
        then `self.out = []`. What others put there in between is lost."""
        if access.kind != "write" or not is_empty(access.value) or isinstance(access.target, Item):
            return False
        wanted = _spelled(access.target)
        return bool(wanted) and any(
            _spelled(other.target) == wanted and not _only_asks(other, code)
            for other in code.scope.accesses
            if other.kind == "read" and other.order < access.order
        )

    def as_touch(
        self, location: Location, code: Code, target: Expression, at: Place, context: Context, order: int
    ) -> StateAccess:
        """A look at a location, in the form of a touch that changes nothing."""
        return StateAccess(
            location, code, at, context, order, "look", False, None, target, "", *self._object(target, code)
        )

    def _object(self, target: Expression, code: Code) -> tuple[bool, tuple[Site | None, ...]]:
        """Whether a target is reached through `self`; else where its object may have been made."""
        while isinstance(target, Item):
            target = target.value
        if not isinstance(target, Attribute):
            return False, ()
        base = target.value
        if isinstance(base, Name) and is_self(code, base.id) is not None:
            return True, ()
        values = self._evaluator.values(base, code).used()
        return False, tuple(v.site for v in values if isinstance(v, Instance))

    def _change(self, access: Access, code: Code) -> tuple[Change, bool]:
        if access.kind == "delete":
            return "delete", False
        if access.kind == "augment":
            return "update", _has_call(access.value)
        if access.value is not None and self._reads(access.value, access.target, code, access.order):
            return "update", True
        return "store", False

    def _reads(self, value: Expression, target: Expression, code: Code, order: int) -> bool:
        """Whether a stored value was worked out from the old one, directly or through one local name."""
        wanted = _spelled(target)
        base = _spelled(target.value) if isinstance(target, Item) else ""
        for part in walk(value):
            if isinstance(part, (Name, Attribute, Item)) and _spelled(part) == wanted and wanted:
                return True
            if isinstance(part, Call) and isinstance(part.function, Attribute) and base:
                if may("looks-up", part.function.attr) and _spelled(part.function.value) == base:
                    return True
            if isinstance(part, Name) and self._local_copy(part, wanted, base, code, order):
                return True
        return False

    def _local_copy(self, name: Name, wanted: str, base: str, code: Code, order: int) -> bool:
        if holder(code, name.id) is not code:
            return False
        bindings = as_copied(code.scope.bindings.get(name.id, []))
        if not bindings or bindings[-1].order > order or bindings[0].value is None or bindings[0].path:
            return False
        value = bindings[0].value
        if wanted and _spelled(value) == wanted:
            return True
        if isinstance(value, Call) and isinstance(value.function, Attribute) and base:
            return value.function.attr == "get" and _spelled(value.function.value) == base
        return False

    def _from_calls(self, code: Code) -> Iterator[StateAccess]:
        for site in code.scope.calls:
            target, attr = self._mutated(site.call, code)
            location = self.locate(target, code, within=True) if target is not None else None
            if target is None or location is None or self.is_safe(target, code, attr):
                continue
            if not self._is_builtin_container(target, code):
                continue
            yield StateAccess(
                location, code, site.statement, site.context, site.order, "mutate", False, None,
                target, attr, *self._object(target, code),
            )  # fmt: skip

    def _mutated(self, call: Call, code: Code) -> tuple[Expression | None, str]:
        """What a call changes, and by what: `x.append(y)`, `heapq.heappush(x, y)`."""
        function, last = call.function, spelled(call.function).rpartition(".")[2]
        if isinstance(function, Attribute) and (may("resizes", function.attr) or may("reorders", function.attr)):
            return function.value, function.attr
        if may("changes-argument", last) and call.arguments:
            named = self._evaluator.values(function, code)
            if any(has("changes-argument", library_name(value)) for value in named):
                return call.arguments[0].value, last
        return None, ""

    def _is_builtin_container(self, expression: Expression, code: Code) -> bool:
        values = self._evaluator.values(expression, code)
        return bool(values.items) and all(
            self._evaluator.kind(v) in kinds_with("container") or self._evaluator.type_name(v) == "builtins.NoneType"
            for v in values
        )


def _is_given(cls: Code, attr: str) -> bool:
    """Whether a class body gives an attribute a value; what it only declares is each object's own."""
    return any(b.kind != "annotate" or b.value is not None for b in cls.scope.bindings.get(attr, ()))


def as_copied(bindings: list[Binding]) -> list[Binding]:
    """The bindings of a local that is bound once, and then at most changed by `+=` and the like; else none."""
    once = bool(bindings) and all(binding.kind == "augment" for binding in bindings[1:])
    return bindings if once and bindings[0].kind != "augment" else []


def _replaces(access: Access) -> bool:
    """Whether an object made for threads is replaced by a new one under a test: the new one is not there for all."""
    return (
        access.kind == "write"
        and not isinstance(access.target, Item)
        and bool(access.context.conditions or any(attempt.part == "handler" for attempt in access.context.attempts))
    )


def _only_asks(access: Access, code: Code) -> bool:
    """Whether a read is part of a test only."""
    return any(part is access.target for branch in code.scope.branches for part in walk(branch.test))


def _has_call(expression: Expression | None) -> bool:
    return expression is not None and any(isinstance(part, Call) for part in walk(expression))


def _spelled(expression: Expression) -> str:
    if isinstance(expression, Item):
        inner = ",".join(_spelled(i) or repr(getattr(i, "value", i)) for i in expression.index)
        return f"{_spelled(expression.value)}[{inner}]" if _spelled(expression.value) else ""
    return spelled(expression)
