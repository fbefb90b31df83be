"""A shared container that one thread goes through while another changes its size."""

from collections.abc import Iterator

from concurlint.effects.program import Program
from concurlint.effects.races.escaping_views import EscapingViews
from concurlint.effects.races.grading import RaceGrading
from concurlint.effects.races.iteration import Disturbed, Iterations
from concurlint.facts.unparse import written
from concurlint.finding import Confidence, Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL312", "iterated-while-written", Level.WARNING, in_use=True)

_LONGEST = 40


@rule.check
def check(program: Program) -> Iterator[Finding]:
    grading = program[RaceGrading]
    for found in program[Iterations].disturbed():
        shown = found.look.location.shown
        then = "items are skipped or repeated" if found.kind == "list" else "RuntimeError"
        yield rule.finding(
            found.look.code.span(found.look.place),
            f"another thread may change `{shown}` during this loop: {then}",
            help=f"go through a copy (`list({_copied(found)})`), or hold one lock around both",
            trace=found.steps(),
            confidence=grading.confidence(found.run, found.look.location),
            weight=grading.weight(found.look.location),
        )
    for view in program[EscapingViews].all():
        text = written(view.returned.value)
        yield rule.finding(
            view.code.span(view.returned.at),
            f"`{view.lock.spelling}` is given back before what is returned here is gone through: RuntimeError",
            help=f"give a copy: `return list({text})`" if 0 < len(text) <= _LONGEST else "give a copy, made by `list`",
            trace=view.steps(),
            confidence=Confidence.MIDDLE,
        )


def _copied(found: Disturbed) -> str:
    """What the loop goes through, as it spells it: of a dictionary's items a copy too."""
    text = written(found.loop.iterable)
    return text if 0 < len(text) <= _LONGEST else found.look.location.shown.rpartition(".")[2]
