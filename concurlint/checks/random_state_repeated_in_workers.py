"""Random numbers drawn in forked workers from one inherited state: all of them draw the same."""

from collections.abc import Iterator

from concurlint.effects.processes.random_state import RandomState
from concurlint.effects.program import Program
from concurlint.finding import Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL106", "random-state-repeated-in-workers", Level.WARNING)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for repeated in program[RandomState].repeated():
        yield rule.finding(
            repeated.code.span(repeated.site.call.at),
            f"forked workers inherit the state of `{repeated.source}`, so all draw the same numbers",
            help="give each task a seed (`SeedSequence.spawn`) for its own `default_rng`, or seed in an initializer",
            trace=repeated.steps(),
        )
