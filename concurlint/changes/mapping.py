"""A loop that calls something with each item, as one call for all items: of a pool's workers, or of an event loop."""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from concurlint.facts.syntax import Place
from concurlint.rewriting.draft import Draft, Replacement, code_of, expression, names_in, replaced

Comprehension = cst.ListComp | cst.SetComp | cst.GeneratorExp | cst.DictComp

_BOUNDARIES = (cst.FunctionDef, cst.Lambda, cst.ClassDef, cst.Module)
_ATOMS = (cst.Name, cst.Attribute, cst.Call, cst.Subscript, cst.List, cst.Set, cst.Dict, cst.SimpleString)
_AT_ONCE = frozenset({"list", "tuple", "set", "frozenset", "dict", "sum", "min", "max", "sorted", "any", "all", "join"})
"""Who goes through a generator before it gives anything back."""


@dataclass(frozen=True, slots=True)
class Repeated:
    """A call in a loop, by their places; `again` says that its items may be gone through twice."""

    call: Place
    items: Place
    again: bool


def pooled(draft: Draft, repeated: Repeated, executor: str, workers: str = "", chunksize: int | None = None) -> bool:
    """Have an executor's workers make the calls; whether the text is one where that can be written."""
    loop = _Loop.find(draft, repeated)
    if loop is None or _is_in_coroutine(draft, loop.owner):
        return False
    pool = draft.fresh("pool", "executor")
    new = loop.rewritten(loop.in_pool(pool, chunksize), loop.call)
    statement = _statement(draft, loop.owner)
    if new is None or statement is None:
        return False
    # A pool is dear to make: once for all turns of the loops around.
    outer = _outermost_loop(draft, statement)
    assert isinstance(outer, (cst.BaseCompoundStatement, cst.SimpleStatementLine))
    entered = cst.WithItem(expression(f"{executor}({workers})"), cst.AsName(cst.Name(pool)))
    inside = replaced(cst.IndentedBlock([outer]), {loop.owner: new})
    first, *rest = inside.body
    inside = inside.with_changes(body=[first.with_changes(leading_lines=()), *rest])
    draft.replace(outer, cst.With([entered], inside, leading_lines=outer.leading_lines))
    draft.need("concurrent.futures", executor)
    return True


def gathered(draft: Draft, repeated: Repeated, width: int | None = None) -> bool:
    """Have the event loop await all the calls at once, or so many; whether that can be written there."""
    loop = _Loop.find(draft, repeated)
    awaited = draft.parent(loop.call) if loop is not None else None
    if loop is None or loop.may_catch or not isinstance(awaited, cst.Await):
        return False
    limited = draft.fresh("limited") if width is not None else ""
    new = loop.rewritten(loop.at_once(limited), awaited)
    statement = _statement(draft, loop.owner)
    if new is None or statement is None:
        return False
    draft.need("asyncio")
    if not limited:
        draft.replace(loop.owner, new)
        return True
    limit = draft.fresh("limit")
    before = cst.parse_module(
        f"{limit} = asyncio.Semaphore({width})\n\nasync def {limited}(call):\n"
        f"    async with {limit}:\n        return await call\n\n"
    ).body
    found = replaced(cst.IndentedBlock([statement]), {loop.owner: new}).body  # type: ignore[list-item]
    draft.replace(statement, [*before, *found])
    return True


@dataclass(frozen=True, slots=True)
class _Header:
    """What the loop goes through then, under which names, and what stands for the call's result.

    What is `named` is made in a statement of its own before a `for`, and stands for the items there.
    """

    target: str
    items: str
    result: str
    is_plain: bool = False
    named: str = ""


