"""A list with `shell=True`: only its first item is the command."""

from collections.abc import Iterator

from concurlint.effects.commands.commands import Commands
from concurlint.effects.program import Program
from concurlint.effects.startup.platforms import Platforms
from concurlint.finding import Finding, Level
from concurlint.remedies.commands import without_shell
from concurlint.rule import Rule

rule = Rule[Program]("CCL403", "list-with-shell", Level.ERROR, fixable=True)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    commands = program[Commands]
    for command in commands.all:
        if not command.shell or command.is_open or command.named or command.role.shell == "string":
            continue
        size = commands.list_size(command)
        if size is None or size in (0, 1) or program[Platforms].is_windows_only(command.code, command.site):
            continue
        yield rule.finding(
            command.code.span(command.site.call.at),
            "with a shell only the first item of this list is run; the rest go to the shell itself",
            help=f"use `{without_shell(command)}` without a shell, or pass one string if the shell is needed",
            trace=command.via,
        )
