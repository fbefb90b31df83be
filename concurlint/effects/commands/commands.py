"""Commands given to the operating system: which string a shell reads, at the call that decides about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from concurlint.catalog.entries import ShellRole
from concurlint.catalog.kinds import kinds_with
from concurlint.effects.calls.arguments import (
    ABSENT,
    Known,
    Passed,
    Term,
    at_caller,
    lookup,
    overrides_reader,
    whole_parameter,
)
from concurlint.effects.calls.summaries import spread
from concurlint.effects.commands.scripts import Scripts, Word, called_words
from concurlint.effects.program import Program
from concurlint.effects.taint.domain import Piece, is_whole_parameter
from concurlint.effects.taint.propagation import TaintPropagation
from concurlint.facts.records import CallSite
from concurlint.facts.syntax import Collection, Expression, Name, spelled
from concurlint.finding import Step
from concurlint.project.arguments import merged
from concurlint.project.callgraph import Edge
from concurlint.project.classes import holder
from concurlint.project.modules import Code
from concurlint.project.values import Container, Instance, Library, Literal, Value

_DEEPEST = 5


@dataclass(frozen=True, slots=True, eq=False)
class Command:
    """A command, at the call that decides about its text.

    `code` and `site` are that call, `text` the command's expression, standing in `home`. `shell` tells
    whether a shell reads it, None where that is not known. `via` is the chain from the call down to the
    library call, when the text is passed through wrappers. `named`: the shell that the list itself names
    (`sh -c` in `["sh", "-c", …]`). `is_open`: the whole text is a parameter of a function nobody is known to
    call. `is_argv`: further arguments of the call are the command's words.
    """

    code: Code
    site: CallSite
    role: ShellRole
    text: Expression
    home: Code
    shell: bool | None
    via: tuple[Step, ...] = ()
    named: str = ""
    is_open: bool = False
    is_argv: bool = False

    @property
    def written(self) -> str:
        """The function as this call spells it, shortened to the last name when long or not a plain name."""
        name = spelled(self.site.call.function) or self.role.name.rpartition(".")[2]
        return name if len(name) <= 30 else name.rpartition(".")[2]

    def instead(self, items: str = "…") -> str:
        """The call without a shell, as source, with these items; `""` if there is none."""
        return self.role.instead.replace("…", items)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A command while it is followed to its callers."""

    code: Code
    site: CallSite
    role: ShellRole
    text: Term
    flag: Term
    via: tuple[Step, ...] = ()
    named: str = ""
    is_argv: bool = False
    program: Term = ABSENT
    written: Known | None = None  # the text where this function decides it, or has it from its callers


def _as_parameter(term: Term) -> Term:
    """The parameter that an expression is as a whole, else the term itself."""
    return (whole_parameter(term.expression, term.code) or term) if isinstance(term, Known) else term


