"""A command string for a shell, built from values the program does not control."""

from collections.abc import Iterator

from concurlint.catalog.shells import shell_words
from concurlint.effects.commands.commands import Command, Commands
from concurlint.effects.program import Program
from concurlint.finding import Finding, Level, Weight
from concurlint.remedies.commands import quoting, without_shell
from concurlint.rule import Rule

rule = Rule[Program]("CCL401", "shell-string-command", Level.ERROR, in_use=True)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    commands = program[Commands]
    for command in commands.all:
        if not command.shell or command.is_open or commands.list_size(command) is not None:
            continue
        pieces = commands.pieces(command)
        outside = [piece for piece in pieces if piece.status == "outside"]
        if not outside:
            continue
        strange = [piece for piece in outside if piece.reason not in shell_words("starter's")]
        piece = (strange or outside)[0]
        built = "with" if piece.is_parameter else "from"
        yield rule.finding(
            command.code.span(command.site.call.at),
            f"`{command.written}` has a shell read a text built {built} {piece.reason}",
            help=_help(command, quoting(pieces, piece)),
            trace=(*command.via, *piece.steps),
            weight=Weight.HIGH if strange else Weight.LOW,
        )


def _help(command: Command, quote: str) -> str:
    if command.named:
        return f"run the program itself, pass values after the script (`$1`), or {quote}"
    instead = without_shell(command)
    return f"use `{instead}` without a shell, or {quote}" if instead else quote
