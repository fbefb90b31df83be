"""A long wait with a lock held that other threads want."""

from collections.abc import Iterator

from concurlint.effects.locks.contention import Contention
from concurlint.effects.program import Program
from concurlint.finding import Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL309", "waiting-under-lock", Level.ADVICE, in_use=True)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for found in program[Contention].long_holds():
        yield rule.finding(
            found.code.span(found.site.call.at),
            f"`{found.blocking.name}` waits with `{found.hold.lock.spelling}` held, which others want",
            help="wait first and take the lock for the result, or copy what is needed and let go before waiting",
            trace=found.steps(),
        )
