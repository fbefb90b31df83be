"""A connection that a module opens while it is loaded, used by forked children."""

from collections.abc import Iterator

from concurlint.effects.processes.carried_connections import CarriedConnections
from concurlint.effects.program import Program
from concurlint.finding import Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL113", "connection-carried-into-fork", Level.ERROR)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for found in program[CarriedConnections].all():
        yield rule.finding(
            found.code.span(found.site.call.at),
            f"`{found.name[-40:]}` uses its parent's connection in a forked child, beside others",
            help="open one in each child, by `initializer=` of the pool or in the function itself",
            trace=found.steps(),
        )
