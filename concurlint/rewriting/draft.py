"""One file's tree under change: its nodes by their place, what takes their place, the imports it needs then."""

from __future__ import annotations

import contextlib
import io
import keyword
import tokenize
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TypeVar

import libcst as cst

from concurlint.facts.positions import places
from concurlint.facts.syntax import Place

Node = TypeVar("Node", bound=cst.CSTNode)
Replacement = cst.CSTNode | Sequence[cst.CSTNode]


class Draft:
    """The text as it is, and the changes that were asked for; nothing changes before `text`."""

    def __init__(self, before: str) -> None:
        """`ParserSyntaxError` for what is no Python."""
        self.before = before
        self.module = cst.parse_module(before)
        self._places = places(self.module)
        self._parents: dict[cst.CSTNode, cst.CSTNode] = {}
        self._note_parents(self.module)
        self._new: dict[cst.CSTNode, Replacement] = {}
        self._needed: list[tuple[str, str | None]] = []
        self._dropped: list[tuple[str, str | None]] = []
        self._guarded: int | None = None

    @property
    def has_changed(self) -> bool:
        """Whether anything was asked for."""
        return bool(self._new) or self._guarded is not None

    @cached_property
    def comments(self) -> Mapping[tuple[int, int], str]:
        """Each comment by its line and column; LibCST keeps no places of them. None for what `tokenize` cannot read."""
        found: dict[tuple[int, int], str] = {}
        with contextlib.suppress(tokenize.TokenError, SyntaxError):
            for token in tokenize.generate_tokens(io.StringIO(self.before).readline):
                if token.type == tokenize.COMMENT:
                    found[token.start[0], token.start[1] + 1] = token.string
        return found

    def node(self, at: Place, kind: type[Node]) -> Node | None:
        """The outermost node of the kind that stands exactly there."""
        found = [node for node, place in self._places.items() if place == at and isinstance(node, kind)]
        return min(found, key=lambda node: len(list(self.around(node))), default=None)

    def nodes(self, kind: type[Node], line: int) -> list[Node]:
        """Those of the kind that begin on the line, in the order of the text."""
        found = [node for node, place in self._places.items() if place[0] == line and isinstance(node, kind)]
        return sorted(found, key=lambda node: self._places[node])

    def places_of(self, kind: type[cst.CSTNode]) -> Iterator[Place]:
        """Where nodes of the kind stand."""
        return (place for node, place in self._places.items() if isinstance(node, kind))

    def place(self, node: cst.CSTNode) -> Place:
        """Where a node of the text stands."""
        return self._places[node]

    def around(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """What the node is in, the nearest first; the module is the last."""
        while node in self._parents:
            node = self._parents[node]
            yield node

    def parent(self, node: cst.CSTNode) -> cst.CSTNode:
        """What the node is directly in."""
        return self._parents[node]

    def replace(self, old: cst.CSTNode, new: Replacement) -> None:
        """Have `new` take the place of a node of the text; several statements may for one."""
        self._new[old] = new

    def need(self, module: str, name: str | None = None) -> None:
        """Have `name` of the module, or the module itself, imported."""
        self._needed.append((module, name))

    def drop(self, module: str, name: str | None = None) -> None:
        """Take an import away if nothing uses it any more."""
        self._dropped.append((module, name))

    def guard(self, statement: cst.CSTNode) -> None:
        """Have that top-level statement, and all after it, run in the main module only."""
        at = next(number for number, each in enumerate(self.module.body) if each is statement)
        self._guarded = at if self._guarded is None else min(at, self._guarded)

    def fresh(self, *names: str) -> str:
        """The first of the names, or with a number after it, that nothing in the file is called."""
        taken = names_in(self.module)
        every = (f"{name}{number or ''}" for number in range(1000) for name in names)
        return next(name for name in every if name not in taken and not keyword.iskeyword(name))

    @property
    def text(self) -> str:
        """The text with all changes made."""
        tree = self.module.visit(_Replacer(self._new))
        if self._guarded is not None:
            tree = _guarded(tree, self._guarded)
        # LibCST's matchers, that these stand on, take longer to load than all the rest.
        from libcst.codemod import CodemodContext
        from libcst.codemod.visitors import AddImportsVisitor, RemoveImportsVisitor

        context = CodemodContext()
        for module, name in self._needed:
            AddImportsVisitor.add_needed_import(context, module, name)
        tree = AddImportsVisitor(context).transform_module(tree)
        for module, name in self._dropped:
            RemoveImportsVisitor.remove_unused_import(context, module, name)
        return RemoveImportsVisitor(context).transform_module(tree).code

    def _note_parents(self, node: cst.CSTNode) -> None:
        todo = [node]
        while todo:
            above = todo.pop()
            for child in _children(above):
                self._parents[child] = above
                todo.append(child)


def _children(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """LibCST's own `children` visits the node with a transformer, at five times the cost."""
    for name in node.__dataclass_fields__:
        value = getattr(node, name)
        if isinstance(value, cst.CSTNode):
            yield value
        elif isinstance(value, (list, tuple)):
            for each in value:
                if isinstance(each, cst.CSTNode):
                    yield each


class _Replacer(cst.CSTTransformer):
    def __init__(self, new: Mapping[cst.CSTNode, Replacement]) -> None:
        super().__init__()
        self._new = new

    def on_leave(  # type: ignore[override]
        self, original_node: cst.CSTNode, updated_node: cst.CSTNode
    ) -> cst.CSTNode | cst.FlattenSentinel[cst.CSTNode]:
        new = self._new.get(original_node)
        if new is None:
            return updated_node
        return new if isinstance(new, cst.CSTNode) else cst.FlattenSentinel(new)


def _guarded(tree: cst.Module, start: int) -> cst.Module:
    first, *rest = tree.body[start:]
    leading = getattr(first, "leading_lines", ())
    block = cst.IndentedBlock([first.with_changes(leading_lines=()), *rest])
    main = cst.If(expression('__name__ == "__main__"'), block, leading_lines=leading)
    return tree.with_changes(body=[*tree.body[:start], main])


def replaced(tree: Node, new: Mapping[cst.CSTNode, Replacement]) -> Node:
    """The tree with other nodes, or several statements, in the places of some."""
    found = tree.visit(_Replacer(new))
    assert isinstance(found, type(tree))
    return found


def names_in(*nodes: cst.CSTNode) -> set[str]:
    """The names that stand in the nodes: those of attributes and keywords are others'."""
    found: set[str] = set()
    todo: list[cst.CSTNode] = [*nodes]
    while todo:
        node = todo.pop()
        if isinstance(node, cst.Name):
            found.add(node.value)
        todo += [node.value] if isinstance(node, (cst.Attribute, cst.Arg)) else node.children
    return found


def expression(text: str) -> cst.BaseExpression:
    """The expression as a tree."""
    return cst.parse_expression(text)


def code_of(node: cst.CSTNode) -> str:
    """The node as it is written, without space and comments around it."""
    return cst.Module([]).code_for_node(node).strip()


def may_await(draft: Draft, node: cst.CSTNode) -> bool:
    """Whether `await` may stand there: right in a coroutine, and not in a generator of its own."""
    for each in draft.around(node):
        if isinstance(each, (cst.Lambda, cst.GeneratorExp, cst.Decorator, cst.Await)):
            return False
        if isinstance(each, cst.FunctionDef):
            return each.asynchronous is not None
    return False
