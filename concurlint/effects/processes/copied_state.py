"""State that a worker process changes in its own copy, and that the parent reads as if it were shared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.catalog.kinds import kinds_with
from concurlint.catalog.roles import Roles
from concurlint.effects.accesses import Location, StateAccess, StateAccesses
from concurlint.effects.calls.reachability import Event, Reachability
from concurlint.effects.contexts.spawns import Spawn, Spawns
from concurlint.effects.flow.conditions import is_for_tests
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite, Context
from concurlint.facts.syntax import Attribute, Call, Expression, Item, Name, spelled, walk
from concurlint.finding import Step
from concurlint.project.modules import Code
from concurlint.project.values import Bound, ClassOf, Instance, Partial


@dataclass(frozen=True, slots=True, eq=False)
class LostWrite:
    """A write in a worker process, what sent the work there, and where the parent reads the old state."""

    touch: StateAccess
    dispatch: Spawn
    reader: Code
    read: Expression

    def steps(self) -> tuple[Step, ...]:
        """The way of the work into the process, and the read that sees nothing of it."""
        found = []
        site = self.dispatch.site
        if site is not None:
            last = self.dispatch.name.rpartition(".")[2]
            message = f"`{last}` has a process run `{self.dispatch.code.qualname}`"
            found.append(Step(self.dispatch.where.span(site.call.at), message))
        message = f"the parent reads its own `{self.touch.location.shown}` here"
        return (*found, Step(self.reader.span(self.read.at), message))


class CopiedState:
    """Looks for writes that only workers do and reads that only the parent does, later."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._evaluator = program.evaluator
        self._touches = program[StateAccesses]
        self._moments = program[Reachability]
        sent = [d for d in program[Spawns].all if d.on == "process" and d.site is not None]
        known = [d for d in sent if d.hook is not None or self._is_standard(d, program.roles)]
        self._tasks = [d for d in known if not _is_initializer(d, program.roles)]
        self._workers = {code for dispatch in sent for code in self._moments.below(dispatch.code)}
        # a thread or callback that runs the same function does it in the parent
        here = [d.code for d in program[Spawns].all if d.on != "process"]
        self._beside = {code for started in here for code in self._moments.below(started)}
        self._set_up = {code for d in sent if _is_initializer(d, program.roles) for code in self._moments.below(d.code)}

    @staticmethod
    def _is_standard(dispatch: Spawn, roles: Roles) -> bool:
        role = roles.runs(dispatch.name)
        return role is not None and (bool(role.pickles) or role.pool is not None)

    def all(self) -> Iterator[LostWrite]:
        """Each write once, for the first dispatch and read that show it to be lost."""
        seen: set[tuple[int, int, int, int, str]] = set()
        for dispatch in self._tasks:
            for code in self._moments.below(dispatch.code):
                if code in self._beside or code in self._set_up or self._runs_in_parent(code):
                    continue
                for touch in self._touches.touches(code):
                    key = (*touch.place, code.module.name)
                    found = self._lost(touch, dispatch) if key not in seen else None
                    if found is not None:
                        seen.add(key)
                        yield found

    def _runs_in_parent(self, code: Code) -> bool:
        return any(edge.runs and edge.caller not in self._workers for edge in self._graph.callers.get(code, ()))

    def _lost(self, touch: StateAccess, dispatch: Spawn) -> LostWrite | None:
        location = touch.location
        if location.kind == "closure" or touch.changes == "delete" or not self._is_plain(touch):
            return None
        if touch.changes == "store" and (_is_parameter(touch.value, touch.code) or _is_filled_once(touch)):
            return None  # what the parent handed over is no news to it, and a cache is each process's own
        if is_for_tests(dispatch.where) and not is_for_tests(touch.code):
            return None
        if location.kind == "attribute" and not (touch.through_self and self._is_of_parent(touch, dispatch)):
            return None
        if self._is_written_by_parent(location):
            return None
        reads = [read for read in self._reads(location) if read.code not in self._workers]
        found = self._after(dispatch, reads)
        return LostWrite(touch, dispatch, found.code, found.site.call.function) if found is not None else None

    def _after(self, dispatch: Spawn, reads: list[Event]) -> Event | None:
        """A read that some function gets to after it has sent the work away."""
        if dispatch.site is None or not reads:
            return None
        sending = Event(dispatch.where, dispatch.site)
        for code in self._moments.above([dispatch.where]):
            sent = min(self._moments.in_code(code, [sending]), key=lambda site: site.order, default=None)
            if sent is None:
                continue
            for read in reads:
                for site in self._moments.in_code(code, [read]):
                    if self._moments.leads_to(code, sent, site):
                        return read
        return None

    def _is_of_parent(self, touch: StateAccess, dispatch: Spawn) -> bool:
        """Whether the object was the parent's before a copy of it went to the process."""
        value = dispatch.value
        while isinstance(value, Partial):
            value = value.work
        owner = value.owner if isinstance(value, Bound) else None
        if not isinstance(owner, Instance) or not isinstance(owner.of, ClassOf):
            return False
        return touch.location.home in self._evaluator.lineage(owner.of.code)[0]

    def _is_written_by_parent(self, location: Location) -> bool:
        """Whether code of the parent changes the state too, later than where it is first set."""
        for code in self._graph.edges:
            if code in self._workers or code.name == "__init__":
                continue
            for touch in self._touches.touches(code):
                if touch.location == location and not (code is location.home and touch.changes == "store"):
                    return True
        return False

    def _reads(self, location: Location) -> Iterator[Event]:
        """Where the state is read; each read as if it were a call."""
        for code in self._graph.edges:
            for expression, context, order in _read_in(code, location.name):
                if self._touches.locate(expression, code) == location or self._is_of_object(expression, location, code):
                    call = Call(expression, (), expression.at)
                    yield Event(code, CallSite(call, context, order, expression.at, False, False))

    def _is_of_object(self, expression: Expression, location: Location, code: Code) -> bool:
        """Whether an attribute is read of an object made right there, such as a process."""
        if location.kind != "attribute" or not isinstance(expression, Attribute):
            return False
        return any(
            isinstance(value, Instance)
            and isinstance(value.of, ClassOf)
            and location.home in self._evaluator.lineage(value.of.code)[0]
            for value in self._evaluator.values(expression.value, code).used()
        )

    def _is_plain(self, touch: StateAccess) -> bool:
        """Whether what is written into is a plain container, not one that processes share."""
        target = touch.target
        if not isinstance(target, Item):
            return True
        while isinstance(target, Item):
            target = target.value
        values = self._evaluator.values(target, touch.code)
        return bool(values.items) and all(
            self._evaluator.kind(value) in kinds_with("container")
            or self._evaluator.type_name(value) == "builtins.NoneType"
            for value in values
        )


