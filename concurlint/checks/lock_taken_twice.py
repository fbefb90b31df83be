"""A lock that is taken again by the thread that holds it."""

from collections.abc import Iterator

from concurlint.effects.locks.order import LockOrder
from concurlint.effects.program import Program
from concurlint.effects.threads.reentry import Reentries
from concurlint.finding import Confidence, Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL306", "lock-taken-twice", Level.ERROR)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for second in program[LockOrder].taken_twice():
        held, again = second.first.lock.spelling, second.second
        by_call = f"`{again.via[0].callee.qualname}` takes" if again.via else "is taken again"
        says = f"`{held}` is held here and {by_call} it again" if again.via else f"`{held}` is held here and {by_call}"
        yield rule.finding(
            second.code.span(second.at),
            f"{says}: the thread waits for itself",
            help="split off a part that expects the lock to be held and call that, or make it an `RLock`",
            trace=second.steps(),
        )
    for found in program[Reentries].all():
        yield rule.finding(
            found.code.span(found.at),
            found.says,
            help="let go of the lock first, or make it an `RLock`; a signal's handler only sets a flag or an event",
            trace=found.trace,
            confidence=Confidence.MIDDLE,
        )
