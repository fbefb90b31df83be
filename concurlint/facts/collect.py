"""One file's LibCST tree → its records: the one visitor, and the only one to keep a stack."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Literal

import libcst as cst

from concurlint.facts.positions import places
from concurlint.facts.records import (
    Attempt,
    Branch,
    Condition,
    Entered,
    Handler,
    ModuleFacts,
)
from concurlint.facts.statements import SimpleStatements
from concurlint.facts.syntax import Collection, Compare, Constant, Expression


def collect(tree: cst.Module) -> ModuleFacts:
    """The records of a parsed file; pure, so that it can run in another process and be cached."""
    return _Collector(tree).module()


class _Collector(SimpleStatements):
    """Walks statements; simple ones and expressions are read by its bases."""

    def __init__(self, tree: cst.Module) -> None:
        super().__init__(places(tree))
        self._tree = tree
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
            cst.FunctionDef: self._function,
            cst.ClassDef: self._class,
            cst.Match: self._match,
            **self._simple,
        }

    def module(self) -> ModuleFacts:
        scope = self.open_scope("module", "", (1, 1, 1, 1))
        self.scope = scope
        self._body(self._tree.body)
        return ModuleFacts(self.scopes, self._stars, self._exported())

    def _exported(self) -> tuple[str, ...] | None:
        names: list[str] = []
        bound = self.scopes[0].bindings.get("__all__")
        if not bound:
            return None
        for binding in bound:
            if not isinstance(binding.value, Collection):
                return None
            names += [i.value for i in binding.value.items if isinstance(i, Constant) and isinstance(i.value, str)]
        return tuple(names)

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

    def _body(self, statements: Sequence[cst.CSTNode]) -> bool:
        """Collect the statements of one block; whether the block always leaves early."""
        ends = False
        for statement in statements:
            handler = self._statements.get(type(statement))
            if handler is not None:
                ends = handler(statement) or ends
        return ends

    def _suite(self, body: cst.BaseSuite, **changes: Any) -> tuple[int, bool]:
        with self._inside(**changes) as number:
            return number, self._body(body.body)

    def _line(self, node: cst.SimpleStatementLine | cst.SimpleStatementSuite) -> bool:
        ends = False
        for small in node.body:
            handler = self._statements.get(type(small))
            if handler is not None:
                self.statement = self.place(small)
                ends = handler(small) or ends
        return ends

    # compound statements

    def _if(self, node: cst.If) -> bool:
        self.statement = self.place(node.test)
        test = self.expression(node.test)
        order = self.next_order()
        conditions = self.context.conditions
        yes, no = Condition(test, True), Condition(test, False)
        body, body_ends = self._suite(node.body, conditions=(*conditions, yes))
        orelse: int | None = None
        else_ends = False
        if node.orelse is not None:
            with self._inside(conditions=(*conditions, no)) as orelse:
                if isinstance(node.orelse, cst.If):
                    else_ends = self._if(node.orelse)
                else:
                    else_ends = self._body(node.orelse.body.body)
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
        loop = self.open_loop("for", self.place(node.iter), iterable=iterable, is_async=is_async)
        if is_async:
            self.note_await(iterable, self.place(node.iter))
        with self._inside(loops=(*self.context.loops, loop.number)) as loop.block:
            loop.target = self.bind_target(node.target, "for", iterable)
            self._body(node.body.body)
        self.close_loop(loop)
        if node.orelse is not None:
            self._suite(node.orelse.body)
        return False

    def _while(self, node: cst.While) -> bool:
        loop = self.open_loop("while", self.place(node.test))
        with self._inside(loops=(*self.context.loops, loop.number)) as loop.block:
            self.statement = self.place(node.test)
            loop.iterable = self.expression(node.test)
            order = self.next_order()
            self.scope.branches.append(Branch(loop.iterable, self.context, order, loop.block, None, loop.at, False))
            self._body(node.body.body)
        self.close_loop(loop)
        if node.orelse is not None:
            self._suite(node.orelse.body)
        forever = isinstance(loop.iterable, Constant) and bool(loop.iterable.value)
        return forever and not loop.leaves

    def _try(self, node: cst.Try | cst.TryStar) -> bool:
        self._attempts += 1
        number, around = self._attempts, self.context

        def part(name: Literal["body", "handler", "else", "finally"]) -> tuple[Attempt, ...]:
            return (*self.context.attempts, Attempt(number, name))

        _, ends = self._suite(node.body, attempts=part("body"))
        handlers_end = True
        for handler in node.handlers:
            with self._inside(attempts=part("handler")) as block:
                types: tuple[Expression, ...] = ()
                if handler.type is not None:
                    self.statement = self.place(handler.type)
                    caught = self.expression(handler.type)
                    types = caught.items if isinstance(caught, Collection) else (caught,)
                    if handler.name is not None and isinstance(handler.name.name, cst.Name):
                        self.bind(handler.name.name.value, "except", caught, self.place(handler.name.name))
                raised, continued = self.raises, self.continues
                leaves = self._body(handler.body.body)
                handlers_end = handlers_end and leaves
                reraises, continues = self.raises > raised, self.continues > continued
                place = self.place(handler)
                self.scope.handlers.append(Handler(number, types, block, place, reraises, leaves, continues, around))
        if node.orelse is not None:
            ends = self._suite(node.orelse.body, attempts=part("else"))[1] or ends
        if node.finalbody is not None and self._suite(node.finalbody.body, attempts=part("finally"))[1]:
            return True
        return ends and handlers_end

    def _with(self, node: cst.With) -> bool:
        is_async = node.asynchronous is not None
        entered = self.context.entered
        block = self._blocks
        for item in node.items:
            self.statement = self.place(item.item)
            manager = self.expression(item.item)
            place = self.place(item.item)
            record = Entered(manager, is_async, place, block)
            self.scope.entered.append((record, replace(self.context, entered=entered), self.next_order()))
            if is_async:
                self.note_await(manager, place)
            if item.asname is not None:
                self.bind_target(item.asname.name, "with", manager)
            entered = (*entered, record)
        _, ends = self._suite(node.body, entered=entered)
        # a context manager may swallow the exception, so only a return is sure to leave
        return ends and not _last_is_raise(node.body)

    def _match(self, node: cst.Match) -> bool:
        self.statement = self.place(node.subject)
        subject = self.expression(node.subject)
        known = self.context.conditions
        for case in node.cases:
            test = self._asks(subject, case.pattern)
            meets = (Condition(test, True),) if test is not None else ()
            with self._inside(conditions=(*known, *meets)):
                for name in _captured(case.pattern):
                    self.bind(name.value, "match", None, self.place(name))
                if case.guard is not None:
                    self.expression(case.guard)
                self._body(case.body.body)
            if test is not None and case.guard is None:
                known = (*known, Condition(test, False))
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

    # definitions

    def _function(self, node: cst.FunctionDef) -> bool:
        self.statement = self.place(node.name)
        decorators = tuple(self.expression(d.decorator) for d in node.decorators)
        parameters = self.parameters(node.params)
        returns = self.annotation(node.returns)
        scope = self.open_scope("function", node.name.value, self.place(node.name))
        scope.decorators = decorators
        scope.parameters = parameters
        scope.returns = returns
        scope.is_async = node.asynchronous is not None
        self.bind(node.name.value, "def", None, self.place(node.name), scope=scope.number)
        with self.within(scope):
            self.bind_parameters(scope)
            self._body(node.body.body)
        return False

    def _class(self, node: cst.ClassDef) -> bool:
        self.statement = self.place(node.name)
        decorators = tuple(self.expression(d.decorator) for d in node.decorators)
        bases = tuple(self.argument(a) for a in (*node.bases, *node.keywords))
        scope = self.open_scope("class", node.name.value, self.place(node.name))
        scope.decorators = decorators
        scope.bases = bases
        self.bind(node.name.value, "class", None, self.place(node.name), scope=scope.number)
        with self.within(scope):
            self._body(node.body.body)
        return False


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
