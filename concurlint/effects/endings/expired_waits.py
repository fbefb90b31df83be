"""Waits for a child that give up after a time, and whether anybody ends the child then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from concurlint.catalog.kinds import kinds_with
from concurlint.catalog.traits import has, may, spelt
from concurlint.effects.flow.cfg import Cfg, Edge, Reach
from concurlint.effects.flow.definitions import Definitions
from concurlint.effects.flow.graphs import Graphs
from concurlint.effects.flow.uses import mentions_of
from concurlint.effects.program import Program
from concurlint.facts.flow import Way
from concurlint.facts.records import CallSite, Context, Handler
from concurlint.facts.syntax import Attribute, Await, Call, Compare, Constant, Expression, Name, children, spelled, walk
from concurlint.finding import Confidence, Step
from concurlint.project.arguments import given
from concurlint.project.callgraph import library_name
from concurlint.project.classes import holder
from concurlint.project.modules import Code
from concurlint.project.values import Instance, Literal, Value

_OUTWARD = {Way.UNCAUGHT, Way.UNCAUGHT_BASE, Way.RAISE}
_PIPES = frozenset({"stdout", "stderr", "stdin"})


@dataclass(frozen=True, slots=True, eq=False)
class LeftRunning:
    """A wait that may give up, after which nobody ends the child or waits for it again."""

    code: Code
    site: CallSite
    child: str
    handler: Handler
    made: Call
    is_async: bool
    confidence: Confidence

    def steps(self) -> tuple[Step, ...]:
        """Where the child is started, and where the end of the wait is caught."""
        line, column = self.handler.at[:2]
        return (
            Step(self.code.span(self.made.at), "the child is started here"),
            Step(
                self.code.span((line, column, line, column + len("except"))),
                "the timeout is caught here, and the child goes on",
            ),
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Wait:
    """A wait with a timeout: the child waited for, and whether its output is read meanwhile."""

    child: Expression
    reads: bool
    is_async: bool


class ExpiredWaits:
    """Follows the ways on from where the end of a wait is caught."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._evaluator = program.evaluator
        self._graphs = program[Graphs]
        self._definitions = program[Definitions]

    def left_running(self) -> Iterator[LeftRunning]:
        """Every such wait for a child that the same function has started and keeps to itself."""
        for code in self._graph.edges:
            for site in code.scope.calls if code.scope.handlers else ():
                wait = self.limited(code, site)
                if wait is None or not isinstance(wait.child, Name):
                    continue
                handler = self._handler(code, site)
                made = self.made(wait.child, code) if handler is not None else None
                if handler is not None and made is not None:
                    yield from self._unended(code, site, wait, handler, made)

    # waits with a timeout

    def limited(self, code: Code, site: CallSite) -> _Wait | None:
        function = site.call.function
        if isinstance(function, Attribute) and may("waits-for-child", function.attr):
            kinds = self._kinds(function.value, code)
            reads = function.attr == "communicate"
            if kinds == {"child"} and _is_given(given(site.call, "timeout", int(reads))):
                return _Wait(function.value, reads, False)
            if kinds == {"async-child"} and site.awaited and self._is_limited_around(code, site.context):
                return _Wait(function.value, reads, True)
            return None
        if not any(has("limits-time", library_name(value)) for value in self._graph.targets(site)):
            return None
        inner = given(site.call, "fut", 0)
        waited = inner.function if isinstance(inner, Call) else None
        if not isinstance(waited, Attribute) or not may("waits-for-child", waited.attr):
            return None
        if not _is_given(given(site.call, "timeout", 1)) or self._kinds(waited.value, code) != {"async-child"}:
            return None
        return _Wait(waited.value, waited.attr == "communicate", True)

    def _kinds(self, child: Expression, code: Code) -> set[str]:
        values = self._evaluator.values(child, code).used()
        kinds = {self._evaluator.kind(value) for value in values if value != Literal(None)}
        return kinds if kinds <= kinds_with("child-process") else set()

    def _is_limited_around(self, code: Code, context: Context) -> bool:
        """Whether a wait stands in `async with asyncio.timeout(…)`."""
        managers = [entered.manager for entered in context.entered]
        return any(
            has("limits-time", library_name(value))
            for manager in managers
            if isinstance(manager, Call)
            for value in self._evaluator.values(manager.function, code)
        )

    # the clause that catches its end

    def _handler(self, code: Code, site: CallSite) -> Handler | None:
        """The first clause that takes the exception."""
        for attempt in reversed(site.context.attempts):
            if attempt.part != "body":
                continue
            for handler in code.scope.handlers:
                if handler.attempt == attempt.number and self._takes(handler, code):
                    return handler
        return None

    def _takes(self, handler: Handler, code: Code) -> bool:
        if not handler.types:
            return True
        names = {library_name(v) for kind in handler.types for v in self._evaluator.values(kind, code)} - {""}
        trait_holds = any(has("timed-out", name) for name in names)
        return trait_holds or any(spelt("catches-all", spelled(kind)) for kind in handler.types)

    def _confidence(self, handler: Handler, code: Code) -> Confidence:
        """Less where the clause takes whatever goes wrong: nobody may have thought of a timeout."""
        names = {library_name(v) for kind in handler.types for v in self._evaluator.values(kind, code)} - {""}
        return Confidence.HIGH if any(has("timed-out", name) for name in names) else Confidence.MIDDLE

    # the child

    def made(self, child: Name, code: Code) -> Call | None:
        """The call of this function that started the child."""
        if holder(code, child.id) not in (code, None) or child.id in code.scope.globals:
            return None
        bindings = self._definitions.at(child.id, child, code)
        bindings = [b for b in bindings if not _is_none(b.value)]
        if len(bindings) != 1 or bindings[0].kind not in ("assign", "annotate") or bindings[0].path:
            return None
        value = bindings[0].value
        call = value.value if isinstance(value, Await) else value
        if not isinstance(call, Call):
            return None
        children_made = [v for v in self._evaluator.values(call, code) if v != Literal(None)]
        known = all(self._is_fresh(v, call) for v in children_made)
        return call if children_made and known else None

    def _is_fresh(self, value: Value, call: Call) -> bool:
        """Whether the child is made by the call itself, or by a function that only gives it back."""
        site = value.site if isinstance(value, Instance) else None
        if site is None:
            return False
        given_back = (r.value.value if isinstance(r.value, Await) else r.value for r in site.code.scope.returned)
        return site.call is call or any(back is site.call for back in given_back)

    # what follows

    def _unended(
        self, code: Code, site: CallSite, wait: _Wait, handler: Handler, made: Call
    ) -> Iterator[LeftRunning]:  # fmt: skip
        assert isinstance(wait.child, Name)
        name = wait.child.id
        if self._is_shared(name, code):
            return
        cfg = self._graphs.of(code)
        ends, begun = self._ends(name, code, cfg), self._order(code, made)
        starts = self._entries(cfg, site, handler)
        ways = Reach(cfg, starts, ends | {begun}, lambda edge: edge.raised is None and not _says_over(edge, name))
        if not starts or site.order in ways or self._is_killed_before(name, code, site, begun):
            return  # asked again in a next turn, or as good as dead
        leaves = ways.returns or ways.raises or begun in ways
        if leaves and (wait.reads or ways.raises or self._has_pipes(made)):
            yield LeftRunning(
                code, site, name, handler, made, wait.is_async, self._confidence(handler, code)
            )  # fmt: skip

    def _is_killed_before(self, name: str, code: Code, wait: CallSite, begun: int) -> bool:
        """Whether no way leads from the start of the child to the wait but by a `kill`, which it cannot ignore."""
        killed = {
            site.order
            for site in code.scope.calls
            if isinstance(site.call.function, Attribute)
            and may("kills-at-once", site.call.function.attr)
            and _is(site.call.function.value, name)
        }
        return bool(killed) and wait.order not in self._graphs.of(code).after(begun, avoiding=killed)

    @cached_property
    def _tells(self) -> frozenset[str]:
        return frozenset({"builtins.print", "builtins.str", "builtins.repr", "builtins.len", "builtins.bool"})

    def _ends(self, name: str, code: Code, cfg: Cfg) -> frozenset[int]:
        """The records that end the child, ask it again, or hand it or its number to somebody who may."""
        ends: set[int] = set()
        for site in code.scope.calls:
            function = site.call.function
            asked = isinstance(function, Attribute) and _is(function.value, name) and _deals_with(function.attr)
            handed = any(_holds(argument.value, name) for argument in site.call.arguments)
            if asked or (handed and not self._only_tells(site)):
                ends.add(site.order)
        for order, entered in cfg.exits.items():
            manager = entered.manager
            if _is(manager, name):
                ends.add(order)
        return frozenset(ends)

    def _only_tells(self, site: CallSite) -> bool:
        """Whether a call writes a message, and does nothing to what it is given."""
        names = {library_name(value) for value in self._graph.targets(site)} - {""}
        function = site.call.function
        last = function.attr if isinstance(function, Attribute) else spelled(function)
        return bool(names & self._tells) or may("only-tells", last)

    @staticmethod
    def _is_shared(name: str, code: Code) -> bool:
        """Whether anybody else gets hold of the child: by a closure, an attribute, a container or the result."""
        mentions = mentions_of(name, code)
        if any(mention.code is not code for mention in mentions.all):
            return True
        kept = [access.value for access in code.scope.accesses if access.kind != "read"]
        kept += [r.value for r in (*code.scope.returned, *code.scope.yielded)]
        bound = [b.value for bindings in code.scope.bindings.values() for b in bindings]
        return any(_is_held(value, name) for value in (*kept, *bound) if value is not None)

    @staticmethod
    def _order(code: Code, made: Call) -> int:
        return next((site.order for site in code.scope.calls if site.call is made), -1)

    @staticmethod
    def _has_pipes(made: Call) -> bool:
        return any(argument.keyword in _PIPES for argument in made.arguments)

    def _entries(self, cfg: Cfg, site: CallSite, handler: Handler) -> list[tuple[int, int]]:
        """Where runs go on in the clause when the wait gives up."""
        thrown = cfg.when_raised(site.order, follow=lambda edge: edge.raised is None and edge.way in _OUTWARD)
        edges = [edge for block in thrown.blocks for edge in cfg.edges[block] if edge.way is Way.CAUGHT]
        targets = dict.fromkeys(edge.target for edge in edges if _leads_into(edge, handler))
        return [(target, cfg.orders(target).start - 1) for target in targets]


