"""A fork of a program whose threads may still run: the child has their locks, and nobody to release them."""

from collections.abc import Iterator

from concurlint.effects.processes.fork import Forks
from concurlint.effects.program import Program
from concurlint.finding import Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL104", "fork-with-live-threads", Level.WARNING)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for found in program[Forks].with_threads():
        fork = found.fork
        yield rule.finding(
            fork.code.span(fork.site.call.at),
            f"`{fork.what}` forks while threads may run; a lock one holds stays taken in the child",
            help='start processes before threads, or use `multiprocessing.get_context("spawn")`',
            trace=found.steps(),
            weight=found.weight,
        )
