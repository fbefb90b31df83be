"""Requests that do not need each other, awaited one after another."""

from collections.abc import Iterator

from concurlint.effects.contexts.frameworks import framework_of
from concurlint.effects.program import Program
from concurlint.effects.tasks.polling import Polling
from concurlint.finding import Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL509", "awaits-one-by-one", Level.ADVICE, in_use=True)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for code, _, awaited, called in program[Polling].one_by_one():
        together = "`asyncio.gather`"
        if program.config.target_python >= (3, 11):
            together += " or a `TaskGroup`"
        if framework_of(code) != "asyncio":
            together = "`start_soon` of a nursery or task group"
        yield rule.finding(
            code.span(awaited.at),
            f"`{called[:50] or 'the call'}` is awaited item by item, though no item needs another",
            help=f"run them together by {together}, with a semaphore where there are many",
        )
