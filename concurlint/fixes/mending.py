"""One finding in hand: its place in the tree of its file, what the engine knows of it, and the edits that mend it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

import libcst as cst

from concurlint.effects.program import Program
from concurlint.facts.records import CallSite
from concurlint.facts.syntax import Place
from concurlint.finding import Edit, Finding, Fix
from concurlint.project.modules import Code, Module
from concurlint.rewriting.draft import Draft, code_of
from concurlint.source import lines_of

_MULTILINE = (cst.SimpleString, cst.FormattedString, cst.ConcatenatedString)


@dataclass(frozen=True, slots=True)
class Mending:
    """The finding, the module and the file it is in; edits are gathered until `fix`."""

    program: Program
    module: Module
    draft: Draft
    finding: Finding
    _edits: list[Edit] = field(default_factory=list)

    @property
    def at(self) -> Place:
        """Where the finding points."""
        span = self.finding.span
        return span.line, span.column, span.end_line, span.end_column

    @property
    def call(self) -> cst.Call | None:
        """The call that the finding points at, if it is one."""
        return self.draft.node(self.at, cst.Call)

    @property
    def site(self) -> tuple[Code, CallSite] | None:
        """The same call as the engine knows it."""
        found = ((code, site) for code in self.module.codes for site in code.scope.calls if site.call.at == self.at)
        return next(found, None)

    def makes_generator(self, code: Code, site: CallSite) -> bool:
        """Whether the call only makes a generator: what it does is done by whoever runs through it."""
        edges = self.program.graph.edges.get(code, ())
        return any(edge.callee.scope.is_generator for edge in edges if edge.site is site)

    def fix(self, says: str) -> Fix | None:
        """What was gathered; nothing where nothing was, or where a comment would get lost."""
        edits = tuple(dict.fromkeys(self._edits))
        return Fix(says, edits) if edits and not any(map(self._loses_comment, edits)) else None

    def _loses_comment(self, edit: Edit) -> bool:
        start, end = (edit.line, edit.column), (edit.end_line, edit.end_column)
        return any(start <= place < end and text not in edit.text for place, text in self.draft.comments.items())

    def put(self, place: Place, text: str) -> None:
        """Have the text take that place."""
        self._edits.append(Edit(*place, text))

    def before(self, node: cst.CSTNode, text: str) -> None:
        """Put text in right before a node."""
        line, column, _, _ = self.draft.place(node)
        self.put((line, column, line, column), text)

    def after(self, node: cst.CSTNode, text: str) -> None:
        """Put text in right behind a node."""
        _, _, line, column = self.draft.place(node)
        self.put((line, column, line, column), text)

    def replace(self, node: cst.CSTNode, text: str) -> None:
        """Have the text take the node's place."""
        self.put(self.draft.place(node), text)

    def below(self, node: cst.CSTNode, lines: list[str]) -> None:
        """Put whole lines in below a statement, as deep as it is."""
        line, column, _, _ = self.draft.place(node)
        indent = self.line(line)[: column - 1]
        self._put_below(node, "".join(f"{indent}{each}{self.newline}" for each in lines))

    def line(self, number: int) -> str:
        """A line of the file with its end."""
        return self._lines[number - 1] if number <= len(self._lines) else ""

    @property
    def newline(self) -> str:
        """How the file ends its lines."""
        return self.draft.module.default_newline

    @property
    def _lines(self) -> list[str]:
        return lines_of(self.draft.before)

    def alone(self, node: cst.CSTNode) -> cst.SimpleStatementLine | None:
        """The line of which the expression is all, if it is."""
        statement = self.draft.parent(node)
        line = self.draft.parent(statement) if isinstance(statement, cst.Expr) else None
        return line if isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1 else None

    def has_long_text(self, first: int, last: int) -> bool:
        """Whether a text in these lines goes over several of them: moving the lines would change it."""
        return any(
            place[0] < place[2] and place[0] <= last and place[2] >= first
            for kind in _MULTILINE
            for place in self.draft.places_of(kind)
        )

    def imports(self, module: str) -> bool:
        """Have the file import a module by its own name; False where the name is something else there."""
        if any(self._binds(code, module) for code in self.module.codes if code is not self.module.body):
            return False
        bound = self.module.body.scope.bindings.get(module, ())
        if bound:
            plain = [b for b in bound if b.imported is not None and b.imported.module == module and not b.imported.name]
            return len(plain) == len(bound) and all(not b.context.conditions for b in bound)
        self._add_import(module)
        return True

    @staticmethod
    def _binds(code: Code, name: str) -> bool:
        return name in code.scope.bindings or any(each.name == name for each in code.scope.parameters)

    def has_at_top(self, module: str) -> bool:
        """Whether the head of the file imports the module by its own name."""
        return any(
            isinstance(each, cst.Import)
            and any(code_of(name.name) == module and not name.asname for name in each.names)
            for statement in _head(self.draft.module)
            for each in statement.body
        )

    def at_top(self, text: str) -> None:
        """Put a line in below the head of the file: its docstring and imports."""
        head = list(_head(self.draft.module))
        number = self.draft.place(head[-1])[2] + 1 if head else self._below_comments()
        blank = self.newline if head else ""
        ended = "" if head and not self.line(number).strip() else self.newline
        self.put((number, 1, number, 1), f"{blank}{text}{self.newline}{ended}")

    def _below_comments(self) -> int:
        """The first line below those that a file begins with: what runs it, its encoding, its licence."""
        number = 1
        while self.line(number).startswith("#"):
            number += 1
        return number

    def _add_import(self, module: str) -> None:
        """Put `import module` in among those of the standard library, where sorters of imports have it."""
        imports = [each for each in _head(self.draft.module) if _is_import(each) and not _is_future(each)]
        standard = [each for each in imports if _imported(each).partition(".")[0] in sys.stdlib_module_names]
        plain = [each for each in standard if isinstance(each.body[0], cst.Import)]
        text = f"import {module}{self.newline}"
        after = next((each for each in plain if _imported(each) > module), None)
        if after is not None or (standard and not plain):
            number = self.draft.place(after or standard[0])[0]
            self.put((number, 1, number, 1), text)
        elif plain:
            self._put_below(plain[-1], text)
        elif imports:
            number = self.draft.place(imports[0])[0]
            self.put((number, 1, number, 1), f"{text}{self.newline}")
        else:
            self.at_top(f"import {module}")

    def _put_below(self, statement: cst.CSTNode, text: str) -> None:
        end = self.draft.place(statement)[2]
        ended = "" if self.line(end).endswith(("\n", "\r")) else self.newline
        self.put((end + 1, 1, end + 1, 1), f"{ended}{text}")


