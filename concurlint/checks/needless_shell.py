"""A constant command through a shell that needs nothing of the shell."""

from collections.abc import Iterator

from concurlint.effects.program import Program
from concurlint.effects.shellwords import needs_shell, shown_list
from concurlint.effects.text import constant_text
from concurlint.finding import Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL402", "needless-shell", Level.WARNING)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    commands = program.commands
    for command in commands.all:
        if not command.shell or commands.is_list(command) is not None or commands.is_pass_through(command):
            continue
        if program.is_test_double(command.code, command.site):
            continue
        text = constant_text(commands.pieces(command))
        if text is None or needs_shell(text) or program.is_windows_only(command.code, command.site):
            continue
        yield rule.finding(
            command.code.span(command.site.call.at),
            f"`{text.strip()}` uses nothing of the shell that is started for it"
            if len(text) <= 40
            else "this command uses nothing of the shell that is started for it",
            help=f"run the program itself: `{shown_list(text)}` without a shell",
            trace=command.via,
        )
