"""A shared container that one thread goes through while another changes its size."""

from collections.abc import Iterator

from concurlint.effects.program import Program
from concurlint.effects.races.grading import RaceGrading
from concurlint.effects.races.iteration import Iterations
from concurlint.finding import Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL312", "iterated-while-written", Level.WARNING, in_use=True)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    grading = program[RaceGrading]
    for found in program[Iterations].disturbed():
        shown = found.look.location.shown
        then = "items are skipped or repeated" if found.kind == "list" else "RuntimeError"
        yield rule.finding(
            found.look.code.span(found.look.place),
            f"another thread may change `{shown}` during this loop: {then}",
            help=f"go through a copy (`list({shown.rpartition('.')[2]})`), or hold one lock around both",
            trace=found.steps(),
            confidence=grading.confidence(found.run, found.look.location),
            weight=grading.weight(found.look.location),
        )
