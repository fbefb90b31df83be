"""Whether what one place of a function opens is closed on every way on from there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from concurlint.catalog.traits import spelt
from concurlint.facts.records import Branch, Condition, Context, Returned
from concurlint.facts.syntax import Call, Constant, Expression, Name, Place, children, spelled, walk
from concurlint.project.modules import Code


@dataclass(frozen=True, slots=True)
class Moment:
    """A place in a function: the context it stands in and its turn in the order of evaluation."""

    context: Context
    order: int


@dataclass(frozen=True, slots=True)
class OpenEnd:
    """A way on that misses every closing: where it leaves, and in words what happens there."""

    at: Place
    what: str


class Typestate:
    """The ways on from a place in one function; exceptions that nobody catches there are not followed."""

    def __init__(self, code: Code, name: str) -> None:
        self._scope = code.scope
        self._name = name  # what is opened, so that a test whether there is anything to close counts as passed
        self._bodies = {branch.body: branch for branch in self._scope.branches}
        self._others = {branch.orelse: branch for branch in self._scope.branches if branch.orelse is not None}
        self._handlers = {handler.block: handler for handler in self._scope.handlers}
        self._loops = {loop.block for loop in self._scope.loops}

    def gap(self, opened: Moment, closed: Sequence[Moment]) -> OpenEnd | None:
        """The first way on from `opened` that none of `closed` is on; None if there is none."""
        later = [one for one in closed if one.order > opened.order]
        sure = self._surely(opened.context, later)
        for returned in self._scope.returned:
            if opened.order < returned.order < (sure or 1 << 30) and self._escapes(returned, opened, later):
                return OpenEnd(returned.at, "this `return` comes first")
        if sure is None:
            return self._one_sided(opened, later)
        return self._swallowed(opened, later)

    def never_ends(self, opened: Moment) -> bool:
        """Whether a loop without an end comes after, which keeps what was opened in use as long as the program runs."""
        return any(
            loop.kind == "while"
            and loop.order > opened.order
            and isinstance(loop.iterable, Constant)
            and bool(loop.iterable.value)
            and not loop.leaves
            for loop in self._scope.loops
        )

    def _surely(self, opened: Context, closed: Sequence[Moment]) -> int | None:
        """The turn by which every way has closed that does not leave before; None if some never does."""
        found = [one.order for one in closed if not self._conditional(one.context, opened)]
        for branch in self._scope.branches:
            inside = [one for one in closed if branch.body in one.context.blocks]
            beside = [one for one in closed if branch.orelse in one.context.blocks]
            ends = (branch.ends or self._is_sure_below(branch.body, inside), branch.else_ends or bool(beside))
            if (inside or beside) and all(ends) and not self._conditional(branch.context, opened):
                found.append(max(one.order for one in (*inside, *beside)))
        return min(found, default=None)

    def _is_sure_below(self, block: int, closed: Sequence[Moment]) -> bool:
        for one in closed:
            below = one.context.blocks[one.context.blocks.index(block) + 1 :]
            if not any(b in self._bodies or b in self._others or b in self._handlers for b in below):
                return True
        return False

    def _conditional(self, context: Context, opened: Context) -> bool:
        """Whether a place is only reached on some of the ways on from `opened`; how a loop is left is not followed."""
        if set(context.loops) - set(opened.loops):
            return False
        blocks = [block for block in context.blocks if block not in opened.blocks]
        return any(self._is_open_choice(block, opened) for block in blocks)

    def _is_open_choice(self, block: int, opened: Context) -> bool:
        if block in self._handlers:
            return True
        if block in self._loops:
            return False
        branch = self._bodies.get(block) or self._others.get(block)
        if branch is None or self._asks_for_it(branch):
            return False
        if (branch.ends and block in self._others) or (branch.else_ends and block in self._bodies):
            return False  # the other side leaves, and is looked at there
        outcome = Condition(branch.test, block in self._bodies)
        return not any(_same_outcome(outcome, known) for known in opened.conditions)

    def _asks_for_it(self, branch: Branch) -> bool:
        return any(isinstance(part, Name) and part.id == self._name for part in walk(branch.test))

    def _escapes(self, returned: Returned, opened: Moment, closed: Sequence[Moment]) -> bool:
        """Whether a return is on a way on from `opened`, with nothing closed before it or on its way out."""
        context = returned.context
        for block in context.blocks:
            branch = self._bodies.get(block) or self._others.get(block)
            if branch is not None and block not in opened.context.blocks:
                sibling = branch.orelse if block in self._bodies else branch.body
                if self._asks_for_it(branch) or sibling in opened.context.blocks:
                    return False
                outcome = Condition(branch.test, block not in self._bodies)
                if any(_same_outcome(outcome, known) for known in opened.context.conditions):
                    return False
        tried = {attempt.number for attempt in opened.context.attempts if attempt.part == "body"}
        if any(attempt.part == "handler" and attempt.number in tried for attempt in context.attempts):
            return False  # the opening itself may be what failed
        around = {attempt.number for attempt in context.attempts}
        for one in closed:
            if one.order < returned.order and not any(
                self._is_open_choice(block, opened.context)
                for block in one.context.blocks
                if block not in context.blocks
            ):
                return False
            if any(attempt.part == "finally" and attempt.number in around for attempt in one.context.attempts):
                return False
        return True

    def _one_sided(self, opened: Moment, closed: Sequence[Moment]) -> OpenEnd | None:
        """Closed on one side of a test only."""
        for one in closed:
            for block in one.context.blocks:
                branch = self._bodies.get(block) or self._others.get(block)
                if branch is not None and block not in opened.context.blocks and self._is_open_choice(
                    block, opened.context
                ):  # fmt: skip
                    return OpenEnd(branch.at, "only one outcome of this test closes it")
        for one in closed:
            handler = next((self._handlers[b] for b in one.context.blocks if b in self._handlers), None)
            if handler is not None and handler.block not in opened.context.blocks:
                return OpenEnd(handler.at, "it is closed only if this exception comes")
        return None

    def _swallowed(self, opened: Moment, closed: Sequence[Moment]) -> OpenEnd | None:
        """Closed at the end of a `try` whose handler goes on as if nothing had happened."""
        if any(not self._tried(one, opened) for one in closed if not self._conditional(one.context, opened.context)):
            return None
        numbers = {number for one in closed for number in self._tried(one, opened)}
        for handler in self._scope.handlers:
            if handler.attempt not in numbers or handler.reraises or self._leaves(handler.block):
                continue
            if any(handler.block in one.context.blocks for one in closed):
                continue
            if not handler.types or any(spelt("catches-all", spelled(kind)) for kind in handler.types):
                return OpenEnd(handler.at, "an exception that is caught here skips the closing")
        return None

    @staticmethod
    def _tried(closed: Moment, opened: Moment) -> set[int]:
        """The `try` statements whose handlers skip the closing."""
        return {attempt.number for attempt in closed.context.attempts if attempt.part in ("body", "else")} - {
            attempt.number for attempt in opened.context.attempts if attempt.part != "body"
        }

    def _leaves(self, block: int) -> bool:
        """Whether the block ends the program."""
        return any(
            block in site.context.blocks and spelt("ends-process", spelled(site.call.function))
            for site in self._scope.calls
        )


def _same_outcome(one: Condition, other: Condition) -> bool:
    return one.holds is other.holds and alike(one.test, other.test)


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