def _says_over(edge: Edge, name: str) -> bool:
    """Whether a way is taken only where there is no child, or none that runs: `if proc`, `if "proc" in locals()`."""
    match edge.test:
        case Name(id=known):
            return known == name and edge.way is Way.FALSE
        case Compare(left=left, rest=((operator, Constant(value=None)),)) if operator in ("Is", "IsNot"):
            if isinstance(left, Attribute) and left.attr == "returncode" and _is(left.value, name):
                return edge.way is (Way.FALSE if operator == "Is" else Way.TRUE)
            return _is(left, name) and edge.way is (Way.TRUE if operator == "Is" else Way.FALSE)
        case Compare(left=Constant(value=str(known)), rest=((("In" | "NotIn") as operator, Call()),)):
            return known == name and edge.way is (Way.FALSE if operator == "In" else Way.TRUE)
    return False


def _leads_into(edge: Edge, handler: Handler) -> bool:
    if edge.test is None or not handler.types:
        return edge.test is None and not handler.types
    return any(part is kind for part in (edge.test, *children(edge.test)) for kind in handler.types)


def _is_given(timeout: Expression | None) -> bool:
    return timeout is not None and not _is_none(timeout)


def _is_none(value: Expression | None) -> bool:
    return isinstance(value, Constant) and value.value is None


def _is(expression: Expression, name: str) -> bool:
    return isinstance(expression, Name) and expression.id == name


def _holds(expression: Expression, name: str) -> bool:
    """Whether an argument is the child, holds it, or is the number of its process."""
    return any(_is(part, name) for part in walk(expression)) and not _reads_output(expression, name)


def _reads_output(expression: Expression, name: str) -> bool:
    uses = [part for part in walk(expression) if isinstance(part, Attribute) and _is(part.value, name)]
    bare = sum(_is(part, name) for part in walk(expression))
    return bare == len(uses) > 0 and all(use.attr in ("returncode", "args") for use in uses)


def _is_held(value: Expression, name: str) -> bool:
    """Whether a value is the child itself, or a display that it stands in."""
    if isinstance(value, (Attribute, Call)):
        return False
    return _is(value, name) or any(_is_held(child, name) for child in children(value))


def _deals_with(attr: str) -> bool:
    return may("ends-child", attr) or may("kills", attr) or may("waits-for-child", attr) or attr == "poll"
