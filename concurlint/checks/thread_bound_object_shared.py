"""An object that belongs to one thread, used by another."""

from collections.abc import Iterator

from concurlint.effects.program import Program
from concurlint.effects.threads.confinement import Confinement
from concurlint.finding import Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL311", "thread-bound-object-shared", Level.ERROR)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for found in program[Confinement].foreign_objects():
        yield rule.finding(
            found.code.span(found.at),
            f"`{found.name}` belongs to another thread: {found.facts['then']}",
            help=found.facts["instead"],
            trace=found.steps(),
        )
