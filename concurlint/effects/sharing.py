"""Which state threads share: where it lives, who touches it, under which locks, at the same time as whom."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from concurlint.effects.dispatch import Dispatch, Dispatches
from concurlint.effects.locks import Held, Locks
from concurlint.facts.records import (
    Access,
    Attribute,
    Call,
    Constant,
    Context,
    Expression,
    Item,
    Name,
    Place,
    Slice,
    spelled,
    walk,
)
from concurlint.project.callgraph import CallGraph, Edge
from concurlint.project.classes import attribute_writes, holder, is_self
from concurlint.project.modules import Code, Module
from concurlint.project.values import NOTHING, Bound, ClassOf, Instance, ModuleOf, Site

_MUTATORS = {
    "append", "extend", "insert", "remove", "pop", "popitem", "clear", "update", "setdefault", "add",
    "discard", "appendleft", "popleft", "extendleft", "sort", "reverse", "move_to_end", "rotate",
    "difference_update", "intersection_update", "symmetric_difference_update",
}  # fmt: skip
_BEFORE_SHARING = {"__init__", "__new__", "__post_init__", "__set_name__", "__init_subclass__", "__setstate__",
                   "__attrs_post_init__", "__reduce__", "__copy__", "__deepcopy__", "__del__", "setUp"}  # fmt: skip


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


@dataclass(frozen=True, slots=True, eq=False)
class Touch:
    """One write (or read-modify-write) of a location.

    `changes` tells how: "store" of a new value, "update" that depends on the old one, "mutate" by a
    method call, "delete". `torn` when a call runs between read and write.
    """

    location: Location
    code: Code
    place: Place
    context: Context
    order: int
    changes: str
    torn: bool
    value: Expression | None
    target: Expression
    attr: str = ""
    through_self: bool = False
    sites: tuple[Site | None, ...] = ()  # where the object may have been made, if not through self

    @property
    def is_constant_store(self) -> bool:
        """A plain store of a literal: a flag being set."""
        return self.changes == "store" and isinstance(self.value, Constant) and not isinstance(self.target, Item)


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A function as one dispatch reaches it; `shares_self` when its `self` is one object for several runs."""

    dispatch: Dispatch
    code: Code
    shares_self: bool
    via: tuple[Edge, ...]


