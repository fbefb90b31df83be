"""A command whose exit status nobody looks at."""

from collections.abc import Iterator

from concurlint.effects.commands.exit_status import ExitStatuses
from concurlint.effects.program import Program
from concurlint.finding import Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL406", "exit-status-ignored", Level.ADVICE, in_use=True)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for ignored in program[ExitStatuses].ignored():
        name = ignored.name.rpartition(".")[2]
        remedy = "give `check=True` to have failures raised, or `check=False` to say that they are fine"
        if not ignored.can_check:
            remedy = "use `subprocess.run([…], check=True)`, or look at what is returned"
        yield rule.finding(
            ignored.code.span(ignored.site.call.at),
            f"nobody looks at the exit status of `{name}`: a failure passes for success",
            help=remedy,
        )
