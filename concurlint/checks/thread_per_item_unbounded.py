"""A thread for each item of a stream, with nothing to limit their number."""

from collections.abc import Iterator

from concurlint.effects.program import Program
from concurlint.effects.threads.per_event import ThreadsPerEvent
from concurlint.effects.threads.unbounded import UnboundedThreads
from concurlint.finding import Confidence, Finding, Level, Step
from concurlint.rule import Rule

_POOL = "hand it to a `ThreadPoolExecutor(max_workers=…)`, or take a semaphore before the thread starts"

rule = Rule[Program]("CCL205", "thread-per-item-unbounded", Level.WARNING, in_use=True)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for flood in program[UnboundedThreads].all():
        yield rule.finding(
            flood.where.span(flood.site.call.at),
            f"each {flood.item} gets a thread of its own, with no limit to how many run at once",
            help=_POOL,
            trace=(Step(flood.where.span(flood.loop.at), "the loop goes on for as long as there are more"),),
        )
    for found in program[ThreadsPerEvent].all():
        yield rule.finding(
            found.code.span(found.site.call.at),
            f"each {found.event} gets a thread of its own, with no limit to how many run at once",
            help=_POOL,
            trace=found.steps(),
            confidence=Confidence.MIDDLE,
        )
