"""A command and its arguments in one string, with no shell to take it apart."""

from collections.abc import Iterator

from concurlint.effects.commands.commands import Command, Commands
from concurlint.effects.commands.scripts import stray_operator
from concurlint.effects.commands.shell import has_arguments, needs_shell, shown_items
from concurlint.effects.program import Program
from concurlint.effects.startup.platforms import Platforms
from concurlint.effects.taint.domain import constant_text
from concurlint.finding import Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL404", "command-string-without-shell", Level.ERROR, fixable=True)


def _stray(command: Command, operator: str) -> Finding:
    return rule.finding(
        command.code.span(command.site.call.at),
        f"without a shell `{operator}` is an argument of the program like any other",
        help="connect or redirect with `stdin=` and `stdout=`, or give a shell the whole line, values in `shlex.quote`",
        trace=command.via,
    )


@rule.check
def check(program: Program) -> Iterator[Finding]:
    commands = program[Commands]
    for command in commands.all:
        if command.shell is not False or command.is_open:
            continue
        operator = stray_operator(commands.words(command))
        if operator and not program[Platforms].is_windows_only(command.code, command.site):
            yield _stray(command, operator)
        if command.is_argv:
            continue
        if commands.is_text(command.text, command.home) is not True:
            continue
        pieces = commands.pieces(command)
        if not has_arguments(pieces) or program[Platforms].is_windows_only(command.code, command.site):
            continue
        text = constant_text(pieces)
        if text is None:
            instead = f"use `{command.instead()}` with each word as an item of its own"
        elif needs_shell(text):
            instead = "take the words apart into a list, or give it to a shell if it needs one"
        else:
            instead = f"use `{command.instead(shown_items(text))}`"
        yield rule.finding(
            command.code.span(command.site.call.at),
            "without a shell the whole string is taken for the program's name (FileNotFoundError on POSIX)",
            help=instead,
            trace=command.via,
        )
