"""A command string for a shell, built from values the program does not control."""

from collections.abc import Iterator

from concurlint.effects.program import Program
from concurlint.finding import Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL401", "shell-string-command", Level.ERROR)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    commands = program.commands
    for command in commands.all:
        if not command.shell or commands.is_pass_through(command) or commands.is_list(command) is not None:
            continue
        if program.is_test_double(command.code, command.site):
            continue
        outside = [piece for piece in commands.pieces(command) if piece.status == "outside"]
        if not outside:
            continue
        piece = outside[0]
        yield rule.finding(
            command.code.span(command.site.call.at),
            f"a shell reads this command, and part of it is {_source(piece.reason)}",
            help="pass a list without a shell, or quote each part with `shlex.quote`",
            trace=(*command.via, *piece.steps),
        )


def _source(reason: str) -> str:
    if reason.startswith("the parameter of"):
        return f"the parameter {reason.rpartition(' ')[2]}"
    return f"from {reason}"
