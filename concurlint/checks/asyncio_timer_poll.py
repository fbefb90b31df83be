"""A coroutine that sleeps and looks again instead of being told."""

from collections.abc import Iterator

from concurlint.effects.contexts.frameworks import framework_of
from concurlint.effects.program import Program
from concurlint.effects.tasks.polling import Polling
from concurlint.finding import Finding, Level, Step
from concurlint.rule import Rule

rule = Rule[Program]("CCL511", "asyncio-timer-poll", Level.ADVICE, in_use=True)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for poll in program[Polling].polls():
        framework = framework_of(poll.code)
        changed = poll.changed
        asked = f"`{poll.asked[:50]}`" if poll.asked else "the condition"
        step = () if changed is None else (Step(changed[0].span(changed[1]), f"{asked} changes here"),)
        yield rule.finding(
            poll.code.span(poll.loop.at),
            f"{asked} is asked again and again by timer",
            help=f"use {poll.remedy}" if poll.remedy else f"set an `{framework}.Event` there and await it here",
            trace=step,
        )
