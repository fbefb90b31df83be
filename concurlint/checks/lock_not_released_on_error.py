"""A lock that stays taken when what is done under it fails."""

from collections.abc import Iterator

from concurlint.effects.locks.release import LockRelease
from concurlint.effects.program import Program
from concurlint.finding import Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL307", "lock-not-released-on-error", Level.WARNING, fixable=True, in_use=True)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for leak in program[LockRelease].leaks():
        lock = leak.taking.lock.spelling
        entered = "async with" if leak.taking.lock.kind.startswith("async") else "with"
        left = "an early return" if leak.how == "returns here" else "an exception"
        yield rule.finding(
            leak.taking.code.span(leak.taking.at),
            f"`{lock}` stays taken if {left} passes by its release",
            help=f"write `{entered} {lock}:` around it, or release it in a `finally`",
            trace=leak.steps(),
        )
