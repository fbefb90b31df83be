"""Which locks a place surely holds and which ones a call may take, each as the object it is, with the way there."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from concurlint.effects.calls.access_paths import Path, at_caller, path_of, settled
from concurlint.effects.flow.conditions import contradicts, passed_on
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite, Condition, Context, Entered
from concurlint.facts.syntax import Attribute, Call, Constant, Expression, Place, Unary, spelled, walk
from concurlint.finding import Step
from concurlint.project.arguments import has_stars, merged
from concurlint.project.callgraph import Edge
from concurlint.project.modules import Code
from concurlint.project.values import Bound, ClassOf, Instance, Library, Literal, Site, Value

_KINDS = {"lock", "async-lock", "semaphore", "async-semaphore"}
_TAKES, _RELEASES = {"acquire", "__enter__"}, {"release", "__exit__"}
_MOST_KEPT = 40


@dataclass(frozen=True, slots=True)
class Guard:
    """A lock: `token` is the one place it is made at (made once per program) or the path to it.

    `reentrant` is None where it is not sure.
    """

    token: Site | Path
    kind: str
    reentrant: bool | None
    spelling: str

    @property
    def excludes(self) -> bool:
        """Whether one holder at a time is all it lets in."""
        return self.kind.endswith("lock")


@dataclass(frozen=True, slots=True, eq=False)
class Acquisition:
    """A `with` item or an acquire call; `waits` when it does so for as long as it takes."""

    guard: Guard
    code: Code
    at: Place
    context: Context
    order: int
    waits: bool
    entered: Entered | None = None
    site: CallSite | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Hold:
    """A lock held at a place (or to be taken by a call), as seen there, and the calls to where it is taken."""

    guard: Guard
    taking: Acquisition
    via: tuple[Edge, ...] = ()
    asked: tuple[Condition, ...] = ()  # what functions further down ask of a parameter that is only passed on

    def steps(self, verb: str) -> tuple[Step, ...]:
        """The calls that lead to the taking, and the taking."""
        calls = [
            Step(e.caller.span(e.site.call.at), f"`{e.caller.qualname}` calls `{e.callee.qualname}`") for e in self.via
        ]
        taking = self.taking
        last = Step(taking.code.span(taking.at), f"`{taking.code.qualname}` {verb} `{taking.guard.spelling}` here")
        return (*calls, last)


class Acquisitions:
    """Finds the locks that are held where, and those that calls take."""

    def __init__(self, program: Program) -> None:
        self.graph = program.graph
        self.evaluator = program.evaluator
        self._takings: dict[Code, tuple[Acquisition, ...]] = {}
        self._releases: dict[Code, tuple[tuple[CallSite, Guard], ...]] = {}
        self._entering: dict[int, Edge] = {
            id(edge.site.call): edge for edges in program.graph.edges.values() for edge in edges if edge.consumed
        }

    # which lock

    def guard(self, expression: Expression, code: Code) -> Guard | None:
        """The lock an expression stands for; None if it may be something else or is not known."""
        values = self.evaluator.values(expression, code)
        locks = [v for v in values if v != Literal(None)]
        kinds = {self.evaluator.kind(v) for v in locks}
        if len(kinds) != 1 or not kinds <= _KINDS:
            return None
        token = self._token(expression, code, locks)
        if token is None:
            return None
        reentrant = {self._is_reentrant(v) for v in locks}
        sure = values.whole and len(reentrant) == 1
        return Guard(token, kinds.pop(), reentrant.pop() if sure else None, spelled(expression))

    def _token(self, expression: Expression, code: Code, locks: list[Value]) -> Site | Path | None:
        sites = {v.site for v in locks if isinstance(v, Instance)}
        site = next(iter(sites)) if len(sites) == 1 else None
        below = self._below(site)
        if site is not None and _is_made_once(site):
            if below is not None:
                found = self.guard(below, site.code)
                return found.token if found is not None else None
            return site
        path = path_of(expression, code, self.evaluator)
        if path is None:
            return None
        if below is not None and site is not None:
            inner = path_of(below, site.code, self.evaluator)
            if inner is None:
                return path
            if inner.kind == "self" and path.attrs:
                return replace(path, attrs=(*path.attrs[:-1], *inner.attrs))
            return inner if inner.kind == "global" or inner.home is path.home else path
        return settled(path, self.evaluator)

    def _below(self, site: Site | None) -> Expression | None:
        """The lock that a `Condition(lock)` is made on: taking one takes the other."""
        call = site.call if site is not None else None
        if site is None or not isinstance(call, Call):
            return None
        for argument in call.arguments:
            if argument.keyword in (None, "lock") and not argument.star:
                kinds = {self.evaluator.kind(v) for v in self.evaluator.values(argument.value, site.code)}
                if kinds & _KINDS:
                    return argument.value
        return None

    def _is_reentrant(self, value: Value) -> bool | None:
        below = self._below(value.site) if isinstance(value, Instance) else None
        if below is not None and isinstance(value, Instance) and value.site is not None:
            inner = {self._is_reentrant(v) for v in self.evaluator.values(below, value.site.code)}
            return inner.pop() if len(inner) == 1 else None
        if isinstance(value, Instance) and isinstance(value.of, Library):
            if value.site is not None and isinstance(value.site.call, Call) and has_stars(value.site.call):
                return None
            role = self.evaluator.roles.class_role(self.evaluator.roles.canonical(value.of.name))
            return role.reentrant if role is not None else None
        return None  # a class of the project may do as it likes

    # where it is taken

    def takings(self, code: Code) -> tuple[Acquisition, ...]:
        """The places in a function itself that take a lock."""
        if code not in self._takings:
            self._takings[code] = tuple(sorted(self._taken(code), key=lambda t: t.order))
        return self._takings[code]

    def _taken(self, code: Code) -> Iterator[Acquisition]:
        for entered, context, order in code.scope.entered:
            guard = self.guard(entered.manager, code)
            if guard is not None:
                yield Acquisition(guard, code, entered.at, context, order, True, entered)
        for site in code.scope.calls:
            function = site.call.function
            if isinstance(function, Attribute) and function.attr in _TAKES:
                guard = self.guard(function.value, code)
                if guard is not None:
                    waits = function.attr != "acquire" or waits_for_ever(site.call)
                    yield Acquisition(guard, code, site.call.at, site.context, site.order, waits, None, site)

    def releases(self, code: Code) -> tuple[tuple[CallSite, Guard], ...]:
        """The calls in a function itself that release a lock."""
        if code not in self._releases:
            found: list[tuple[CallSite, Guard]] = []
            for site in code.scope.calls:
                function = site.call.function
                if isinstance(function, Attribute) and function.attr in _RELEASES:
                    guard = self.guard(function.value, code)
                    if guard is not None:
                        found.append((site, guard))
            self._releases[code] = tuple(found)
        return self._releases[code]

    # what is held

    def at(self, code: Code, context: Context, order: int) -> list[Hold]:
        """The locks that every run holds which comes to a place, by its own function."""
        found = [Hold(t.guard, t) for t in self.takings(code) if self.is_held(t, context, order)]
        for entered in context.entered:
            edge = self._entering.get(id(entered.manager))
            if edge is not None:
                found += self._given_by(edge)
        return found

    def is_held(self, taking: Acquisition, context: Context, order: int) -> bool:
        """Whether a lock taken in the same function is still held at a place there."""
        if taking.entered is not None:
            if all(entered is not taking.entered for entered in context.entered):
                return False
        elif not self._comes_by(taking, context, order):
            return False
        return not any(
            guard.token == taking.guard.token and self._is_passed(taking.code, site, context)
            for site, guard in self.releases(taking.code)
            if taking.order < site.order < order
        )

    @staticmethod
    def _comes_by(taking: Acquisition, context: Context, order: int) -> bool:
        """Whether whoever is at a place has come by the acquire call and got the lock."""
        site = taking.site
        if site is None or order <= taking.order:
            return False
        blocks = taking.context.blocks
        if context.blocks[: len(blocks)] != blocks:
            return False
        tested = [c for c in context.conditions if any(part is site.call for part in walk(c.test))]
        if tested:
            return all(_says_got(c, site) for c in tested)
        return taking.waits

    @staticmethod
    def _is_passed(code: Code, site: CallSite, context: Context) -> bool:
        """Whether a release may lie on the way to a place: not in a branch that leaves."""
        away = {branch.body for branch in code.scope.branches if branch.ends}
        away |= {handler.block for handler in code.scope.handlers if handler.reraises}
        away |= {returned.context.blocks[-1] for returned in code.scope.returned}
        return not any(block in away and block not in context.blocks for block in site.context.blocks)

    def _given_by(self, edge: Edge) -> list[Hold]:
        """The locks that a context manager of the project holds wherever it yields."""
        found: dict[Site | Path, Hold] = {}
        places = edge.callee.scope.yielded
        for index, place in enumerate(places):
            held = [self._lifted(h, edge) for h in self.at(edge.callee, place.context, place.order)]
            here = {h.guard.token: h for h in held if h is not None}
            found = here if index == 0 else {token: h for token, h in found.items() if token in here}
        return list(found.values())

    def _lifted(self, hold: Hold, edge: Edge) -> Hold | None:
        token = self.token_at_caller(hold.guard.token, edge)
        if token is None:
            return None
        first = hold.via[0].site.context if hold.via else hold.taking.context
        asked = tuple(passed_on((*first.conditions, *hold.asked), edge.callee, edge.caller, _merged(edge)))
        return Hold(replace(hold.guard, token=token), hold.taking, (edge, *hold.via), asked)

    def token_at_caller(self, token: Site | Path, edge: Edge) -> Site | Path | None:
        """The lock as the caller gets at it."""
        if isinstance(token, Site):
            return token
        outer = at_caller(token, edge, self.evaluator)
        return settled(outer, self.evaluator) if outer is not None else None

    # what a call takes

    @cached_property
    def _reached(self) -> dict[Code, dict[Site | Path, Hold]]:
        found: dict[Code, dict[Site | Path, Hold]] = {}
        queue: deque[tuple[Code, Hold]] = deque()
        for code in self.graph.edges:
            for taking in self.takings(code):
                if taking.waits and not self._takes_again(taking):
                    queue.append((code, Hold(taking.guard, taking)))
        while queue:
            code, hold = queue.popleft()
            known = found.setdefault(code, {})
            if hold.guard.token in known or len(known) >= _MOST_KEPT:
                continue
            known[hold.guard.token] = hold
            for edge in self.graph.callers.get(code, ()):
                outer = self._through(edge, hold)
                if outer is not None:
                    queue.append((edge.caller, outer))
        return found

    def _takes_again(self, taking: Acquisition) -> bool:
        """Whether the function has given the lock away first: it only gives its caller a break."""
        return any(
            guard.token == taking.guard.token and site.order < taking.order
            for site, guard in self.releases(taking.code)
        ) and not any(t.guard.token == taking.guard.token and t.order < taking.order for t in self.takings(taking.code))

    def _through(self, edge: Edge, hold: Hold) -> Hold | None:
        """What a call takes by what its callee takes, if this very call gets there."""
        if not edge.runs:
            return None
        first = hold.via[0].site.context if hold.via else hold.taking.context
        call, bound = _merged(edge)
        if any(contradicts(c, edge.callee, call, bound) for c in (*first.conditions, *hold.asked)):
            return None
        return self._lifted(hold, edge)

    def taken_by(self, edge: Edge) -> list[Hold]:
        """The locks that a call may take, as its caller sees them, each by the shortest way."""
        lifted = [self._through(edge, hold) for hold in self._reached.get(edge.callee, {}).values()]
        return [hold for hold in lifted if hold is not None]

    def taken_in(self, code: Code) -> list[Hold]:
        """The locks that a run of a function may take, itself or by calls."""
        return list(self._reached.get(code, {}).values())


def _merged(edge: Edge) -> tuple[Call, bool]:
    return merged(edge.value, edge.site.call), isinstance(edge.value, (Bound, ClassOf, Instance))


def waits_for_ever(call: Call) -> bool:
    """Whether an acquire call waits as long as it takes: no `blocking=False`, no timeout."""
    values = [a.value.value if isinstance(a.value, Constant) and not a.star else 0 for a in call.arguments]
    return all(value is True or value is None for value in values)


def _says_got(condition: Condition, site: CallSite) -> bool:
    """Whether a condition holds just when the acquire call has got the lock."""
    test, holds = condition.test, condition.holds
    while isinstance(test, Unary) and test.operator == "Not":
        test, holds = test.operand, not holds
    return test is site.call and holds


def _is_made_once(site: Site) -> bool:
    """Whether a program makes only one object there."""
    if site.code.scope.kind not in ("module", "class"):
        return False
    made = next((s for s in site.code.scope.calls if s.call is site.call), None)
    return made is not None and not made.context.loops and _outermost(site.code)


def _outermost(code: Code) -> bool:
    return code.scope.kind == "module" or (code.parent is not None and _outermost(code.parent))


def opposite(one: tuple[Condition, ...], other: tuple[Condition, ...]) -> bool:
    """Whether two places ask the same thing and stand on different sides of the answer."""
    sides = {spelled(c.test): c.holds for c in one if spelled(c.test)}
    return any(sides.get(spelled(c.test), c.holds) is not c.holds for c in other)
