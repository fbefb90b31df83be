"""Whether what one place of a function opens is closed on every way on from there, by its control-flow graph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from concurlint.catalog.traits import spelt
from concurlint.effects.flow.cfg import Cfg, Edge, Reach
from concurlint.facts.flow import RETURNED, Way
from concurlint.facts.records import Condition, Context, Handler, Returned
from concurlint.facts.syntax import (
    Call,
    Compare,
    Constant,
    Expression,
    Logic,
    Name,
    Place,
    Unary,
    children,
    spelled,
    walk,
)

_OUTCOMES = {Way.TRUE: True, Way.FALSE: False, Way.CASE: True, Way.NO_CASE: False}
_CHOICES = {*_OUTCOMES, Way.ITEM, Way.DONE}
_EMPTY = {"Is": False, "Equal": False, "IsNot": True, "NotEqual": True}
"""How a comparison with `None` comes out for what is open."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A place in a function: the context it stands in and its order number."""

    context: Context
    order: int


@dataclass(frozen=True, slots=True)
class OpenEnd:
    """A way on that misses every closing: where it leaves, and in words what happens there."""

    at: Place
    what: str


class Typestate:
    """The ways on from where a function opens something that it has under a name.

    A test of the name itself comes out as for what is open, and one of what was known at the opening as it did there.
    An exception is followed where a clause catches it that takes all, or that leaves the function.
    """

    def __init__(self, cfg: Cfg, name: str, opened: Moment, closed: Sequence[Moment]) -> None:
        self._cfg, self._scope = cfg, cfg.scope
        self._name, self._opened, self._closed = name, opened, closed
        self._ends = {moment.order for moment in closed}
        self._known = [one for condition in opened.context.conditions for one in _parts(condition)]
        asked = [c for moment in closed for c in moment.context.conditions if _mentions(c.test, name)]
        looped = {n for moment in closed for n in moment.context.loops if n not in opened.context.loops}
        self._looped = [self._scope.loops[number] for number in looped]
        asked += [Condition(loop.iterable, True) for loop in self._looped if loop.kind == "while" and loop.iterable]
        self._wanted = {one.test: one.holds for condition in asked for one in _parts(condition)}
        self._handlers = {kind: handler for handler in self._scope.handlers for kind in handler.types}

    def gap(self) -> OpenEnd | None:
        """The first way on that none of the closings is on, and that leaves the function; None if there is none."""
        way = self._cfg.after(self._opened.order, self._ends, self._is_followed).way_out(RETURNED)
        return self._in_words(way) if way is not None else None

    # which ways are followed

    def _is_followed(self, edge: Edge) -> bool:
        if edge.raised in self._ends:
            return False  # that closing fails is another matter
        if edge.way is Way.CAUGHT:
            return self._is_caught(self._handler(edge))
        if edge.way is Way.DONE:  # that a loop which closes never turned, or found nothing to close, is not followed
            orders = self._cfg.orders(edge.source)
            return not any(loop.order in orders for loop in self._looped)
        outcome = _OUTCOMES.get(edge.way)
        if outcome is None or edge.test is None:
            return True
        return not any(self._rules_out(one) for one in _parts(Condition(edge.test, outcome)))

    def _rules_out(self, outcome: Condition) -> bool:
        """Whether a test does not come out so on these ways."""
        wanted = self._wanted.get(outcome.test)
        if _mentions(outcome.test, self._name):
            is_open = _asks_whether_there_is(outcome.test)
            wanted = wanted if is_open is None else is_open
        if wanted is not None:
            return wanted is not outcome.holds
        return any(known.holds is not outcome.holds and alike(known.test, outcome.test) for known in self._known)

    def _handler(self, edge: Edge) -> Handler | None:
        """The clause that an edge leads into."""
        if edge.test is None:
            bare = [handler for handler in self._scope.handlers if not handler.types]
            return bare[0] if bare else None
        kinds = (edge.test, *children(edge.test))
        return next((self._handlers[kind] for kind in kinds if kind in self._handlers), None)

    def _is_caught(self, handler: Handler | None) -> bool:
        if handler is None or any(spelt("catches-all", spelled(kind)) for kind in handler.types) or not handler.types:
            return True
        return handler.leaves and not self._is_tried(handler)

    def _is_tried(self, handler: Handler) -> bool:
        """Whether the opening itself stands in the `try` of a clause."""
        attempts = self._opened.context.attempts
        return any(attempt.number == handler.attempt and attempt.part == "body" for attempt in attempts)

    # in words

    def _in_words(self, way: list[Edge]) -> OpenEnd:
        caught = (self._handler(edge) for edge in way if edge.way is Way.CAUGHT)
        handler = next((one for one in caught if one is not None), None)
        returned = self._returned(way)
        if returned is not None and (handler is None or self._leaves_by(handler, returned)):
            return OpenEnd(returned.at, "this `return` comes first")
        if handler is not None:
            return OpenEnd(handler.at, "an exception that is caught here skips the closing")
        missed = (self._missed(edge) for edge in reversed(way))
        found = next((one for one in missed if one is not None), None)
        return found or self._only_caught() or OpenEnd(self._scope.at, "it ends without having closed it")

    def _returned(self, way: list[Edge]) -> Returned | None:
        """The `return` that a way comes by, if those that close do not come there as well."""
        blocks = [self._cfg.orders(edge.source) for edge in way if edge.raised is None]
        found = (one for one in self._scope.returned for orders in blocks if one.order in orders)
        return next((one for one in found if not any(one.order in self._cfg.after(end) for end in self._ends)), None)

    def _leaves_by(self, handler: Handler, returned: Returned) -> bool:
        return handler.block in returned.context.blocks and not self._is_tried(handler)

    def _missed(self, edge: Edge) -> OpenEnd | None:
        """The place at which a way turns off one that would have closed."""
        if edge.way is Way.SUPPRESSED:
            exits = (self._cfg.exits[o] for o in self._cfg.orders(edge.source) if o in self._cfg.exits)
            return OpenEnd(next(exits).at, "an exception that is taken here skips the closing")
        others = [other for other in self._cfg.edges[edge.source] if other is not edge]
        if edge.way not in _CHOICES or not any(self._closes(other) for other in others):
            return None
        if edge.test is None:
            closing = (site.statement for site in self._scope.calls if site.order in self._ends)
            return OpenEnd(next(closing, self._scope.at), "only this way on closes it")
        around = (b.at for b in self._scope.branches if any(part is edge.test for part in _operands(b.test)))
        return OpenEnd(next(around, edge.test.at), "only one outcome of this test closes it")

    def _closes(self, edge: Edge) -> bool:
        start = self._cfg.orders(edge.target).start - 1
        reach = Reach(self._cfg, [(edge.target, start)], (), lambda way: way.raised is None)
        return any(end in reach for end in self._ends)

    def _only_caught(self) -> OpenEnd | None:
        blocks = {block for moment in self._closed for block in moment.context.blocks}
        at = next((handler.at for handler in self._scope.handlers if handler.block in blocks), None)
        return OpenEnd(at, "it is closed only if this exception comes") if at is not None else None


