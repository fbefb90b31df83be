"""State that is written under a lock in one place and without it in another."""

from collections.abc import Iterator

from concurlint.effects.program import Program
from concurlint.effects.races.updates import Races
from concurlint.finding import Finding, Level
from concurlint.remedies.targets import race_level
from concurlint.rule import Rule

rule = Rule[Program]("CCL302", "inconsistently-locked", Level.WARNING, worst=Level.ERROR, in_use=True)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for slip in program[Races].inconsistent_locking():
        touch = slip.touch
        yield rule.finding(
            touch.code.span(touch.place),
            f"`{touch.location.shown}` is written here without `{slip.lock}`, which guards it elsewhere",
            help=f"hold `{slip.lock}` here too, or say why this runs before the object is shared",
            trace=slip.steps(),
            level=race_level(program.config),
        )
