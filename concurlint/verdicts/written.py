"""What is written at a line of the user's source."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

Block = ast.For | ast.While | ast.With | ast.AsyncFor | ast.AsyncWith | ast.FunctionDef | ast.AsyncFunctionDef

Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


@dataclass(frozen=True)
class Written:
    """One file's text; lines count from 1."""

    text: str

    @cached_property
    def lines(self) -> list[str]:
        """Without their ends."""
        return self.text.splitlines()

    @cached_property
    def _tree(self) -> ast.Module:
        try:
            return ast.parse(self.text)
        except (SyntaxError, ValueError):  # of another Python, or changed since
            return ast.Module([], [])

    @cached_property
    def _blocks(self) -> list[Block]:
        return [node for node in ast.walk(self._tree) if isinstance(node, Block)]

    def line(self, number: int) -> str:
        """That line, nothing where the file has none."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""

    def columns(self, number: int) -> tuple[int, int]:
        """Where the line's text begins and ends, the end exclusive, from 1."""
        line = self.line(number).rstrip()
        return (len(line) - len(line.lstrip()) + 1, len(line) + 1) if line else (1, 1)

    def around(self, number: int) -> Iterator[Block]:
        """The blocks that the line stands in, innermost first; a block's own first line is in it."""
        found = [block for block in self._blocks if block.lineno <= number <= (block.end_lineno or 0)]
        yield from sorted(found, key=lambda block: -block.lineno)

    def is_looped(self, number: int) -> bool:
        """Whether the line surely runs again: in the body of a loop of its function, or in a comprehension.

        A loop that is left from inside, as those are that try again, may have run once.
        """
        for block in self.around(number):
            if isinstance(block, (ast.FunctionDef, ast.AsyncFunctionDef)):
                break
            is_loop = isinstance(block, (ast.For, ast.AsyncFor, ast.While)) and number >= block.body[0].lineno
            if is_loop and not any(isinstance(node, (ast.Break, ast.Return)) for node in ast.walk(block)):
                return True
        return self.is_comprehended(number)

    def is_comprehended(self, number: int) -> bool:
        """Whether the line stands in a comprehension."""
        return any(first <= number <= last for first, last in self._comprehensions)

    @cached_property
    def awaits(self) -> list[ast.Await]:
        """All of them."""
        return [node for node in ast.walk(self._tree) if isinstance(node, ast.Await)]

    def calls_at(self, number: int) -> list[ast.Call]:
        """The calls that reach over the line."""
        return [node for node in self._calls if node.lineno <= number <= (node.end_lineno or 0)]

    @cached_property
    def _calls(self) -> list[ast.Call]:
        return [node for node in ast.walk(self._tree) if isinstance(node, ast.Call)]

    def function_at(self, number: int) -> str:
        """The name of the function that the line stands in."""
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
        return next((block.name for block in self.around(number) if isinstance(block, kinds)), "<module>")

    def made(self, name: str) -> ast.Call | None:
        """The call that a name or attribute of the file is assigned, if there is only one."""
        found = []
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                found += [node.value for target in node.targets if ast.unparse(target) == name]
        return found[0] if len(found) == 1 else None

    def functions(self) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
        """Each function by its name."""
        for block in self._blocks:
            if isinstance(block, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield block.name, block

    def comprehensions_at(self, number: int) -> list[Comprehension]:
        """The comprehensions that reach over the line, the outermost first."""
        found = [node for node in self._comprehended if node.lineno <= number <= (node.end_lineno or 0)]
        return sorted(found, key=lambda node: (node.lineno, node.col_offset))

    @cached_property
    def _comprehended(self) -> list[Comprehension]:
        return [node for node in ast.walk(self._tree) if isinstance(node, Comprehension)]

    @cached_property
    def _comprehensions(self) -> list[tuple[int, int]]:
        return [(node.lineno, node.end_lineno or node.lineno) for node in self._comprehended]

    def withs(self) -> Iterator[tuple[str, int, int]]:
        """Every item of a `with`: as written, and the first and last line of the statement."""
        for block in self._blocks:
            if isinstance(block, ast.With):
                for item in block.items:
                    yield ast.unparse(item.context_expr), block.lineno, block.end_lineno or block.lineno
