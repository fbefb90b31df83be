"""Commands given to the operating system: which string a shell reads and where its parts come from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.catalog.roles import Roles, ShellRole
from concurlint.effects.dispatch import merged
from concurlint.effects.text import Piece, Tracer
from concurlint.facts.records import Call, CallSite, Collection, Constant, Expression, Item, Name, Table
from concurlint.finding import Step
from concurlint.project.arguments import from_table, given, has_stars, matching
from concurlint.project.callgraph import CallGraph
from concurlint.project.classes import holder
from concurlint.project.modules import Code
from concurlint.project.values import Bound, ClassOf, Container, Instance, Library, Literal, Value

_SHELLS = {"sh", "bash", "dash", "zsh", "ksh", "ash", "fish"}


@dataclass(frozen=True, slots=True, eq=False)
class Command:
    """A call that starts a command: the expression of the command and whether a shell reads it.

    `shell` is None where that is not known. `via` is the chain from the reported call down to the
    library call, when the string is passed through wrappers.
    """

    code: Code
    site: CallSite
    name: str
    command: Expression
    shell: bool | None
    via: tuple[Step, ...]
    is_argv: bool = False

    @property
    def shortened(self) -> str:
        """The library call's name as people write it."""
        return self.name


class Commands:
    """Every command the program starts, at the call that decides about its text."""

    def __init__(self, graph: CallGraph, roles: Roles) -> None:
        self._graph = graph
        self._roles = roles
        self._evaluator = graph.evaluator
        self.tracer = Tracer(graph, roles)
        self.all: list[Command] = list(self._find())

    def _find(self) -> Iterator[Command]:
        for code, calls in self._graph.libraries.items():
            seen: set[CallSite] = set()
            for site, name, value in calls:
                role = self._roles.shell(name)
                if role is None or site in seen:
                    continue
                seen.add(site)
                yield from self._started(code, site, name, role, value)

    def _started(
        self, code: Code, site: CallSite, name: str, role: ShellRole, callee: Value
    ) -> Iterator[Command]:
        call = merged(callee, site.call)
        command = self._argument(call, code, role.command)
        if command is None:
            return
        flag = self._argument(call, code, role.flag) if role.flag else None
        found = self._command(code, site, name, role, call, command, flag)
        yield from self._lifted(found, flag, (), 0)

    def _argument(self, call: Call, code: Code, parameter: tuple[str, int | None]) -> Expression | None:
        found = given(call, *parameter) or from_table(call, parameter[0])
        if found is not None:
            return found
        for argument in call.arguments:
            if argument.star == 2:
                for value in self._evaluator.values(argument.value, code):
                    if isinstance(value, Container):
                        found = self._in_dict(value.origin, parameter[0])
                        if found is not None:
                            return found
        return None

    @staticmethod
    def _in_dict(origin: Expression, keyword: str) -> Expression | None:
        if isinstance(origin, Table):
            for key, value in zip(origin.keys, origin.values, strict=True):
                if isinstance(key, Constant) and key.value == keyword:
                    return value
        if isinstance(origin, Call):
            return given(origin, keyword, None)
        return None

    def _command(
        self,
        code: Code,
        site: CallSite,
        name: str,
        role: ShellRole,
        call: Call,
        command: Expression,
        flag: Expression | None,
    ) -> Command:
        shell: bool | None = role.shell == "always"
        if role.shell == "flag":
            shell = self._truth(flag, code) if flag is not None else (None if has_stars(call) else False)
        elif role.shell == "string":
            shell = self.is_text(command, code)
        inner = self._shell_argument(command, code)
        if not shell and inner is not None:
            return Command(code, site, name, inner, True, ())
        argv = role.exec and len([a for a in call.arguments if a.keyword is None]) > (role.command[1] or 0) + 1
        return Command(code, site, name, command, shell, (), argv)

    def _truth(self, flag: Expression, code: Code) -> bool | None:
        values = self._evaluator.values(flag, code)
        known = {bool(v.value) for v in values if isinstance(v, Literal)}
        if values.whole and len(known) == 1 and all(isinstance(v, Literal) for v in values):
            return known.pop()
        return None

    def _shell_argument(self, command: Expression, code: Code) -> Expression | None:
        """The script in `["sh", "-c", script]` and its like."""
        for value in self._evaluator.values(command, code):
            origin = value.origin if isinstance(value, Container) else None
            if not isinstance(origin, Collection) or len(origin.items) < 3:
                continue
            program, option = (self._text(item, value.code) for item in origin.items[:2])
            program = program.replace("\\", "/").rpartition("/")[2].removesuffix(".exe")
            if program in _SHELLS and option.startswith("-") and option.endswith("c"):
                return origin.items[2]
            if program.lower() in ("cmd", "powershell", "pwsh") and option.lower() in ("/c", "-command", "/k"):
                return origin.items[2]
        return None

    def _text(self, expression: Expression, code: Code) -> str:
        value = self._evaluator.values(expression, code).only()
        return value.value if isinstance(value, Literal) and isinstance(value.value, str) else ""

    def is_text(self, expression: Expression, code: Code) -> bool | None:
        """Whether a command is one string: True, False (a list), or None where that is not known."""
        kinds = {self._evaluator.type_name(v) for v in self._evaluator.values(expression, code)}
        if kinds == {"builtins.str"}:
            return True
        if kinds and kinds <= {"builtins.list", "builtins.tuple"}:
            return False
        return None

    # wrappers

    def _lifted(
        self, command: Command, flag: Expression | None, via: tuple[Step, ...], depth: int
    ) -> Iterator[Command]:
        """The command where its text is decided: here, or at the callers that pass it whole."""
        code = command.code
        parameter = self._whole_parameter(command.command, code)
        if parameter is None or depth > 4:
            yield command
            return
        owner, name = parameter
        edges = self._graph.callers.get(owner, ())
        if not edges:
            yield command
            return
        for edge in edges:
            wanted = next(p for p in owner.scope.parameters if p.name == name)
            bound = isinstance(edge.value, (Bound, ClassOf, Instance))
            call = merged(edge.value, edge.site.call)
            passed = matching(call, owner, wanted, is_bound=bound)
            if passed is None:
                continue
            shell = command.shell
            if shell is None and flag is not None:
                shell = self._passed_truth(flag, owner, call, edge.caller, bound)
            steps = (Step(code.span(command.site.call.at), f"`{owner.qualname}` hands it to `{command.name}`"), *via)
            script = self._shell_argument(passed, edge.caller) if not shell else None
            if script is not None:
                passed, shell = script, True
            lifted = Command(edge.caller, edge.site, command.name, passed, shell, steps, command.is_argv)
            yield from self._lifted(lifted, None, steps, depth + 1)

    def _passed_truth(
        self, flag: Expression, owner: Code, call: Call, caller: Code, bound: bool
    ) -> bool | None:
        if not isinstance(flag, Name):
            return None
        parameter = next((p for p in owner.scope.parameters if p.name == flag.id), None)
        if parameter is None:
            return None
        passed = matching(call, owner, parameter, is_bound=bound)
        if passed is not None:
            return self._truth(passed, caller)
        if parameter.default is not None and owner.parent is not None and not has_stars(call):
            return self._truth(parameter.default, owner.parent)
        return None

    def _whole_parameter(self, expression: Expression, code: Code) -> tuple[Code, str] | None:
        """The function and parameter that a bare name is, if it is never rebound."""
        if isinstance(expression, Item):
            return None
        if not isinstance(expression, Name):
            return None
        home = holder(code, expression.id)
        if home is None or home is not code and home.scope.kind not in ("function", "lambda"):
            return None
        bindings = home.scope.bindings.get(expression.id, [])
        if len(bindings) == 1 and bindings[0].kind == "parameter":
            parameter = next(p for p in home.scope.parameters if p.name == expression.id)
            return (home, expression.id) if parameter.kind in ("positional", "keyword") else None
        if len(bindings) == 1 and bindings[0].kind == "assign" and bindings[0].value is not None:
            if not bindings[0].path and isinstance(bindings[0].value, Name):
                return self._whole_parameter(bindings[0].value, home)
        return None

    def pieces(self, command: Command) -> tuple[Piece, ...]:
        """The parts of a command's text with where each comes from."""
        return self.tracer.pieces(command.command, command.code)

    def is_pass_through(self, command: Command) -> bool:
        """A wrapper that nobody is known to call: its whole text is the caller's business."""
        return self._whole_parameter(command.command, command.code) is not None

    def is_list(self, command: Command) -> int | None:
        """How many items a list command has (-1 unknown number); None if it is not surely a list."""
        values = self._evaluator.values(command.command, command.code)
        sizes: list[int] = []
        for value in values:
            if isinstance(value, Container) and value.kind in ("list", "tuple") and not value.annotated:
                origin = value.origin
                sizes.append(len(origin.items) if isinstance(origin, Collection) else -1)
            elif isinstance(value, Instance) and value.of == Library("builtins.list"):
                sizes.append(-1)
            else:
                return None
        if not sizes or not values.whole:
            return None
        return -1 if -1 in sizes else min(sizes)
