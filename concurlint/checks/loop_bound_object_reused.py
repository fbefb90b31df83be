"""An object that belongs to an event loop, used again by the next one."""

from collections.abc import Iterator

from concurlint.effects.program import Program
from concurlint.effects.tasks.loop_binding import LoopBinding
from concurlint.finding import Confidence, Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL513", "loop-bound-object-reused", Level.WARNING)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for found in program[LoopBinding].all():
        if found.is_on_thread:
            continue
        yield rule.finding(
            found.code.span(found.at),
            f"`{found.name[-40:]}` belongs to the first loop that used it, and another one is run",
            help="make it in the coroutine that the loop is started with, or run one loop for all",
            trace=found.steps(),
            confidence=Confidence.MIDDLE,
        )