@dataclass(frozen=True, slots=True)
class _Loop:
    """A `for` or comprehension in which a call stands."""

    draft: Draft
    owner: cst.For | Comprehension
    call: cst.Call
    target: cst.BaseAssignTargetExpression
    items: cst.BaseExpression
    again: bool
    may_catch: bool

    @classmethod
    def find(cls, draft: Draft, repeated: Repeated) -> _Loop | None:
        """The loop over these items around the call, if the call is made once in each turn."""
        call = draft.node(repeated.call, cst.Call)
        may_catch = False
        for node in draft.around(call) if call is not None else ():
            assert call is not None
            if isinstance(node, cst.For) and draft.place(node.iter) == repeated.items:
                is_plain = node.asynchronous is None and node.orelse is None
                found = cls(draft, node, call, node.target, node.iter, repeated.again, may_catch)
                return found if is_plain else None
            if isinstance(node, Comprehension) and draft.place(node.for_in.iter) == repeated.items:
                part = node.for_in
                is_plain = part.asynchronous is None and not part.ifs and part.inner_for_in is None
                found = cls(draft, node, call, part.target, part.iter, repeated.again, may_catch)
                return found if is_plain else None
            if isinstance(node, (*_BOUNDARIES, cst.With)):
                return None
            may_catch = may_catch or isinstance(node, (cst.Try, cst.TryStar))
        return None

    def in_pool(self, pool: str, chunksize: int | None = None) -> _Header | None:
        """The calls made by a pool: by its `map` if each takes the item and nothing else.

        An error of a call comes up where its result is asked for, so within a `try` that is where the call stood.
        """
        work, item, items = code_of(self.call.func), _atom(self.target), _atom(self.items)
        chunks = f", chunksize={chunksize}" if chunksize is not None else ""
        if self._takes_the_item and not self._uses_item(self.call):
            result = self._result()
            return _Header(result, f"{pool}.map({work}, {items}{chunks})", result, is_plain=True)
        if self._takes_the_item and self.again:
            result = self._result()
            return _Header(f"{item}, {result}", f"zip({items}, {pool}.map({work}, {items}{chunks}))", result)
        if chunks:
            return None
        future, futures = self.draft.fresh("future"), self.draft.fresh("futures", "submitted")
        submitted = f"{pool}.submit({', '.join([work, *map(code_of, self._arguments)])})"
        if self._uses_item(self.call):
            target, made = f"{item}, {future}", f"({item}, {submitted})"
        else:
            target, made = future, submitted
        return _Header(target, f"[{made} for {code_of(self.target)} in {items}]", f"{future}.result()", named=futures)

    def at_once(self, limited: str = "") -> _Header | None:
        """The calls awaited together, each by way of `limited` if that is named."""
        result, item, items = self._result(), _atom(self.target), _atom(self.items)
        call = f"{limited}({code_of(self.call)})" if limited else code_of(self.call)
        calls = f"await asyncio.gather(*({call} for {code_of(self.target)} in {items}))"
        if not self._uses_item(self.draft.parent(self.call)):
            return _Header(result, calls, result, is_plain=True)
        return _Header(f"{item}, {result}", f"zip({items}, {calls})", result) if self.again else None

    def rewritten(self, header: _Header | None, call: cst.CSTNode) -> Replacement | None:
        """The loop with that header, and the result in the place of `call`; None where that cannot be said."""
        if header is None:
            return None
        if isinstance(self.owner, cst.For):
            return self._rewritten_for(self.owner, header, call)
        return self._rewritten_comprehension(self.owner, header, call)

    def _rewritten_for(self, loop: cst.For, header: _Header, call: cst.CSTNode) -> Replacement:
        statements = list(loop.body.body)
        first = statements[0]
        if header.is_plain and _is_dropped(first, call) and len(statements) == 1:
            value = header.items if header.items.startswith("await ") else f"list({header.items})"
            return cst.SimpleStatementLine([cst.Expr(expression(value))], leading_lines=loop.leading_lines)
        named = _named(first, call)
        if header.is_plain and named:
            statements = statements[1:] or [cst.SimpleStatementLine([cst.Pass()])]
            header = _Header(named, header.items, named, is_plain=True)
        body = loop.body.with_changes(body=statements).deep_replace(call, expression(header.result))
        items = header.named or header.items
        new = loop.with_changes(target=expression(header.target), iter=expression(items), body=body)
        if not header.named:
            return new
        made = cst.Assign([cst.AssignTarget(cst.Name(header.named))], expression(header.items))
        line = cst.SimpleStatementLine([made], leading_lines=loop.leading_lines)
        return [line, new.with_changes(leading_lines=())]

    def _rewritten_comprehension(
        self, owner: Comprehension, header: _Header, call: cst.CSTNode
    ) -> cst.BaseExpression | None:
        if isinstance(owner, cst.GeneratorExp) and not self._is_used_up(owner):
            return None
        if header.is_plain and not isinstance(owner, cst.DictComp) and owner.elt is call:
            return self._mapped(owner, header.items)
        part = owner.for_in.with_changes(target=expression(header.target), iter=expression(header.items))
        new = owner.deep_replace(call, expression(header.result))
        assert isinstance(new, Comprehension)
        return new.with_changes(for_in=part)

    @staticmethod
    def _mapped(owner: cst.ListComp | cst.SetComp | cst.GeneratorExp, items: str) -> cst.BaseExpression:
        if isinstance(owner, cst.SetComp):
            return expression(f"set({items})")
        is_list = items.startswith("await ")  # what `gather` gives is one
        return expression(items if is_list or isinstance(owner, cst.GeneratorExp) else f"list({items})")

    @property
    def _arguments(self) -> list[cst.Arg]:
        return [argument.with_changes(comma=cst.MaybeSentinel.DEFAULT) for argument in self.call.args]

    @property
    def _takes_the_item(self) -> bool:
        """Whether the call is `work(item)`, and no `try` of the loop is around it."""
        if self.may_catch or len(self.call.args) != 1 or not isinstance(self.target, cst.Name):
            return False
        (only,) = self.call.args
        is_positional = only.keyword is None and not only.star
        return is_positional and isinstance(only.value, cst.Name) and only.value.value == self.target.value

    def _uses_item(self, call: cst.CSTNode) -> bool:
        """Whether the loop does more with the item than the call does."""
        nothing = cst.Name("nothing__")
        if isinstance(self.owner, cst.For):
            rest: tuple[cst.CSTNode, ...] = (self.owner.body.deep_replace(call, nothing),)
        elif isinstance(self.owner, cst.DictComp):
            parts = (self.owner.key, self.owner.value)
            rest = tuple(nothing if part is call else part.deep_replace(call, nothing) for part in parts)
        else:
            rest = (nothing if self.owner.elt is call else self.owner.elt.deep_replace(call, nothing),)
        return bool(names_in(self.target) & names_in(*rest))

    def _result(self) -> str:
        return self.draft.fresh("result", "found", "value")

    def _is_used_up(self, owner: cst.GeneratorExp) -> bool:
        """Whether the generator is all that a call is given which goes through it at once."""
        argument = self.draft.parent(owner)
        taker = self.draft.parent(argument)
        if not isinstance(argument, cst.Arg) or not isinstance(taker, cst.Call) or taker.args[0] is not argument:
            return False
        return code_of(taker.func).rpartition(".")[2] in _AT_ONCE


