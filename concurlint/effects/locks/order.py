"""Locks taken while others are held: twice the same one, or two in both orders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from concurlint.effects.calls.access_paths import Path
from concurlint.effects.calls.summaries import reached, spread
from concurlint.effects.calls.witness import links
from concurlint.effects.contexts.parallel import Parallel
from concurlint.effects.contexts.spawns import Spawn, Spawns
from concurlint.effects.flow.uses import mentions_of
from concurlint.effects.lockset.acquisitions import Acquisitions, is_followed, opposite
from concurlint.effects.lockset.address import LockAddresses, Origin, Token
from concurlint.effects.lockset.events import Acquisition, Hold
from concurlint.effects.lockset.locksets import LockSets
from concurlint.effects.lockset.operations import waits_for_ever
from concurlint.effects.lockset.states import LockStates
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite, Condition, Context
from concurlint.facts.syntax import Argument, Attribute, Call, Expression, Name, Place, spelled, walk
from concurlint.finding import Step
from concurlint.project.arguments import given, merged
from concurlint.project.callgraph import Edge
from concurlint.project.evaluate import Evaluator
from concurlint.project.modules import Code
from concurlint.project.values import Site

_MOST_HOPS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Second:
    """A lock taken, at once or by a call, at a place where another (or the same) one is held."""

    code: Code
    at: Place
    context: Context
    first: Hold
    second: Hold
    others: frozenset[Token]  # what is held there besides
    via: tuple[Edge, ...] = ()  # the calls by which the two are the locks they are

    @property
    def order(self) -> tuple[Token, Token]:
        return self.first.lock.token, self.second.lock.token

    @property
    def where(self) -> int:
        """The order number of the call, or of the taking itself."""
        via = self.second.via
        return via[0].site.order if via else self.second.taking.order

    def steps(self) -> tuple[Step, ...]:
        """Where the first is taken, and how the second is."""
        return (*links(self.via), *self.first.steps("takes"), *self.second.steps("takes"))


@dataclass(frozen=True, slots=True, eq=False)
class Inversion:
    one: Second
    other: Second

    def steps(self) -> tuple[Step, ...]:
        """Both ways to take the two."""
        return (*self.one.steps(), *self.other.steps())


class LockOrder:
    """Looks at every lock that is taken under another."""

    def __init__(self, program: Program) -> None:
        self._acquisitions = program[Acquisitions]
        self._addresses = program[LockAddresses]
        self._evaluator = program.evaluator
        self._graph = program.graph
        self._dispatches = program[Spawns]
        self._parallel = program[Parallel]
        self._locks = program[LockSets]
        self._states = program[LockStates]
        self._entries: dict[Code, frozenset[Spawn | str]] = {}
        self._seconds = [second for code in self._graph.edges for second in self._in(code)]

    def _in(self, code: Code) -> Iterator[Second]:
        for taking in self._acquisitions.of(code):
            if taking.waits:
                yield from self._under(code, taking.at, taking.context, taking.order, [Hold(taking.lock, taking)])
        for edge in self._graph.edges[code]:
            if edge.runs:
                site = edge.site
                order, taken = self._states.order(edge), self._acquisitions.taken_by(edge)
                yield from self._under(code, site.call.at, site.context, order, taken)

    def _under(self, code: Code, at: Place, context: Context, order: int, taken: list[Hold]) -> Iterator[Second]:
        held = [hold for hold in self._locks.holds(code, order) if is_followed(hold)] if taken else []
        for hold in held:
            for second in taken:
                if not any(opposite(context.conditions, c) for c in _conditions(second)):
                    others = frozenset(h.lock.token for h in held if h is not hold)
                    yield Second(code, at, context, hold, second, others)

    def pairs(self) -> Iterator[Second]:
        """Every lock taken while another is held, as the functions see them that do it."""
        return iter(self._seconds)

    # twice

    def taken_twice(self) -> Iterator[Second]:
        """Locks that do not let their holder in again, taken on a way that holds them."""
        seen: set[Place] = set()
        for second in self._seconds:
            first, again = second.order
            if first != again or not second.first.lock.excludes or second.at in seen or _is_tried(second.second):
                continue
            if False in (second.first.lock.reentrant, second.second.lock.reentrant):
                if True in (second.first.lock.reentrant, second.second.lock.reentrant):
                    continue
                signals = not self._handed_over.isdisjoint((first, *second.first.lock.made))
                if not signals and not _is_signal(second.second):
                    seen.add(second.at)
                    yield second

    @cached_property
    def _handed_over(self) -> frozenset[Token | Origin]:
        """Locks used as signals: a function on another thread, or called from outside, releases what it never took."""
        found: set[Token | Origin] = set()
        for code in self._graph.edges:
            own = {taking.lock.token for taking in self._acquisitions.of(code)}
            for site, lock in self._acquisitions.releases(code):
                if lock.token in own or not isinstance(site.call.function, Attribute):
                    continue
                handed = (as_edge(dispatch, self._evaluator) for dispatch in self._dispatches.by_code.get(code, ()))
                outer = (self._addresses.at_caller(lock, edge) for edge in handed if edge is not None)
                found.update(lock.token for lock in outer if lock is not None)
                entries = self.entries(code)
                is_plain = isinstance(site.call.function.value, Name) and "outside" in entries
                if is_plain or any(isinstance(entry, Spawn) for entry in entries):
                    found.update((lock.token, *lock.made))
        return frozenset(found)

    # both orders

    def inversions(self) -> Iterator[Inversion]:
        """Two locks that code which may run at the same time takes in both orders."""
        by_order: dict[tuple[Token, Token], list[Second]] = {}
        for second in self._everywhere():
            by_order.setdefault((self._same(second.order[0]), self._same(second.order[1])), []).append(second)
        seen: set[frozenset[Acquisition]] = set()
        for order, ones in by_order.items():
            for one in ones:
                for other in by_order.get((order[1], order[0]), ()) if order[0] != order[1] else ():
                    key = frozenset({one.first.taking, one.second.taking, other.first.taking, other.second.taking})
                    if key not in seen and self._may_meet(one, other):
                        seen.add(key)
                        ones_first = one.code.span(one.at) <= other.code.span(other.at)
                        yield Inversion(one, other) if ones_first else Inversion(other, one)

    def _same(self, token: Token) -> Token:
        return self._addresses.everywhere(token)

    def _everywhere(self) -> Iterator[Second]:
        """Every second taking, also as the callers of its function see the two locks."""
        own = ((s.code, s) for s in self._seconds if s.first.lock.excludes and s.second.lock.excludes)
        found = spread(
            own, self._at_callers, key=lambda s: (s.order, s.first.taking, s.second.taking, s.others, s.via[:1])
        )
        return (second for seconds in found.values() for second in seconds.values())

    def _at_callers(self, code: Code, second: Second) -> Iterator[tuple[Code, Second]]:
        if len(second.via) >= _MOST_HOPS or all(isinstance(token, Site) for token in second.order):
            return
        if len(second.second.via) + len(second.first.via) > 1:  # too far to be sure which objects these are
            return
        for edge in self._ways_into(code):
            first, again = (self._seen_from(hold, edge) for hold in (second.first, second.second))
            if first is not None and again is not None:
                outer = replace(second, first=first, second=again, via=(edge, *second.via))
                if outer.order != second.order:
                    yield edge.caller, outer

    def _seen_from(self, hold: Hold, edge: Edge) -> Hold | None:
        """The hold with its lock as a caller gets at it."""
        lock = self._addresses.at_caller(hold.lock, edge)
        return replace(hold, lock=lock) if lock is not None else None

    def _ways_into(self, code: Code) -> Iterator[Edge]:
        yield from (edge for edge in self._graph.callers.get(code, ()) if edge.runs)
        for dispatch in self._dispatches.by_code.get(code, ()):
            edge = as_edge(dispatch, self._evaluator)
            if edge is not None:
                yield edge

    def _may_meet(self, one: Second, other: Second) -> bool:
        """Whether two threads or tasks may be at the two places at the same time, with no lock around both."""
        if {self._same(token) for token in one.others} & {self._same(token) for token in other.others}:
            return False
        if self._locks.always(one.code).identities & self._locks.always(other.code).identities:
            return False
        return any(
            self._are_parallel(first, one, second, other)
            for first in self._entries_of(one)
            for second in self._entries_of(other)
        )

    def _entries_of(self, second: Second) -> frozenset[Spawn | str]:
        return self._by(second.via[0]) if second.via else self.entries(second.code)

    def _are_parallel(self, first: Spawn | str, one: Second, second: Spawn | str, other: Second) -> bool:
        """Whether two runs that begin so may come to the two places at the same time."""
        if isinstance(first, Spawn) and isinstance(second, Spawn):
            return self._parallel.may_meet(first, second)
        if isinstance(first, Spawn):
            first, one, second, other = second, other, first, one
        if isinstance(second, Spawn):
            code, order = (one.via[0].caller, one.via[0].site.order) if one.via else (one.code, one.where)
            return first != "main" or self._parallel.may_come_beside(second, code, order)
        return first == second == "outside"  # a library with locks of its own expects to be called by several threads

    def _by(self, edge: Edge) -> frozenset[Spawn | str]:
        handed = [d for d in self._dispatches.by_code.get(edge.callee, ()) if d.site is not None]
        own = [d for d in handed if d.site is not None and d.site.order == edge.site.order and d.where is edge.caller]
        return frozenset(own) or self.entries(edge.caller)

    def entries(self, code: Code) -> frozenset[Spawn | str]:
        """Where the runs of a function begin: dispatches, "main" for the module's body, "outside" for a
        function that nobody in the project calls."""
        if code not in self._entries:
            found: set[Spawn | str] = set()
            callers = {
                each: [edge for edge in self._locks.callers(each) if edge.runs]
                for each in reached(self._graph, [code], up=True, callers=self._locks.callers)
            }
            for each, edges in callers.items():
                dispatches = [d for d in self._dispatches.by_code.get(each, ()) if d.on in ("thread", "task")]
                found.update(dispatches)
                if each.scope.kind in ("module", "class"):
                    found.add("main")
                elif not edges and not dispatches:
                    found.add("outside")
            self._entries[code] = frozenset(found)
        return self._entries[code]


def _conditions(hold: Hold) -> Iterator[tuple[Condition, ...]]:
    yield hold.taking.context.conditions
    yield from (edge.site.context.conditions for edge in hold.via[1:])


def _is_signal(hold: Hold) -> bool:
    """Whether a function takes a lock of its own once more that it has given to others: it waits for their release."""
    token = hold.lock.token
    if hold.via or hold.taking.site is None or not isinstance(token, Path):
        return False
    return token.kind == "local" and mentions_of(token.name, token.home).escapes


def _is_tried(hold: Hold) -> bool:
    """Whether the way to the taking goes through `if lock.acquire(False):`, where whoever holds it does not get."""
    return any(
        isinstance(part, Call)
        and isinstance(part.function, Attribute)
        and part.function.attr == "acquire"
        and not waits_for_ever(part)
        and spelled(part.function.value) == hold.lock.spelling
        for edge in hold.via
        for condition in edge.site.context.conditions
        if condition.holds
        for part in walk(condition.test)
    )


def as_edge(dispatch: Spawn, evaluator: Evaluator) -> Edge | None:
    """A dispatch as the call of the function that it hands over, with the arguments it will get."""
    site = dispatch.site
    role = evaluator.roles.runs(dispatch.name)
    if site is None or role is None or dispatch.hook is not None:
        return None
    work: Expression | None = given(merged(dispatch.value, site.call), *role.work) or given(site.call, *role.work)
    if work is None:
        return None
    arguments = [Argument(value, None, 0) for value in dispatch.passed]
    arguments += [Argument(value, name, 0) for name, value in dispatch.named.items()]
    call = Call(work, tuple(arguments), site.call.at)
    pseudo = CallSite(call, site.context, site.order, site.statement, False, True)
    return Edge(dispatch.where, pseudo, dispatch.code, dispatch.value)
