"""A command and its arguments in one string, with no shell to take it apart."""

from collections.abc import Iterator

from concurlint.effects.program import Program
from concurlint.finding import Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL404", "command-string-without-shell", Level.ERROR)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    commands = program.commands
    for command in commands.all:
        if command.shell is not False or command.is_argv or commands.is_pass_through(command):
            continue
        if commands.is_text(command.command, command.code) is not True:
            continue
        first = commands.pieces(command)[:1]
        if not first or first[0].status != "constant" or " " not in first[0].text.strip(" "):
            if len(commands.pieces(command)) < 2 or " " not in first[0].text.lstrip(" "):
                continue
        if program.is_windows_only(command.code, command.site):
            continue
        if program.is_test_double(command.code, command.site):
            continue
        program_name = first[0].text.split()[0]
        yield rule.finding(
            command.code.span(command.site.call.at),
            "without a shell the whole string is taken for the program's name (FileNotFoundError on POSIX)",
            help=f"pass a list: `[\"{program_name}\", …]`, or `shlex.split` of a constant string",
            trace=command.via,
        )
