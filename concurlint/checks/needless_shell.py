"""A constant command through a shell that needs nothing of the shell."""

from collections.abc import Iterator

from concurlint.effects.commands.commands import Commands
from concurlint.effects.commands.recurring import CommandRepetition
from concurlint.effects.commands.shell import is_plain_shell, needs_shell, shown_items
from concurlint.effects.program import Program
from concurlint.effects.startup.platforms import Platforms
from concurlint.effects.taint.domain import constant_text
from concurlint.finding import Finding, Level, Weight
from concurlint.remedies.commands import without_shell
from concurlint.rule import Rule

rule = Rule[Program]("CCL402", "needless-shell", Level.WARNING, fixable=True, in_use=True)

_LONGEST = 40


@rule.check
def check(program: Program) -> Iterator[Finding]:
    commands = program[Commands]
    for command in commands.all:
        if not command.shell or command.is_open or commands.list_size(command) is not None:
            continue
        if command.named and not is_plain_shell(command.named):
            continue
        text = constant_text(commands.pieces(command))
        if text is None or needs_shell(text) or program[Platforms].is_windows_only(command.code, command.site):
            continue
        instead = without_shell(command, shown_items(text))
        if instead:
            shown = f"`{text.strip()}`" if len(text.strip()) <= _LONGEST else "this command"
            yield rule.finding(
                command.code.span(command.site.call.at),
                f"{shown} uses nothing of the shell that is started for it",
                help=f"use `{instead}` without a shell",
                trace=command.via,
                weight=Weight.HIGH
                if program[CommandRepetition].is_run_often(command.code, command.site)
                else Weight.LOW,
            )
