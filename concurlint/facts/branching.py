"""Expressions of which not all parts run: `and`, `or`, `if … else`, comprehensions; and tests."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeAlias

import libcst as cst

from concurlint.facts.blocks import Pending
from concurlint.facts.flow import Way
from concurlint.facts.recording import Recorder
from concurlint.facts.records import Condition, Context, Loop
from concurlint.facts.syntax import Choice, Compare, Comprehension, Constant, Expression, Logic, Place, Unary

Decision: TypeAlias = tuple[Expression, Pending, Pending]
"""A test, the ways on from it where it comes out true, and those where it does not."""


class Branching(Recorder):
    """Reads what lies on both sides of a test into blocks of the control-flow graph of their own."""

    def __init__(self, positions: dict[cst.CSTNode, Place]) -> None:
        super().__init__(positions)
        self._fresh = 0

    def decide(self, node: cst.BaseExpression) -> Decision:
        """Read a test; its operands are asked one by one, and a constant has one way on."""
        if isinstance(node, cst.BooleanOperation):
            return self._decide_logic(node)
        if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Not):
            operand, yes, no = self.decide(node.expression)
            return Unary("Not", operand, self.place(node)), no, yes
        refused: Pending = []
        if isinstance(node, cst.Comparison):
            test, refused = self._compared(node)
        else:
            test = self.expression(node)
        yes, no = self.flow.fork(Way.TRUE, Way.FALSE, test)
        if isinstance(test, Constant):
            return (test, yes, []) if test.value else (test, [], no)
        return test, yes, no + refused

    def _decide_logic(self, node: cst.BooleanOperation) -> Decision:
        left, yes, no = self.decide(node.left)
        is_and = isinstance(node.operator, cst.And)
        self.flow.begin(yes if is_and else no)
        outer = self._given(left, is_and)
        right, right_yes, right_no = self.decide(node.right)
        self.context = outer
        test = Logic("and" if is_and else "or", (left, right), self.place(node))
        return (test, right_yes, no + right_no) if is_and else (test, yes + right_yes, right_no)

    def _given(self, test: Expression, holds: bool) -> Context:
        """From here on the test has come out so; the context that was is given."""
        outer = self.context
        self.context = replace(outer, conditions=(*outer.conditions, Condition(test, holds)))
        return outer

    def _under(self, test: Expression, holds: bool, node: cst.BaseExpression) -> Expression:
        outer = self._given(test, holds)
        lowered = self.expression(node)
        self.context = outer
        return lowered

    def logic(self, node: cst.BooleanOperation) -> Expression:
        """`and` and `or` whose value is wanted."""
        is_and, mark = isinstance(node.operator, cst.And), self.flow.mark()
        left, yes, no = self.decide(node.left)
        if not isinstance(left, (Logic, Unary)):
            mark = self.flow.mark()
        self.flow.begin(yes if is_and else no)
        right = self._under(left, is_and, node.right)
        if not self.flow.undo_idle(mark):
            self.flow.begin(self.flow.leave() + (no if is_and else yes))
        return Logic("and" if is_and else "or", (left, right), self.place(node))

    def compare(self, node: cst.Comparison) -> Expression:
        """A comparison whose value is wanted."""
        test, refused = self._compared(node)
        self.flow.join(refused)
        return test

    def _compared(self, node: cst.Comparison) -> tuple[Expression, Pending]:
        """A comparison, and the ways by which a chain of them ends before the last."""
        self.count_operation()
        left = before = self.expression(node.left)
        rest: list[tuple[str, Expression]] = []
        refused: Pending = []
        mark = self.flow.mark()
        for target in node.comparisons:
            if rest:
                mark = mark if refused else self.flow.mark()
                so_far = Compare(before, (rest[-1],), self.place(node))
                yes, no = self.flow.fork(Way.TRUE, Way.FALSE, so_far)
                self.flow.begin(yes)
                refused, before = refused + no, rest[-1][1]
            rest.append((type(target.operator).__name__, self.expression(target.comparator)))
        if refused and self.flow.undo_idle(mark):
            refused = []
        if rest[0][0] not in ("Is", "IsNot"):
            self.note_operation()
        return Compare(left, tuple(rest), self.place(node)), refused

    def choice(self, node: cst.IfExp) -> Expression:
        """`body if test else orelse`."""
        mark = self.flow.mark()
        test, yes, no = self.decide(node.test)
        self.flow.begin(yes)
        body = self._under(test, True, node.body)
        ends = self.flow.leave()
        self.flow.begin(no)
        orelse = self._under(test, False, node.orelse)
        if not self.flow.undo_idle(mark):
            self.flow.begin(ends + self.flow.leave())
        return Choice(test, body, orelse, self.place(node))

    def comprehension(self, node: cst.ListComp | cst.SetComp | cst.DictComp | cst.GeneratorExp) -> Expression:
        """A comprehension; the names it binds get new ones."""
        outer = self.context
        deferred = outer.deferred or isinstance(node, cst.GeneratorExp)
        opened: list[tuple[Loop, int, Pending]] = []
        before = len(outer.conditions)
        clause: cst.CompFor | None = node.for_in
        while clause is not None:
            opened.append(self._clause(clause, first=not opened, deferred=deferred))
            clause = clause.inner_for_in
        results: tuple[Expression, ...]
        if isinstance(node, cst.DictComp):
            results = (self.expression(node.key), self.expression(node.value))
        else:
            results = (self.expression(node.elt),)
        self._renames.pop()
        ends = self.flow.leave()
        for _, head, done in reversed(opened):
            self.flow.again(ends, head)
            ends = done
        self.flow.begin(ends)
        for loop, _, _ in reversed(opened):
            self.close_loop(loop)
        tests = tuple(condition.test for condition in self.context.conditions[before:])
        self.context = outer
        kind = {"ListComp": "list", "SetComp": "set", "DictComp": "dict"}.get(type(node).__name__, "generator")
        return Comprehension(kind, results, tuple(loop.number for loop, _, _ in opened), self.place(node), tests)

    def _clause(self, clause: cst.CompFor, *, first: bool, deferred: bool) -> tuple[Loop, int, Pending]:
        """One `for … in … if …`; the first iterable is evaluated outside the names of the comprehension.

        The block of its head, and the ways on when there are no more items, come with it.
        """
        iterable = self.expression(clause.iter)
        if first:
            self._renames.append({})
        is_async = clause.asynchronous is not None
        head = self.flow.begin(self.flow.leave())
        loop = self.open_loop("comprehension", self.place(clause.iter), iterable, is_async)
        if is_async:
            self.note_await(iterable, loop.at)
        item, done = self.flow.fork(Way.ITEM, Way.DONE, None)
        self.flow.begin(item)
        self.context = replace(self.context, loops=(*self.context.loops, loop.number), deferred=deferred)
        for name in _target_names(clause.target):
            self._fresh += 1
            self._renames[-1][name] = f"{name}@{self._fresh}"
        loop.target = self.bind_target(clause.target, "for", iterable)
        for condition in clause.ifs:
            test, yes, no = self.decide(condition.test)
            self.flow.again(no, head)
            self.flow.begin(yes)
            self.context = replace(self.context, conditions=(*self.context.conditions, Condition(test, True)))
        return loop, head, done


def _target_names(target: cst.CSTNode) -> Iterator[str]:
    if isinstance(target, cst.Name):
        yield target.value
    elif isinstance(target, (cst.Tuple, cst.List)):
        for element in target.elements:
            yield from _target_names(element.value)
