"""A global that is bound under the main guard only and read in a worker process, where nobody has bound it."""

from collections.abc import Iterator

from concurlint.effects.processes.guarded_globals import GuardedGlobals
from concurlint.effects.program import Program
from concurlint.finding import Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL112", "global-missing-in-worker", Level.ERROR)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for found in program[GuardedGlobals].missing():
        methods = " and ".join(sorted(found.methods))
        yield rule.finding(
            found.code.span(found.read),
            f"`{found.name}` is bound under the main guard only: a worker raises NameError ({methods})",
            help="pass it as an argument or by `initializer=`, or bind it at the top of the module",
            trace=found.steps(),
        )
