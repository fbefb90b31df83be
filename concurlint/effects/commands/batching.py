"""Commands started anew for each item of a loop that take all items in one call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from concurlint.catalog.operands import Operands, takes_many
from concurlint.catalog.traits import listed
from concurlint.effects.calls.arguments import Known, lookup
from concurlint.effects.commands.commands import Command
from concurlint.effects.flow.conditions import is_for_tests
from concurlint.effects.program import Program
from concurlint.effects.threads.between import is_idle
from concurlint.effects.threads.fork_join import bound_in
from concurlint.facts.records import CallSite, Loop
from concurlint.facts.syntax import Attribute, Call, Collection, Constant, Expression, Name, walk
from concurlint.project.bindings import bound_once
from concurlint.project.callgraph import library_name
from concurlint.project.modules import Code
from concurlint.project.values import Container, Literal


@dataclass(frozen=True, slots=True, eq=False)
class Repeat:
    """A call in a loop that starts `command` with one operand, `item`."""

    code: Code
    site: CallSite
    loop: Loop
    command: Operands
    item: Expression


class RepeatedCommands:
    """Looks at loops whose turns do nothing but run a command on one more thing."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._roles = program.roles
        self._evaluator = program.evaluator

    def all(self, commands: Iterable[Command]) -> Iterator[Repeat]:
        """One for each call in a loop that decides about such a command."""
        for started in commands:
            code, site = started.code, started.site
            role = self._roles.child(started.role.name)
            if role is None or not role.waits or started.shell is not False or started.home is not code:
                continue
            if not site.context.loops or is_for_tests(code):
                continue
            loop = code.scope.loops[site.context.loops[-1]]
            if loop.kind == "while" or loop.is_async or loop.leaves or not self._is_all(code, site, loop):
                continue
            found = self._command(code, loop, site.call, started.text)
            if found is None or (found[0].whole and (started.via or not self._raises(role.status, code, site.call))):
                continue
            yield Repeat(code, site, loop, *found)

    def _raises(self, status: str, code: Code, call: Call) -> bool:
        """Whether the loop ends at the first command that fails."""
        if status == "raised":
            return True
        term = lookup(call, code, ("check", None), self._evaluator)
        return isinstance(term, Known) and isinstance(term.expression, Constant) and term.expression.value is True

    def _is_all(self, code: Code, site: CallSite, loop: Loop) -> bool:
        """Whether a turn does nothing else of account, and nobody looks at what became of the one command."""
        if not site.dropped or any(attempt not in loop.context.attempts for attempt in site.context.attempts):
            return False
        if any(entered not in loop.context.entered for entered in site.context.entered):
            return False
        asked = {id(part) for branch in code.scope.branches for part in walk(branch.test)}
        inside = [other for other in code.scope.calls if loop.number in other.context.loops and other is not site]
        inside = [other for other in inside if id(other.call) not in asked or not _is_about(other, loop)]
        if any(other.order > site.order or not self._is_preparing(other) for other in inside):
            return False
        writes = [a for a in code.scope.accesses if loop.number in a.context.loops and a.kind != "read"]
        return not writes and not any(loop.number in other.context.loops for other in code.scope.loops)

    def _is_preparing(self, site: CallSite) -> bool:
        names = {library_name(value) for value in self._graph.targets(site)}
        return is_idle(self._graph, self._roles, site) or (
            bool(names) and all(listed("one-operand", name) for name in names)
        )

    def _command(self, code: Code, loop: Loop, call: Call, text: Expression) -> tuple[Operands, Expression] | None:
        words, home = self._words(text, code)
        if words is None or home is not code or len(words) < 2 or loop.target is None:
            return None
        turning = {part.id for part in walk(loop.target) if isinstance(part, Name)} | bound_in(loop, code)
        others = [a.value for a in call.arguments if a.value is not text]
        if any(_names(each) & turning for each in (*words[:-1], *others)) or not _names(words[-1]) & turning:
            return None
        command = takes_many([self._text(word, home) for word in words[:-1]])
        is_one = self._is_one(words[-1], code)
        return (command, words[-1]) if command is not None and is_one else None

    def _words(self, expression: Expression, code: Code) -> tuple[tuple[Expression, ...] | None, Code]:
        """The items of a list display, written at the call or in the turn of the loop."""
        value = self._evaluator.values(expression, code).only()
        origin = expression
        if isinstance(value, Container) and isinstance(expression, Name):
            if bound_once(expression.id, value.code) is not None:
                origin, code = value.origin, value.code
        return (origin.items if isinstance(origin, Collection) else None), code

    def _text(self, word: Expression, code: Code) -> str | None:
        value = self._evaluator.values(word, code).only()
        return value.value if isinstance(value, Literal) and isinstance(value.value, str) else None

    def _is_one(self, word: Expression, code: Code) -> bool:
        """Whether a word is one operand made of the item: itself, a part of it, or a path with it."""
        if isinstance(word, Call):
            names = {library_name(value) for value in self._evaluator.values(word.function, code)}
            return bool(names) and all(listed("one-operand", name) for name in names)
        return isinstance(word, (Name, Attribute)) or type(word).__name__ in ("Text", "Binary", "Item")


def _names(expression: Expression) -> set[str]:
    return {part.id for part in walk(expression) if isinstance(part, Name)}


def _is_about(site: CallSite, loop: Loop) -> bool:
    """Whether a method of the item itself is called: `name.endswith(".py")`."""
    function = site.call.function
    return isinstance(function, Attribute) and loop.target is not None and _names(function.value) <= _names(loop.target)
