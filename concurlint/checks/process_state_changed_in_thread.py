"""State of the whole process that one thread changes under all others."""

from collections.abc import Iterator

from concurlint.effects.program import Program
from concurlint.effects.threads.confinement import Confinement
from concurlint.finding import Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL310", "process-state-changed-in-thread", Level.WARNING, worst=Level.ERROR, in_use=True)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for found in program[Confinement].state_changes():
        fails = bool(found.facts.get("fails"))
        changes = found.facts["changes"]
        yield rule.finding(
            found.code.span(found.at),
            f"`{found.name}` raises ValueError in any thread but the main one"
            if fails
            else f"`{found.name}` changes {changes} for all threads at once",
            help=found.facts["instead"],
            trace=found.steps(),
            level=Level.ERROR if fails else None,
        )