def _is_filled_once(touch: StateAccess) -> bool:
    """Whether the write stands under a test of what it writes: `if client is None: client = …`."""
    wanted = spelled(touch.target)
    tests = [condition.test for condition in touch.context.conditions]
    return bool(wanted) and any(spelled(part) == wanted for test in tests for part in walk(test))


def _is_parameter(value: Expression | None, code: Code) -> bool:
    return isinstance(value, Name) and any(value.id == parameter.name for parameter in code.scope.parameters)


def _read_in(code: Code, name: str) -> Iterator[tuple[Expression, Context, int]]:
    """The reads of a name or attribute in one scope, with the place and turn of the expression around them."""
    scope = code.scope
    if name in scope.uses or any(isinstance(a.target, Attribute) and a.target.attr == name for a in scope.accesses):
        for around, context, order in _expressions(code):
            for part in walk(around):
                if (isinstance(part, Name) and part.id == name) or (isinstance(part, Attribute) and part.attr == name):
                    yield part, context, order


def _expressions(code: Code) -> Iterator[tuple[Expression, Context, int]]:
    scope = code.scope
    for site in scope.calls:
        for argument in site.call.arguments:
            yield argument.value, site.context, site.order
        if isinstance(site.call.function, Attribute):
            yield site.call.function.value, site.context, site.order
    for returned in scope.returned:
        if returned.value is not None:
            yield returned.value, returned.context, returned.order
    for bindings in scope.bindings.values():
        for binding in bindings:
            if binding.value is not None and binding.kind in ("assign", "for", "augment"):
                yield binding.value, binding.context, binding.order
    for loop in scope.loops:
        if loop.iterable is not None:
            yield loop.iterable, loop.context, loop.order
    for branch in scope.branches:
        yield branch.test, branch.context, branch.order


def _is_initializer(dispatch: Spawn, roles: Roles) -> bool:
    """What a pool runs once in each worker, which is there to set the worker up."""
    return dispatch.hook is None and roles.kind(dispatch.name) in kinds_with("pool")
