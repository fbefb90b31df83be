"""A pool of workers that nobody closes, or that some way out of its function leaves open."""

from collections.abc import Iterator

from concurlint.effects.program import Program
from concurlint.effects.resources import Resources
from concurlint.facts.syntax import spelled
from concurlint.finding import Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL108", "pool-never-closed", Level.WARNING, in_use=True)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for left in program[Resources].left_open("terminate"):
        made = spelled(left.call.function).rpartition(".")[2] or "the pool"
        named = f"`{left.name}`" if left.name else f"this `{made}`"
        if left.gap is None:
            says = f"{named} is never closed or terminated, so its workers outlive their use"
        else:
            says = f"{named} is not closed on every way out, and its workers stay when it is not"
        yield rule.finding(
            left.code.span(left.call.at),
            says,
            help="use `with …Pool() as pool:`, or close (or terminate) it in a `finally`",
            trace=left.steps(),
        )
