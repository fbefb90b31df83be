"""A process pool or process started while the module is imported."""

from collections.abc import Iterator

from concurlint.effects.program import Program
from concurlint.effects.startup.import_time_starts import ImportTimeStarts
from concurlint.finding import Finding, Level
from concurlint.remedies.targets import breaking_start_method
from concurlint.rule import Rule

rule = Rule[Program]("CCL101", "process-outside-main-guard", Level.ERROR)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for call, what in program[ImportTimeStarts].all():
        yield rule.finding(
            call.code.span(call.at),
            f"{what} is started while `{call.top.module.name.rstrip('~')}` is imported, and again in every child",
            help=f'start it under `if __name__ == "__main__":`; {breaking_start_method(program.config)} '
            "imports the main module again in each child",
            trace=call.steps(),
        )
