"""Forks of a program that has threads: the child gets their locks as they are, and none of the threads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from concurlint.catalog.kinds import kinds_with
from concurlint.catalog.traits import Trait, has, may
from concurlint.effects.calls.reachability import Event, Reachability
from concurlint.effects.calls.summaries import reached
from concurlint.effects.contexts.spawns import Spawns
from concurlint.effects.flow.conditions import is_for_tests
from concurlint.effects.program import Program
from concurlint.effects.startup.start_methods import UNKNOWN_METHOD, StartMethods
from concurlint.facts.records import CallSite
from concurlint.facts.syntax import Attribute, Call, Compare, Constant, Expression, Name, spelled
from concurlint.finding import Step, Weight
from concurlint.project.arguments import has_stars
from concurlint.project.bindings import names_of
from concurlint.project.modules import Code
from concurlint.project.values import Bound, ClassOf, Instance, Site, Value

_DEEPEST = 3  # calls that make a context, a process of it, and so on

Thing = Site | ClassOf
"""A thread or pool: where it is made, or the class of the object that is one itself."""


@dataclass(frozen=True, slots=True, eq=False)
class Alive:
    """A thread set going (or a pool given work) at a call."""

    code: Code
    site: CallSite
    thing: Thing
    is_pool: bool


@dataclass(frozen=True, slots=True, eq=False)
class Fork:
    """A call that forks; `what` is called."""

    code: Code
    site: CallSite
    what: str


@dataclass(frozen=True, slots=True, eq=False)
class ThreadedFork:
    """A fork that is reached while a thread may run: one that was started before, or the one that forks."""

    fork: Fork
    code: Code
    at: CallSite
    message: str
    weight: Weight = Weight.HIGH

    def steps(self) -> tuple[Step, ...]:
        """Where the thread comes from."""
        return (Step(self.code.span(self.at.call.at), self.message),)


class Forks:
    """Compares when threads start and end with when the program forks."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._roles = program.roles
        self._evaluator = program.evaluator
        self._dispatches = program[Spawns]
        self._methods = program[StartMethods]
        self._moments = program[Reachability]

    def forks(self) -> Iterator[Fork]:
        """The calls that fork and go on with this program, surely or on one of the target platforms."""
        for code, calls in self._graph.libraries.items():
            for site, name, value in calls:
                if has("forks", name):
                    if not self._becomes_another_program(code, site):
                        yield Fork(code, site, name)
                    continue
                if self._roles.starts(name) and "fork" in self._method(code, site, value):
                    yield Fork(code, site, _short(site, name))

    def _method(self, code: Code, site: CallSite, callee: Value) -> frozenset[str]:
        """The start method of what the call starts: of the object it is a method of, else its own."""
        owner = callee.owner if isinstance(callee, Bound) else None
        if not isinstance(owner, Instance) or self._evaluator.kind(owner) == "context":
            return self._methods.of(site.call, code)
        owners = [t.owner for t in self._graph.targets(site) if isinstance(t, Bound)]
        made = [o.site for o in owners if isinstance(o, Instance) and o.site is not None]
        known = [self._methods.of(one.call, one.code) for one in made if isinstance(one.call, Call)]
        if known:  # an annotation names the class as well, and says nothing of how it starts
            return frozenset.intersection(*known)
        # whoever made an object that is known by its annotation alone may have chosen
        return self._methods.default if isinstance(owner.of, ClassOf) else frozenset({UNKNOWN_METHOD})

    def _becomes_another_program(self, code: Code, site: CallSite) -> bool:
        """Whether the function (or one it calls) goes on with an `exec`, which gives up all memory."""
        for part in self._moments.below(code):
            for other, name, _ in self._graph.libraries.get(part, ()):
                if has("execs", name) and (part is not code or self._moments.leads_to(code, site, other)):
                    return True
        return False

    def with_threads(self) -> Iterator[ThreadedFork]:
        """Forks that come after a thread was started that nobody has waited for, each once."""
        forks = list(self.forks())
        alive = list(self._started()) if forks else []
        for fork in forks:
            found = self._before(fork, alive) or self._in_thread(fork)
            if found is not None:
                is_meant = self._is_left_behind(fork) or self._is_asked_for(fork.site.call, fork.code, _DEEPEST)
                yield replace(found, weight=Weight.LOW if is_meant else Weight.HIGH)

    def _is_left_behind(self, fork: Fork) -> bool:
        """Whether the parent ends at once, as where a program becomes a daemon: nobody is there to miss the threads."""
        names = set(names_of(fork.site.call, fork.code))
        bodies = {branch.body for branch in fork.code.scope.branches if _is_parent(branch.test, fork.site.call, names)}
        return any(
            has("ends-process", name) and not bodies.isdisjoint(site.context.blocks)
            for site, name, _ in self._graph.libraries.get(fork.code, ())
        )

    def _is_asked_for(self, call: Call, code: Code, depth: int) -> bool:
        """Whether somebody has written down that these processes are to be forked: `get_context("fork")`."""
        if any(isinstance(a.value, Constant) and a.value.value == "fork" for a in call.arguments):
            return True
        base = call.function.value if isinstance(call.function, Attribute) else None
        made = self._evaluator.values(base, code).used() if base is not None and depth else ()
        sites = [value.site for value in made if isinstance(value, Instance) and value.site is not None]
        return bool(sites) and all(
            isinstance(site.call, Call) and self._is_asked_for(site.call, site.code, depth - 1) for site in sites
        )

    def _started(self) -> Iterator[Alive]:
        for code in self._graph.edges:
            for site in code.scope.calls:
                function = site.call.function
                starts = isinstance(function, Attribute) and function.attr == "start"
                if not isinstance(function, Attribute) or not (starts or may("sends-work", function.attr)):
                    continue
                for value in self._evaluator.values(function.value, code).used():
                    kind = self._evaluator.kind(value)
                    thing = _thing(value)
                    wanted = kind in kinds_with("runs-when-started") if starts else kind == "thread-pool"
                    if wanted and thing is not None:
                        yield Alive(code, site, thing, kind == "thread-pool")

    def _before(self, fork: Fork, alive: list[Alive]) -> ThreadedFork | None:
        """A thread started before the fork, in some function that does or leads to both."""
        for code in self._moments.above([fork.code]):
            forked = min(self._moments.in_code(code, [fork]), key=lambda site: site.order, default=None)
            if forked is None:
                continue
            for started in alive:
                if is_for_tests(started.code) and not is_for_tests(fork.code):
                    continue  # what a test does around the code is not what the program does
                for site in self._moments.in_code(code, [started]):
                    if site is forked or not self._moments.leads_to(code, site, forked):
                        continue
                    if not self._is_over(started, code, site, forked):
                        return ThreadedFork(fork, started.code, started.site, "this thread may still run then")
        return None

    def _is_over(self, started: Alive, code: Code, begun: CallSite, forked: CallSite) -> bool:
        """Whether the thread has been waited for, or its pool closed, when the fork comes."""
        ends = [
            Event(part, site)
            for part in self._graph.edges
            for site in part.scope.calls
            if self._ends(site, part, started)
        ]
        ended = self._moments.in_code(code, ends)
        if begun in ended or not self._moments.leads_to(code, begun, forked, avoiding=ended):
            return True
        if not started.is_pool:
            return False
        around = {id(entered.manager) for entered in forked.context.entered} if started.code is code else set()
        return any(
            id(entered.manager) not in around and self._is_it(value, started.thing)
            for entered, _, _ in started.code.scope.entered
            for value in self._evaluator.values(entered.manager, started.code).used()
        )

    def _ends(self, site: CallSite, code: Code, started: Alive) -> bool:
        function = site.call.function
        wanted: Trait = "ends-pool" if started.is_pool else "ends-thread"
        if not isinstance(function, Attribute) or not may(wanted, function.attr) or has_stars(site.call):
            return False
        values = self._evaluator.values(function.value, code).used()
        return any(self._is_it(value, started.thing) for value in values) or not values.items

    @staticmethod
    def _is_it(value: Value, thing: Thing) -> bool:
        return _thing(value) == thing or (isinstance(value, Instance) and value.of == thing)

    def _in_thread(self, fork: Fork) -> ThreadedFork | None:
        """A thread of the program that forks itself: the main thread runs beside it."""
        for dispatch in self._dispatches.all:
            if dispatch.on != "thread" or dispatch.site is None or dispatch.registers:
                continue
            if is_for_tests(dispatch.where) and not is_for_tests(fork.code):
                continue
            # further down, tests that are not seen decide
            if fork.code in reached(self._graph, [dispatch.code], deepest=2):
                message = f"a thread runs `{dispatch.code.qualname}`, beside the main thread and others"
                return ThreadedFork(fork, dispatch.where, dispatch.site, message)
        return None


def _short(site: CallSite, name: str) -> str:
    shown = spelled(site.call.function)
    return shown if 0 < len(shown) < 30 else name.rpartition(".")[2]


def _thing(value: Value) -> Thing | None:
    """What tells one thread or pool from others; None where that is not known."""
    if not isinstance(value, Instance):
        return None
    if value.site is not None:
        return value.site
    return value.of if isinstance(value.of, ClassOf) else None


def _is_parent(test: Expression, fork: Call, names: set[str]) -> bool:
    """Whether a test holds in the process that has forked: `if os.fork():`, `if pid > 0:`."""
    match test:
        case Compare(left=left, rest=(("GreaterThan" | "NotEqual", Constant(value=0)),)):
            return _is_parent(left, fork, names)
        case Name(id=name):
            return name in names
    return test is fork
