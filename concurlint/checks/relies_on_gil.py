"""Changes of shared lists and dicts that are one step only under the GIL."""

from collections.abc import Iterator

from concurlint.effects.program import Program
from concurlint.effects.races.gil import GilReliance
from concurlint.finding import Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL701", "relies-on-gil", Level.WARNING, in_use=True)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for torn in program[GilReliance].torn_changes():
        touch = torn.touch
        yield rule.finding(
            touch.code.span(touch.place),
            f"`{touch.location.shown}.{touch.attr}` is one step only under the GIL; others see it half done",
            help="guard every use with one `threading.Lock`, or use a `queue.Queue` or `deque`",
            trace=torn.steps(),
        )