class Commands:
    """Every command the program starts."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._roles = program.roles
        self._evaluator = program.evaluator
        self.tracer = program[TaintPropagation]
        self.scripts = Scripts(program.evaluator)
        self.all: list[Command] = list(self._find())

    def _find(self) -> Iterator[Command]:
        for code, calls in self._graph.libraries.items():
            seen: set[CallSite] = set()
            for site, name, value in calls:
                role = self._roles.shell(name)
                if role is not None and role.shell != "remote" and site not in seen:
                    seen.add(site)
                    yield from self._started(code, site, role, value)

    def _started(self, code: Code, site: CallSite, role: ShellRole, callee: Value) -> Iterator[Command]:
        call = merged(callee, site.call)
        text = lookup(call, code, role.command, self._evaluator)
        flag = lookup(call, code, role.flag, self._evaluator) if role.flag is not None else ABSENT
        plain = [a for a in call.arguments if a.keyword is None]
        first = role.command[1] or 0
        argv = role.exec and len(plain) > first + 1
        if role.exec:
            script = self.scripts.of(called_words(call, first, self.scripts, code))
            if script is not None:
                known = Known(script.text, script.code)
                yield from self._decided(_Draft(code, site, role, known, ABSENT, named=script.named))
                return
        program = lookup(call, code, role.program, self._evaluator) if role.program is not None else ABSENT
        yield from self._decided(_Draft(code, site, role, text, flag, is_argv=argv, program=program))

    def _decided(self, start: _Draft) -> Iterator[Command]:
        """The command where its text is decided: here, or at the callers that pass it whole."""
        found = spread([(start.code, self._whole(start))], self._by_callers, key=lambda draft: (draft.site, draft.via))
        for draft in (draft for drafts in found.values() for draft in drafts.values()):
            if draft.written is not None and not self._callers(draft):
                is_open = isinstance(draft.text, Passed) and not self.tracer.origins.brought(draft.text.owner)
                yield self._command(draft, draft.written, is_open)

    def _whole(self, draft: _Draft) -> _Draft:
        """The draft with its text as the parameter that it is as a whole, and as it is written."""
        draft = self._unwrapped(draft)
        if not isinstance(draft.text, Known):
            return draft
        return replace(draft, text=_as_parameter(draft.text), written=draft.text)

    def _callers(self, draft: _Draft) -> list[Edge]:
        term = draft.text
        if not isinstance(term, Passed) or len(draft.via) >= _DEEPEST:
            return []
        return self._graph.callers.get(term.owner, [])

    def _by_callers(self, _: Code, draft: _Draft) -> Iterator[tuple[Code, _Draft]]:
        """The command at the callers that pass its text whole."""
        term = draft.text
        for edge in self._callers(draft) if isinstance(term, Passed) else ():
            if not isinstance(term, Passed) or overrides_reader(term, edge, self._evaluator):
                continue
            says = f"`{term.owner.qualname}` hands it to `{draft.role.name}`"
            step = Step(draft.code.span(draft.site.call.at), says)
            text = at_caller(term, edge, self._evaluator)
            flag = _as_parameter(draft.flag)
            if isinstance(flag, Passed) and flag.owner is term.owner:
                flag = at_caller(flag, edge, self._evaluator)
            via = (step, *draft.via)
            lifted = replace(draft, code=edge.caller, site=edge.site, text=text, flag=flag, via=via, written=None)
            yield edge.caller, self._whole(lifted)

    def _command(self, draft: _Draft, text: Known, is_open: bool) -> Command:
        shell = True if draft.named else self._shell(draft, text)
        found, home = text.expression, text.code
        return Command(
            draft.code,
            draft.site,
            draft.role,
            found,
            home,
            shell,
            draft.via,
            draft.named,
            is_open,
            draft.is_argv,
        )

    def _shell(self, draft: _Draft, text: Known) -> bool | None:
        program = draft.program
        if isinstance(program, Known) and not self._truth(draft.flag):
            if self._evaluator.values(program.expression, program.code).only() != Literal(None):
                return None  # another program reads the text as it likes
        match draft.role.shell:
            case "always":
                return True
            case "string":
                return self.is_text(text.expression, text.code)
            case "flag":
                return self._truth(draft.flag)
        return False

    def _truth(self, flag: Term) -> bool | None:
        if flag is ABSENT:
            return False
        if not isinstance(flag, Known):
            return None
        values = self._evaluator.values(flag.expression, flag.code)
        known = {bool(v.value) for v in values if isinstance(v, Literal)}
        if values.whole and len(known) == 1 and all(isinstance(v, Literal) for v in values):
            return known.pop()
        return None

    # shells named by the command itself

    def _unwrapped(self, draft: _Draft) -> _Draft:
        """The script in `["sh", "-c", script]`, and the one item of a list that a shell gets."""
        if not isinstance(draft.text, Known) or draft.named or draft.role.shell == "always":
            return draft
        text = draft.text
        truth = self._truth(draft.flag) if draft.role.flag is not None else False
        words = None if truth else self.scripts.words(text.expression, text.code)
        script = self.scripts.of(words, self._program(draft)) if words is not None else None
        if script is not None:
            return replace(draft, text=Known(script.text, script.code), named=script.named)
        value = self._evaluator.values(text.expression, text.code).only()
        if truth and isinstance(value, Container) and isinstance(value.origin, Collection):
            if self.size(text.expression, text.code) == 1:
                return replace(draft, text=Known(value.origin.items[0], value.code))
        return draft

    def _program(self, draft: _Draft) -> str:
        """The program that is started in place of the command's first word; "" if that is not known."""
        if not isinstance(draft.program, Known):
            return ""
        value = self._evaluator.values(draft.program.expression, draft.program.code).only()
        return value.value if isinstance(value, Literal) and isinstance(value.value, str) else ""

    def words(self, command: Command) -> tuple[Word, ...]:
        """The words of a command that is no text, as far as they are written out."""
        if command.is_argv:
            return called_words(command.site.call, command.role.command[1] or 0, self.scripts, command.code)
        return self.scripts.words(command.text, command.home) or ()

    # questions of checks

    def is_text(self, expression: Expression, code: Code) -> bool | None:
        """Whether a command is one string: True, False (a list), or None where that is not known."""
        kinds = self._kinds(expression, code, 0)
        known = {self._roles.kind(name) for name in kinds}
        if known and known <= kinds_with("text"):
            return True
        if known and known <= kinds_with("sequence"):
            return False
        return None

    def _kinds(self, expression: Expression, code: Code, depth: int) -> set[str]:
        """The types a command may have, `""` for an unknown one; assignments that are over do not count."""
        if isinstance(expression, Name) and depth < 5:
            home = holder(code, expression.id) or code.module.body
            bindings = home.scope.bindings.get(expression.id, [])
            if home is code:
                bindings = self.tracer.origins.definitions.at(expression.id, expression, code)
            plain = [b for b in bindings if b.kind not in ("augment", "annotate")]
            if plain and all(b.kind == "assign" and b.value is not None and not b.path for b in plain):
                found = [self._kinds(b.value, home, depth + 1) for b in plain if b.value is not None]
                return {kind for kinds in found for kind in kinds}
        values = self._evaluator.values(expression, code)
        return {self._evaluator.type_name(v) for v in values} | (set() if values.whole else {""})

    def pieces(self, command: Command) -> tuple[Piece, ...]:
        """The parts of a command's text with where each comes from; nothing if the whole is the caller's."""
        if command.is_open:
            return ()
        pieces = self.tracer.pieces(command.text, command.home)
        return () if is_whole_parameter(pieces) else pieces

    def list_size(self, command: Command) -> int | None:
        """How many items a list command has (-1 unknown number); None if it is not surely a list."""
        return self.size(command.text, command.home)

    def size(self, expression: Expression, code: Code) -> int | None:
        """How many items a list has (-1 unknown number); None if it is not surely a list."""
        values = self._evaluator.values(expression, code)
        sizes: list[int] = []
        for value in values:
            if isinstance(value, Container) and value.kind in kinds_with("sequence") and not value.annotated:
                origin = value.origin
                sizes.append(len(origin.items) if isinstance(origin, Collection) else -1)
            elif isinstance(value, Instance) and value.of == Library("builtins.list"):
                sizes.append(-1)
            else:
                return None
        if not sizes or not values.whole:
            return None
        return -1 if -1 in sizes or self.tracer.origins.is_grown(expression, code) else min(sizes)
