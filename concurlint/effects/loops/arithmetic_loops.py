"""Long loops of arithmetic over numbers, that arrays or a compiler for numbers take over."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.catalog.traits import has, listed
from concurlint.decoding import decode
from concurlint.effects.cost.estimates import StatedEstimates
from concurlint.effects.loops.arithmetic import carries, is_arithmetic, multiplies
from concurlint.effects.loops.vectorize import vector_form
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite, Loop
from concurlint.facts.syntax import Call, Constant, Expression, Item
from concurlint.project.callgraph import library_name
from concurlint.project.modules import Code, Module

LONG = 500.0
"""Microseconds from which on it is a hundred times what one call of NumPy costs."""


@dataclass(frozen=True, slots=True, eq=False)
class NumberLoop:
    """The outermost loop of arithmetic; `vector` is the same with arrays where that is one step.

    `carried`: a step needs what the one before worked out. `arrays`: it goes over NumPy arrays already.
    """

    code: Code
    loop: Loop
    depth: int
    vector: str
    carried: bool
    arrays: bool


class ArithmeticLoops:
    """Finds them by the parser's tree, and asks the program what the names in it are."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._roles = program.roles
        self._computing = program[StatedEstimates]
        self._trees: dict[Module, dict[tuple[int, int], ast.For]] = {}

    def all(self) -> Iterator[NumberLoop]:
        """The loops that are long enough to matter, each with those inside it."""
        for code in self._graph.edges:
            if self._is_compiled(code):
                continue
            told: set[int] = set()
            for loop in code.scope.loops:
                if loop.kind != "for" or told & set(loop.context.loops):
                    continue
                found = self._at(code, loop)
                if found is not None:
                    told.add(loop.number)
                    yield found

    def _at(self, code: Code, loop: Loop) -> NumberLoop | None:
        inner = [other for other in code.scope.loops if loop.number in other.context.loops]
        if not any(each.operations for each in (loop, *inner)) or not self._only_numbers(code, loop):
            return None
        whole = self._computing.stretch(code, loop)
        if whole.computing < LONG or whole.waiting or whole.doubt:
            return None
        tree = self._tree(code.module).get((loop.at[0], loop.at[1]))
        if tree is None or not is_arithmetic(tree, calls_known=True):
            return None
        started = {name for name in code.scope.bindings if self._starts_at_number(code, name)}
        if not multiplies(tree, started):
            return None
        depth = max(len(other.context.loops) for other in (loop, *inner)) - len(loop.context.loops) + 1
        return NumberLoop(code, loop, depth, vector_form(tree), carries(tree), self._over_arrays(code, loop))

    def _is_compiled(self, code: Code) -> bool:
        """Whether a decorator has the function compiled, as Numba's do."""
        around = code.parent
        for decorator in code.scope.decorators if around is not None else ():
            made = decorator.function if isinstance(decorator, Call) else decorator
            for value in self._graph.evaluator.values(made, around or code):
                if has("compiled", library_name(value)):
                    return True
        return False

    def _only_numbers(self, code: Code, loop: Loop) -> bool:
        """Whether every call in the loop is of the language's arithmetic; those of properties too."""
        sites = [site for site in self._graph.sites(code) if loop.number in site.context.loops]
        return all(self._is_of_numbers(site) for site in sites)

    def _is_of_numbers(self, site: CallSite) -> bool:
        names = {library_name(value) for value in self._graph.targets(site)}
        return bool(names) and all(listed("of-numbers", name) for name in names)

    @staticmethod
    def _starts_at_number(code: Code, name: str) -> bool:
        values = [b.value for b in code.scope.bindings[name] if b.kind == "assign"]
        numbers = [isinstance(v, Constant) and isinstance(v.value, (int, float)) for v in values]
        return bool(numbers) and all(numbers)

    def _over_arrays(self, code: Code, loop: Loop) -> bool:
        """Whether what the loop goes over, or takes its elements from, is known to be made by NumPy."""
        targets = [access.target for access in code.scope.accesses if loop.number in access.context.loops]
        parts: list[Expression] = [target.value for target in targets if isinstance(target, Item)]
        parts += [loop.iterable] if loop.iterable is not None else []
        values = (value for part in parts for value in self._graph.evaluator.values(part, code))
        return any(self._graph.evaluator.type_name(value).startswith("numpy.") for value in values)

    def _tree(self, module: Module) -> dict[tuple[int, int], ast.For]:
        """The `for` statements of a file by where what they go over begins."""
        if module not in self._trees:
            try:
                text = decode(module.source.data)
                nodes = list(ast.walk(ast.parse(text)))
            except (SyntaxError, ValueError):  # written for another Python than the one that checks
                text, nodes = "", []
            lines = text.splitlines()
            self._trees[module] = {
                (node.iter.lineno, _column(lines, node.iter)): node for node in nodes if isinstance(node, ast.For)
            }
        return self._trees[module]


def _column(lines: list[str], node: ast.expr) -> int:
    """The parser counts bytes from 0, places count characters from 1."""
    line = lines[node.lineno - 1] if node.lineno <= len(lines) else ""
    return len(line.encode()[: node.col_offset].decode(errors="replace")) + 1