def _parts(condition: Condition) -> Iterator[Condition]:
    """What must have come out how, each by itself, for a condition: `a` and `not b` for `a and not b`."""
    test, holds = condition.test, condition.holds
    if isinstance(test, Unary) and test.operator == "Not":
        yield from _parts(Condition(test.operand, not holds))
    elif isinstance(test, Logic) and (test.operator == "and") is holds:
        for value in test.values:
            yield from _parts(Condition(value, holds))
    else:
        yield condition


def _operands(test: Expression) -> Iterator[Expression]:
    yield test
    if isinstance(test, (Logic, Unary)):
        for child in children(test):
            yield from _operands(child)


def _mentions(test: Expression, name: str) -> bool:
    return any(isinstance(part, Name) and part.id == name for part in walk(test))


def _asks_whether_there_is(test: Expression) -> bool | None:
    """How a test comes out for what is open, if it asks whether there is anything under the name."""
    if isinstance(test, Name):
        return True
    if isinstance(test, Compare) and isinstance(test.left, Name) and len(test.rest) == 1:
        sign, right = test.rest[0]
        if isinstance(right, Constant) and right.value is None:
            return _EMPTY.get(sign)
    return None


def alike(one: Expression, other: Expression) -> bool:
    """Whether two expressions are written the same way, wherever they stand; calls may differ from time to time."""
    if one is other:
        return True
    if type(one) is not type(other) or isinstance(one, Call):
        return False
    if isinstance(one, Name) and isinstance(other, Name):
        return one.id == other.id
    if isinstance(one, Constant) and isinstance(other, Constant):
        return one.value == other.value and type(one.value) is type(other.value)
    for word in ("attr", "operator", "kind"):
        if getattr(one, word, None) != getattr(other, word, None):
            return False
    operators = [[operator for operator, _ in getattr(each, "rest", ())] for each in (one, other)]
    mine, theirs = list(children(one)), list(children(other))
    if operators[0] != operators[1] or len(mine) != len(theirs) or not mine:
        return False
    return all(alike(a, b) for a, b in zip(mine, theirs, strict=True))
