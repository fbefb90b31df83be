"""A lock of threads that is held while a coroutine waits."""

from collections.abc import Iterator

from concurlint.effects.contexts.frameworks import framework_of
from concurlint.effects.locks.suspension import Suspension
from concurlint.effects.program import Program
from concurlint.finding import Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL505", "lock-held-across-await", Level.WARNING, in_use=True)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for held in program[Suspension].over_awaits():
        name = f"`{held.hold.lock.spelling}`" if 0 < len(held.hold.lock.spelling) < 40 else "a lock"
        says = f"{name} is held at this await: a task that wants it blocks the whole event loop"
        if held.reentrant:
            says = f"{name} is an RLock: other tasks of this thread walk in at this await"
        framework = framework_of(held.code)
        yield rule.finding(
            held.code.span(held.awaited.at),
            says,
            help=f"use `{framework}.Lock` with `async with`, or release the lock before the await",
            trace=held.steps(),
        )
