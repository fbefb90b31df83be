"""A wait for a child that gives up, after which the child goes on and nobody ends it."""

from collections.abc import Iterator

from concurlint.effects.endings.expired_waits import ExpiredWaits, LeftRunning
from concurlint.effects.program import Program
from concurlint.finding import Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL409", "child-outlives-timeout", Level.WARNING, in_use=True)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for left in program[ExpiredWaits].left_running():
        yield rule.finding(
            left.code.span(left.site.call.at),
            f"`{left.child[:30]}` goes on after the timeout: nobody kills it or waits for its end",
            help=_remedy(left),
            trace=left.steps(),
            confidence=left.confidence,
        )


def _remedy(left: LeftRunning) -> str:
    child = left.child
    wait = f"await {child}.wait()" if left.is_async else f"{child}.communicate()"
    return f"in the `except`, `{child}.kill()` and then `{wait}`, which takes what is left of it away"