class Sharing:
    """Finds the state that code on threads touches."""

    def __init__(self, graph: CallGraph, dispatches: Dispatches, locks: Locks) -> None:
        self._graph = graph
        self._evaluator = graph.evaluator
        self._dispatches = dispatches
        self.locks = locks
        self._touches: dict[Code, tuple[Touch, ...]] = {}
        self._init_only: dict[Code, bool] = {}
        self.runs: dict[Code, list[Run]] = {}
        self._started: dict[Code, list[Run]] = {}
        for dispatch in dispatches.all:
            if dispatch.on == "thread":
                self._reach(dispatch)

    # reach of threads

    def _reach(self, dispatch: Dispatch) -> None:
        start = Run(dispatch, dispatch.code, self._root_shares_self(dispatch), ())
        self._started.setdefault(dispatch.where, []).append(start)
        queue, seen = deque([start]), {(dispatch.code, start.shares_self)}
        while queue:
            run = queue.popleft()
            self.runs.setdefault(run.code, []).append(run)
            if len(run.via) > 12:
                continue
            for edge in self._graph.edges.get(run.code, ()):
                if not edge.runs or edge.callee.is_async:
                    continue
                shares = self._passes_self(run, edge)
                key = (edge.callee, shares)
                if key not in seen:
                    seen.add(key)
                    queue.append(Run(dispatch, edge.callee, shares, (*run.via, edge)))

    def _root_shares_self(self, dispatch: Dispatch) -> bool:
        if dispatch.hook is not None:
            return dispatch.hook.owner == "shared" and dispatch.hook.what not in ("thread", "process")
        value = dispatch.value
        if not isinstance(value, Bound) or not isinstance(value.owner, Instance):
            return False
        return self._is_one_object(value.owner.site, dispatch)

    def _is_one_object(self, site: Site | None, dispatch: Dispatch) -> bool:
        """Whether an object made at `site` is the same one in all runs of a dispatch."""
        if site is None:
            return True
        if site.code is not dispatch.where or dispatch.site is None:
            return site.code not in self.runs and not self._made_in_loop(site)
        made = next((s for s in site.code.scope.calls if s.call is site.call), None)
        outer = made.context.loops if made is not None else ()
        inner = dispatch.site.context.loops
        return inner[: len(outer)] == outer and (not inner or len(inner) > len(outer))

    def _made_in_loop(self, site: Site) -> bool:
        made = next((s for s in site.code.scope.calls if s.call is site.call), None)
        return made is not None and bool(made.context.loops)

    def _passes_self(self, run: Run, edge: Edge) -> bool:
        value = edge.value
        if not isinstance(value, Bound) or not isinstance(value.owner, Instance):
            return False
        function = edge.site.call.function
        base = function.value if isinstance(function, Attribute) else None
        if isinstance(base, Name) and is_self(run.code, base.id) is not None:
            return run.shares_self
        if isinstance(base, Call):  # super().method()
            return run.shares_self if value.owner.site is None else False
        if isinstance(base, Attribute) and isinstance(base.value, Name):
            cls = is_self(run.code, base.value.id)
            if cls is not None:
                return run.shares_self and self._set_before_sharing(cls, base.attr)
        return self._is_one_everywhere(function.value if isinstance(function, Attribute) else None, run)

    def _is_one_everywhere(self, base: Expression | None, run: Run) -> bool:
        """Whether an expression stands for the same object in every run: all it may be are made outside."""
        values = self._evaluator.values(base, run.code) if base is not None else NOTHING
        sites = [value.site for value in values if isinstance(value, Instance)]
        if not sites or len(sites) < len(values.items):
            return False
        reached = self._reached(run.dispatch)
        return all(
            site is not None
            and (
                site.code.scope.kind == "module"
                and not self._made_in_loop(site)
                or self._is_one_object(site, run.dispatch)
                and site.code not in reached
            )
            for site in sites
        )

    def _reached(self, dispatch: Dispatch) -> set[Code]:
        return {code for code, runs in self.runs.items() if any(r.dispatch is dispatch for r in runs)}

    def _set_before_sharing(self, cls: Code, attr: str) -> bool:
        writes = attribute_writes(cls).get(attr, ())
        return bool(writes) and all(self.is_before_sharing(code) for _, code in writes)

    def started_in(self, code: Code) -> Sequence[Run]:
        """The runs of the functions that `code` itself has run on threads."""
        return self._started.get(code, ())

    # locations

    def locate(self, expression: Expression, code: Code, within: bool = False) -> Location | None:
        """The shared-able state an expression names; items count as the container they are in.

        A container bound in the class body and never on `self` is one for all objects of the class;
        `within` tells that the expression is looked into or mutated, not stored to.
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
                on_class = expression.attr in owner.scope.bindings and within and not self._is_set_on_self(cls, expression.attr)
                return Location("class" if on_class else "attribute", owner, expression.attr)
        for value in self._evaluator.values(expression.value, code):
            if isinstance(value, ModuleOf):
                return self._global(value.module, expression.attr)
            if isinstance(value, Instance) and value.site is not None and value.site.code is code:
                return None  # made right here: nobody else has it yet
            if isinstance(value, ClassOf):
                return Location("class", self._owner(value.code, expression.attr), expression.attr)
            if isinstance(value, Instance) and isinstance(value.of, ClassOf):
                return Location("attribute", self._owner(value.of.code, expression.attr), expression.attr)
        return None

    def _global(self, module: Module, name: str) -> Location | None:
        """A global where it is really bound, followed through `from m import name`."""
        for _ in range(5):
            bindings = module.body.scope.bindings.get(name)
            if not bindings:
                return None
            imported = bindings[0].imported
            if imported is None or imported.name is None:
                return Location("global", module.body, name)
            source = self._evaluator.project.module(module.absolute(imported), module.source)
            if source is None:
                return None
            module, name = source, imported.name
        return None

    def _is_set_on_self(self, cls: Code, attr: str) -> bool:
        return any(attr in attribute_writes(base) for base in self._evaluator.lineage(cls)[0])

    def _owner(self, cls: Code, attr: str) -> Code:
        """The class furthest up that sets the attribute."""
        owner = cls
        for base in self._evaluator.lineage(cls)[0]:
            if attr in attribute_writes(base) or attr in base.scope.bindings:
                owner = base
        return owner

    def is_safe(self, location: Location, target: Expression, code: Code, attr: str = "") -> bool:
        """Whether the object is made for threads: queues, thread-locals, locks, or its `attr` operation is."""
        base: Expression = target
        while isinstance(base, Item):
            base = base.value
        kinds = []
        for value in self._evaluator.values(base, code):
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
            for value in self._evaluator.values(base.value, code):
                if self._evaluator.kind(value) == "local":
                    return True
        return any(kind in ("local", "queue", "event", "lock", "semaphore") for kind in kinds)

    # touches

    def touches(self, code: Code) -> tuple[Touch, ...]:
        """The writes in one function, in order."""
        if code not in self._touches:
            found = [*self._from_accesses(code), *self._from_calls(code)]
            self._touches[code] = tuple(sorted(found, key=lambda touch: touch.order))
        return self._touches[code]

    def _from_accesses(self, code: Code) -> Iterator[Touch]:
        for access in code.scope.accesses:
            if access.kind == "read":
                continue
            location = self.locate(access.target, code)
            if location is None or self.is_safe(location, access.target, code):
                continue
            if any(isinstance(i, Slice) for i in getattr(access.target, "index", ())):
                continue
            changes, torn = self._change(access, code)
            yield Touch(
                location, code, access.statement, access.context, access.order, changes, torn,
                access.value, access.target, "", *self._object(access.target, code),
            )  # fmt: skip

    def _object(self, target: Expression, code: Code) -> tuple[bool, tuple[Site | None, ...]]:
        """Whether a target is reached through `self`; else where its object may have been made."""
        while isinstance(target, Item):
            target = target.value
        if not isinstance(target, Attribute):
            return False, ()
        base = target.value
        if isinstance(base, Name) and is_self(code, base.id) is not None:
            return True, ()
        values = self._evaluator.values(base, code)
        return False, tuple(v.site for v in values if isinstance(v, Instance))

    def _change(self, access: Access, code: Code) -> tuple[str, bool]:
        if access.kind == "delete":
            return "delete", False
        if access.kind == "augment":
            return "update", _has_call(access.value) or self._through_property(access.target, code)
        if access.value is not None and self._reads(access.value, access.target, code, access.order):
            return "update", True
        return "store", False

    def _through_property(self, target: Expression, code: Code) -> bool:
        return False

    def _reads(self, value: Expression, target: Expression, code: Code, order: int) -> bool:
        """Whether a stored value was worked out from the old one, directly or through one local name."""
        wanted = _spelled(target)
        base = _spelled(target.value) if isinstance(target, Item) else ""
        for part in walk(value):
            if isinstance(part, (Name, Attribute, Item)) and _spelled(part) == wanted and wanted:
                return True
            if isinstance(part, Call) and isinstance(part.function, Attribute) and base:
                if part.function.attr in ("get", "pop", "setdefault") and _spelled(part.function.value) == base:
                    return True
            if isinstance(part, Name) and isinstance(target, (Attribute, Item, Name)):
                if self._local_copy(part, wanted, base, code, order):
                    return True
        return False

    def _local_copy(self, name: Name, wanted: str, base: str, code: Code, order: int) -> bool:
        if holder(code, name.id) is not code:
            return False
        bindings = code.scope.bindings.get(name.id, [])
        if len(bindings) != 1 or bindings[0].order > order or bindings[0].value is None or bindings[0].path:
            return False
        value = bindings[0].value
        if _spelled(value) == wanted and wanted:
            return True
        if isinstance(value, Call) and isinstance(value.function, Attribute) and base:
            return value.function.attr == "get" and _spelled(value.function.value) == base
        return False

    def _from_calls(self, code: Code) -> Iterator[Touch]:
        for site in code.scope.calls:
            function = site.call.function
            if not isinstance(function, Attribute) or function.attr not in _MUTATORS:
                continue
            location = self.locate(function.value, code, within=True)
            if location is None or self.is_safe(location, function.value, code, function.attr):
                continue
            if not self._is_builtin_container(function.value, code):
                continue
            yield Touch(
                location, code, site.statement, site.context, site.order, "mutate", False, None,
                function.value, function.attr, *self._object(function.value, code),
            )  # fmt: skip

    def _is_builtin_container(self, expression: Expression, code: Code) -> bool:
        values = self._evaluator.values(expression, code)
        return bool(values.items) and all(
            self._evaluator.kind(v) in ("list", "dict", "set", "deque", "bytearray")
            or self._evaluator.type_name(v) in ("builtins.list", "builtins.dict", "builtins.set", "builtins.NoneType")
            for v in values
        )

    # before the object is shared

    def is_before_sharing(self, code: Code) -> bool:
        """Constructors, and helpers that only constructors call."""
        current: Code | None = code
        while current is not None and current.owner is None and current.parent is not None:
            current = current.parent
        if current is None:
            return False
        if current.name in _BEFORE_SHARING:
            return True
        if current in self._init_only:
            return self._init_only[current]
        self._init_only[current] = False
        edges = self._graph.callers.get(current, ())
        found = bool(edges) and all(
            edge.caller.owner is not None and self.is_before_sharing(edge.caller) for edge in edges
        )
        self._init_only[current] = found and current not in self._dispatches.by_code
        return self._init_only[current]

    def held(self, touch: Touch) -> Held:
        """Locks held at a touch, by its function and by all its callers."""
        return self.locks.effective(touch.code, touch.context, touch.order)

    # at the same time

    def parallel_run(self, touch: Touch) -> Run | None:
        """A run of the touch's function that may happen several times at once on the same state."""
        for run in self.runs.get(touch.code, ()):
            if self._is_shared_in(run, touch) and self._several(run, touch):
                return run
        return None

    def thread_runs(self, touch: Touch) -> list[Run]:
        """Runs of the touch's function on a thread, on state that others can see."""
        return [run for run in self.runs.get(touch.code, ()) if self._is_shared_in(run, touch)]

    def _several(self, run: Run, touch: Touch) -> bool:
        dispatch, location = run.dispatch, touch.location
        if dispatch.many:
            return True
        if location.kind in ("attribute", "closure") and dispatch.hook is None:
            return self._in_own_loop(dispatch, location) or self._started_twice(dispatch, touch)
        return dispatch.repeated or self._started_twice(dispatch, touch)

    @staticmethod
    def _in_own_loop(dispatch: Dispatch, location: Location) -> bool:
        if dispatch.site is None:
            return False
        if location.kind == "closure" and location.home is not dispatch.where:
            return dispatch.repeated
        return dispatch.repeated and bool(dispatch.site.context.loops)

    def _started_twice(self, dispatch: Dispatch, touch: Touch) -> bool:
        same = [
            other
            for other in self._dispatches.by_code.get(dispatch.code, ())
            if other.on == "thread"
            and other.where is dispatch.where
            and other.site is not dispatch.site
            and other.site is not None
            and not (other.site.awaited or other.alone or dispatch.alone)
        ]
        if touch.location.kind == "attribute" and touch.through_self:
            mine = dispatch.value.owner if isinstance(dispatch.value, Bound) else None
            same = [o for o in same if isinstance(o.value, Bound) and o.value.owner == mine]
        return bool(same)

    def _is_shared_in(self, run: Run, touch: Touch) -> bool:
        kind = touch.location.kind
        if kind in ("global", "class"):
            return True
        if kind == "closure":
            return touch.location.home not in self._inside(run)
        if touch.through_self:
            return run.shares_self
        known = [site for site in touch.sites if site is not None]
        return bool(known) and len(known) == len(touch.sites) and all(
            self._is_one_object(site, run.dispatch) and site.code not in self._inside(run) for site in known
        )

    def _inside(self, run: Run) -> set[Code]:
        return {run.dispatch.code, *(edge.callee for edge in run.via)}


def _has_call(expression: Expression | None) -> bool:
    return expression is not None and any(isinstance(part, Call) for part in walk(expression))


def _spelled(expression: Expression) -> str:
    if isinstance(expression, Item):
        inner = ",".join(_spelled(i) or repr(getattr(i, "value", i)) for i in expression.index)
        return f"{_spelled(expression.value)}[{inner}]" if _spelled(expression.value) else ""
    return spelled(expression)