def _head(module: cst.Module) -> Iterator[cst.SimpleStatementLine]:
    """The docstring and the imports that a file begins with."""
    for number, statement in enumerate(module.body):
        if not isinstance(statement, cst.SimpleStatementLine):
            return
        if not (_is_import(statement) or (number == 0 and module.get_docstring() is not None)):
            return
        yield statement


def _is_import(statement: cst.SimpleStatementLine) -> bool:
    return all(isinstance(each, (cst.Import, cst.ImportFrom)) for each in statement.body)


def _imported(statement: cst.SimpleStatementLine) -> str:
    """The first module that the statement imports; nothing for one of the own package."""
    first = statement.body[0]
    if isinstance(first, cst.Import):
        return code_of(first.names[0].name)
    return code_of(first.module) if isinstance(first, cst.ImportFrom) and first.module and not first.relative else ""


def _is_future(statement: cst.SimpleStatementLine) -> bool:
    first = statement.body[0]
    return isinstance(first, cst.ImportFrom) and first.module is not None and code_of(first.module) == "__future__"


def in_parentheses(draft: Draft, node: cst.BaseExpression) -> bool:
    """Whether `await` before the node would take in more than it: `await f().x` awaits the attribute."""
    above = draft.parent(node)
    if isinstance(above, cst.Call):
        return above.func is node
    return isinstance(above, (cst.Attribute, cst.Subscript)) and above.value is node
