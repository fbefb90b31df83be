"""A thread that is waited for under a lock it needs to finish."""

from collections.abc import Iterator

from concurlint.effects.locks.join import JoinUnderLock
from concurlint.effects.program import Program
from concurlint.finding import Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL313", "joined-under-its-lock", Level.ERROR)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for found in program[JoinUnderLock].standstills():
        lock, worker = found.hold.lock.spelling, found.need.dispatch.code.qualname
        yield rule.finding(
            found.code.span(found.at),
            f"waits for `{worker or 'its worker'}` with `{lock}` held, which that needs to finish",
            help=f"let go of `{lock}` before waiting",
            trace=found.steps(),
        )
