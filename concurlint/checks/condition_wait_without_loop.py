"""A wait on a condition after which nobody looks whether what was waited for is so."""

from collections.abc import Iterator

from concurlint.effects.locks.condition_wait import ConditionWaits
from concurlint.effects.program import Program
from concurlint.facts.syntax import Attribute, spelled
from concurlint.finding import Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL308", "condition-wait-without-loop", Level.WARNING, fixable=True)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for wait in program[ConditionWaits].blind():
        function = wait.site.call.function
        on = spelled(function.value) if isinstance(function, Attribute) else ""
        yield rule.finding(
            wait.code.span(wait.site.call.at),
            f"`{on or 'condition'}.wait()` may return with nothing to go on, and nobody looks again",
            help=f"use `{on or 'condition'}.wait_for(lambda: …)`, or `while not …:` around the wait",
            trace=(wait.tested,) if wait.tested is not None else (),
        )
