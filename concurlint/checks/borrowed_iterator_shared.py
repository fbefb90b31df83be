"""One iterator that several threads advance."""

from collections.abc import Iterator

from concurlint.effects.program import Program
from concurlint.effects.races.gil import GilReliance
from concurlint.finding import Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL702", "borrowed-iterator-shared", Level.WARNING, in_use=True)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for found in program[GilReliance].borrowed_iterators():
        then = "it raises ValueError" if found.is_generator else "items get lost or come twice"
        yield rule.finding(
            found.code.span(found.at),
            f"several threads take from the one iterator `{found.shown}`: {then}",
            help="put the items on a `queue.Queue`, or hold one lock around each `next()`",
            trace=found.steps(),
        )
