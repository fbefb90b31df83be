"""Compound statements as records: branches, loops, `try`, `with`, `match`, and the ways between their blocks."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Literal

import libcst as cst

from concurlint.facts.blocks import Loop as Around
from concurlint.facts.blocks import Pending, Region
from concurlint.facts.flow import Way
from concurlint.facts.records import Attempt, Branch, Condition, Context, Entered, Handler, Loop
from concurlint.facts.statements import SimpleStatements
from concurlint.facts.syntax import Collection, Compare, Constant, Expression, Place, spelled

_CATCH_ALL = {"BaseException", "builtins.BaseException"}
_CATCH_MOST = {"Exception", "builtins.Exception"}


class CompoundStatements(SimpleStatements):
    """Reads the statements that hold others; each handler tells whether the block ends there."""

    def __init__(self, positions: dict[cst.CSTNode, Place]) -> None:
        super().__init__(positions)
        self._blocks = 1
        self._attempts = 0
        self._statements: dict[type, Callable[[Any], bool]] = {
            cst.SimpleStatementLine: self._line,
            cst.SimpleStatementSuite: self._line,
            cst.If: self._if,
            cst.For: self._for,
            cst.While: self._while,
            cst.Try: self._try,
            cst.TryStar: self._try,
            cst.With: self._with,
            cst.Match: self._match,
            **self._simple,
        }

    # blocks

    @contextmanager
    def _inside(self, **changes: Any) -> Iterator[int]:
        """A new block below the current one; the number it got is given."""
        number = self._blocks
        self._blocks += 1
        outer = self.context
        self.context = replace(outer, blocks=(*outer.blocks, number), **changes)
        try:
            yield number
        finally:
            self.context = outer

    def body(self, statements: Sequence[cst.CSTNode]) -> bool:
        """Collect the statements of one block; whether the block always leaves early."""
        ends = False
        for statement in statements:
            handler = self._statements.get(type(statement))
            if handler is not None:
                ends = handler(statement) or ends
        return ends

    def _suite(self, body: cst.BaseSuite, **changes: Any) -> tuple[int, bool]:
        with self._inside(**changes) as number:
            return number, self.body(body.body)

    def _line(self, node: cst.SimpleStatementLine | cst.SimpleStatementSuite) -> bool:
        ends = False
        for small in node.body:
            handler = self._statements.get(type(small))
            if handler is not None:
                self.statement = self.place(small)
                ends = handler(small) or ends
        return ends

    # branches and loops

    def _if(self, node: cst.If) -> bool:
        self.statement = self.place(node.test)
        test, then, otherwise = self.decide(node.test)
        order = self.next_order()
        conditions = self.context.conditions
        yes, no = Condition(test, True), Condition(test, False)
        self.flow.begin(then)
        body, body_ends = self._suite(node.body, conditions=(*conditions, yes))
        ends = self.flow.leave()
        orelse: int | None = None
        else_ends = False
        if node.orelse is not None:
            self.flow.begin(otherwise)
            with self._inside(conditions=(*conditions, no)) as orelse:
                if isinstance(node.orelse, cst.If):
                    else_ends = self._if(node.orelse)
                else:
                    else_ends = self.body(node.orelse.body.body)
            otherwise = self.flow.leave()
        self.flow.begin(ends + otherwise)
        at = self.place(node.test)
        self.scope.branches.append(Branch(test, self.context, order, body, orelse, at, body_ends, else_ends))
        if body_ends and not else_ends:
            self.context = replace(self.context, conditions=(*self.context.conditions, no))
        elif else_ends and not body_ends:
            self.context = replace(self.context, conditions=(*self.context.conditions, yes))
        return body_ends and else_ends

    def _for(self, node: cst.For) -> bool:
        self.statement = self.place(node.iter)
        iterable = self.expression(node.iter)
        is_async = node.asynchronous is not None
        around = self.flow.open_loop(self.flow.begin(self.flow.leave()))
        loop = self.open_loop("for", self.place(node.iter), iterable=iterable, is_async=is_async)
        if is_async:
            self.note_await(iterable, self.place(node.iter))
        item, done = self.flow.fork(Way.ITEM, Way.DONE, None)
        self.flow.begin(item)
        with self._inside(loops=(*self.context.loops, loop.number)) as loop.block:
            loop.target = self.bind_target(node.target, "for", iterable)
            self.body(node.body.body)
        self._after_loop(loop, around, done, node.orelse)
        return False

    def _while(self, node: cst.While) -> bool:
        around = self.flow.open_loop(self.flow.begin(self.flow.leave()))
        loop = self.open_loop("while", self.place(node.test))
        with self._inside(loops=(*self.context.loops, loop.number)) as loop.block:
            self.statement = self.place(node.test)
            loop.iterable, on, done = self.decide(node.test)
            order = self.next_order()
            self.scope.branches.append(Branch(loop.iterable, self.context, order, loop.block, None, loop.at, False))
            self.flow.begin(on)
            self.body(node.body.body)
        self._after_loop(loop, around, done, node.orelse)
        forever = isinstance(loop.iterable, Constant) and bool(loop.iterable.value)
        return forever and not loop.leaves

    def _after_loop(self, loop: Loop, around: Around, done: Pending, orelse: cst.Else | None) -> None:
        """The end of a loop's body; `else` is for those who do not break."""
        breaks = self.flow.close_loop(around)
        self.flow.begin(done)
        self.close_loop(loop)
        if orelse is not None:
            self._suite(orelse.body)
        self.flow.join(breaks)

    # statements that see exceptions

    def _try(self, node: cst.Try | cst.TryStar) -> bool:
        self._attempts += 1
        number, flow = self._attempts, self.flow
        region = flow.enter() if node.finalbody is not None else None
        outer = flow.catch
        if node.handlers:
            flow.catching()
        dispatch, order = flow.catch, flow.order
        _, ends = self._suite(node.body, attempts=self._part(number, "body"))
        if flow.order == order:
            flow.note_operation()  # at least a name may be missing
        on, flow.catch = flow.leave(), outer
        handled, handlers_end = self._handlers(node, number, dispatch) if node.handlers else ([], True)
        flow.begin(on)
        if node.orelse is not None:
            ends = self._suite(node.orelse.body, attempts=self._part(number, "else"))[1] or ends
        flow.join(handled)
        if region is not None and node.finalbody is not None and self._finally(node.finalbody, number, region):
            return True
        return ends and handlers_end

    def _part(self, number: int, name: Literal["body", "handler", "else", "finally"]) -> tuple[Attempt, ...]:
        return (*self.context.attempts, Attempt(number, name))

    def _finally(self, node: cst.Finally, number: int, region: Region) -> bool:
        leaves: list[bool] = []
        attempts = self._part(number, "finally")
        on = self.flow.exit(
            region, self.flow.leave(), lambda: leaves.append(self._suite(node.body, attempts=attempts)[1])
        )
        self.flow.begin(on)
        return leaves[0]

    def _handlers(self, node: cst.Try | cst.TryStar, number: int, dispatch: int) -> tuple[Pending, bool]:
        """The `except` clauses, each asked after those before it; the ways on, and whether all of them leave."""
        flow, is_group = self.flow, isinstance(node, cst.TryStar)
        outer, around = flow.catch, self.context
        ends: Pending = []
        all_leave, missed = True, Way.UNCAUGHT
        flow.place(dispatch)
        for handler in node.handlers:
            with self._inside(attempts=self._part(number, "handler")) as block:
                caught, types = self._caught(handler)
                asked = flow.leave()
                flow.catch = flow.reserve() if is_group else outer
                flow.begin([(source, Way.CAUGHT, caught) for source, _, _ in asked])
                leaves = self._handler(handler, caught, types, (number, block), around)
            all_leave = all_leave and leaves
            names = {spelled(kind) for kind in types}
            missed = Way.UNCAUGHT_BASE if names & _CATCH_MOST else missed
            catches_all = not types or names & _CATCH_ALL
            others: Pending = [] if catches_all else [(source, missed, None) for source, _, _ in asked]
            if is_group:
                following, flow.catch = flow.catch, outer
                flow.lead(flow.leave() + others, following)
                flow.place(following)
            else:
                ends += flow.leave()
                flow.begin(others)
        rest = flow.leave()
        flow.raise_(rest)
        return (rest if is_group else ends), all_leave

    def _caught(
        self, node: cst.ExceptHandler | cst.ExceptStarHandler
    ) -> tuple[Expression | None, tuple[Expression, ...]]:
        """What a clause names, as it stands and one by one."""
        if node.type is None:
            return None, ()
        self.statement = self.place(node.type)
        caught = self.expression(node.type)
        return caught, caught.items if isinstance(caught, Collection) else (caught,)

    def _handler(
        self,
        node: cst.ExceptHandler | cst.ExceptStarHandler,
        caught: Expression | None,
        types: tuple[Expression, ...],
        number: tuple[int, int],
        around: Context,
    ) -> bool:
        """One `except` clause, once what it names is read; whether its body always leaves."""
        if node.name is not None and isinstance(node.name.name, cst.Name):
            self.bind(node.name.name.value, "except", caught, self.place(node.name.name))
        raised, continued = self.raises, self.continues
        leaves = self.body(node.body.body)
        reraises, continues = self.raises > raised, self.continues > continued
        attempt, block = number
        place = self.place(node)
        self.scope.handlers.append(Handler(attempt, types, block, place, reraises, leaves, continues, around))
        return leaves

    def _with(self, node: cst.With) -> bool:
        is_async = node.asynchronous is not None
        entered = self.context.entered
        regions: list[tuple[Region, int]] = []
        block = self._blocks
        for item in node.items:
            self.statement = self.place(item.item)
            manager = self.expression(item.item)
            place = self.place(item.item)
            record = Entered(manager, is_async, place, block)
            order = self.next_order()
            self.scope.entered.append((record, replace(self.context, entered=entered), order))
            if is_async:
                self.note_await(manager, place)
            regions.append((self.flow.enter(), order))
            if item.asname is not None:
                self.bind_target(item.asname.name, "with", manager)
            entered = (*entered, record)
        _, ends = self._suite(node.body, entered=entered)
        on = self.flow.leave()
        for region, order in reversed(regions):
            on = self.flow.exit_with(region, order, on)
        self.flow.begin(on)
        # a context manager may swallow the exception, so only a return is sure to leave
        return ends and not _last_is_raise(node.body)

    # patterns

    def _match(self, node: cst.Match) -> bool:
        self.statement = self.place(node.subject)
        subject = self.expression(node.subject)
        known = self.context.conditions
        ends: Pending = []
        for case in node.cases:
            test = self._asks(subject, case.pattern)
            matched, missed = self.flow.fork(Way.CASE, Way.NO_CASE, test)
            if _is_irrefutable(case.pattern):
                missed = []
            self.flow.begin(matched)
            meets = (Condition(test, True),) if test is not None else ()
            with self._inside(conditions=(*known, *meets)):
                for name in _captured(case.pattern):
                    self.bind(name.value, "match", None, self.place(name))
                if case.guard is not None:
                    _, passed, refused = self.decide(case.guard)
                    self.flow.begin(passed)
                    missed = missed + refused
                self.body(case.body.body)
            ends += self.flow.leave()
            self.flow.begin(missed)
            if test is not None and case.guard is None:
                known = (*known, Condition(test, False))
        self.flow.join(ends)
        return False

    def _asks(self, subject: Expression, pattern: cst.MatchPattern) -> Expression | None:
        """The comparison that a pattern of nothing but values makes."""
        if isinstance(pattern, cst.MatchAs) and pattern.pattern is not None:
            return self._asks(subject, pattern.pattern)
        if isinstance(pattern, cst.MatchSingleton):
            return Compare(subject, (("Is", self.expression(pattern.value)),), subject.at)
        if isinstance(pattern, cst.MatchValue):
            return Compare(subject, (("Equal", self.expression(pattern.value)),), subject.at)
        if isinstance(pattern, cst.MatchOr) and all(isinstance(e.pattern, cst.MatchValue) for e in pattern.patterns):
            values = tuple(self.expression(getattr(e.pattern, "value")) for e in pattern.patterns)  # noqa: B009
            return Compare(subject, (("In", Collection("tuple", values, subject.at)),), subject.at)
        return None


def _is_irrefutable(pattern: cst.MatchPattern) -> bool:
    """Whether a pattern matches whatever comes."""
    if isinstance(pattern, cst.MatchAs):
        return pattern.pattern is None or _is_irrefutable(pattern.pattern)
    return isinstance(pattern, cst.MatchOr) and any(_is_irrefutable(e.pattern) for e in pattern.patterns)


def _last_is_raise(body: cst.BaseSuite) -> bool:
    last = body.body[-1] if body.body else None
    if isinstance(last, cst.SimpleStatementLine):
        return any(isinstance(small, cst.Raise) for small in last.body)
    return isinstance(last, cst.Raise)


def _captured(pattern: cst.CSTNode) -> Iterator[cst.Name]:
    if isinstance(pattern, (cst.MatchAs, cst.MatchStar)) and pattern.name is not None:
        yield pattern.name
    if isinstance(pattern, cst.MatchMapping) and pattern.rest is not None:
        yield pattern.rest
    for child in pattern.children:
        if not isinstance(child, cst.BaseExpression):
            yield from _captured(child)