def _atom(node: cst.BaseExpression) -> str:
    """As it is written, in parentheses where it would come apart without."""
    text = code_of(node)
    is_whole = isinstance(node, _ATOMS) or text.startswith("(")
    return text if is_whole else f"({text})"


def _is_dropped(statement: cst.CSTNode, call: cst.CSTNode) -> bool:
    """Whether the statement is the call, its result thrown away."""
    if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
        return False
    only = statement.body[0]
    return isinstance(only, cst.Expr) and only.value is call


def _named(statement: cst.CSTNode, call: cst.CSTNode) -> str:
    """The name that a statement gives to the result, if it does nothing else."""
    if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
        return ""
    only = statement.body[0]
    if not isinstance(only, cst.Assign) or only.value is not call or len(only.targets) != 1:
        return ""
    target = only.targets[0].target
    return target.value if isinstance(target, cst.Name) else ""


def _is_in_coroutine(draft: Draft, node: cst.CSTNode) -> bool:
    functions = (outer for outer in draft.around(node) if isinstance(outer, (cst.FunctionDef, cst.Lambda)))
    nearest = next(functions, None)
    return isinstance(nearest, cst.FunctionDef) and nearest.asynchronous is not None


def _statement(draft: Draft, owner: cst.CSTNode) -> cst.CSTNode | None:
    """The statement to stand below the `with`: a loop itself, or the whole line that a comprehension is part of."""
    if isinstance(owner, cst.For):
        return owner
    for node in draft.around(owner):
        if isinstance(node, cst.SimpleStatementLine):
            return node
        if isinstance(node, (*_BOUNDARIES, cst.BaseCompoundStatement, *Comprehension.__args__)):
            return None
    return None


def _outermost_loop(draft: Draft, statement: cst.CSTNode) -> cst.CSTNode:
    """The outermost loop of its function that the statement stands in, or itself."""
    outer = statement
    for node in draft.around(statement):
        if isinstance(node, (cst.For, cst.While)):
            outer = node
        if isinstance(node, _BOUNDARIES):
            break
    return outer
