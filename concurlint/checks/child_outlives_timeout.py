"""A child that goes on when a wait for it gives up and nobody ends it, or when the timeout comes too late."""

from collections.abc import Iterator

from concurlint.effects.endings.expired_waits import ExpiredWaits, LeftRunning
from concurlint.effects.endings.late_timeouts import LateTimeout, LateTimeouts
from concurlint.effects.program import Program
from concurlint.finding import Finding, Level, Weight
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
    for late in program[LateTimeouts].all():
        yield rule.finding(
            late.code.span(late.site.call.at),
            f"this timeout is too late if `{late.child[:30]}` hangs: its output is read to the end before",
            help=_sooner(late),
            trace=late.steps(),
            weight=Weight.LOW if late.is_brief else Weight.HIGH,
        )


def _remedy(left: LeftRunning) -> str:
    child = left.child
    wait = f"await {child}.wait()" if left.is_async else f"{child}.communicate()"
    return f"in the `except`, `{child}.kill()` and then `{wait}`, which takes what is left of it away"


def _sooner(late: LateTimeout) -> str:
    if late.site.awaited:
        return "put the reading and the wait under one `asyncio.timeout(…)`, and kill the child when it is over"
    return f"use `communicate(timeout=…)`, or start `threading.Timer(…, {late.child[:30]}.kill)` before the reading"
