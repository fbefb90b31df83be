"""A handler that catches the cancellation of its own task and lets it go on."""

from collections.abc import Iterator

from concurlint.effects.program import Program
from concurlint.effects.tasks.cancellation import Cancellation
from concurlint.finding import Finding, Level, Step
from concurlint.rule import Rule

rule = Rule[Program]("CCL510", "cancellation-swallowed", Level.WARNING, in_use=True)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for found in program[Cancellation].swallowed():
        caught = f"catching `{found.caught.rpartition('.')[2]}`" if found.caught != "except:" else "a bare `except`"
        after = "the loop just goes on" if found.loops else "the task goes on as if nothing was"
        yield rule.finding(
            found.code.span(found.at),
            f"{caught} swallows the cancellation of this task: {after}",
            help="catch `Exception`, or re-raise with `raise` when the clean-up is done",
            trace=(Step(found.code.span(found.awaited.at), "a cancellation arrives at this await"),),
            weight=found.weight,
        )
