"""Two locks that are taken in both orders by code that may run at the same time."""

from collections.abc import Iterator

from concurlint.effects.locks.order import LockOrder
from concurlint.effects.program import Program
from concurlint.finding import Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL305", "lock-order-inversion", Level.ERROR)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for inversion in program[LockOrder].inversions():
        one, other = inversion.one, inversion.other
        first, second = one.first.lock, one.second.lock
        alike = first.spelling == second.spelling
        names = (first.qualified, second.qualified) if alike else (first.spelling, second.spelling)
        yield rule.finding(
            one.code.span(one.at),
            f"takes `{names[1]}` under `{names[0]}`, `{other.code.qualname}` the other way round",
            help="take the two in the same order everywhere, or let go of the first before taking the second",
            trace=inversion.steps(),
        )
