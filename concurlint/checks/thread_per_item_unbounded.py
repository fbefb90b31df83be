"""A thread for each item of a stream, with nothing to limit their number."""

from collections.abc import Iterator

from concurlint.effects.program import Program
from concurlint.effects.threads.unbounded import UnboundedThreads
from concurlint.finding import Finding, Level, Step
from concurlint.rule import Rule

rule = Rule[Program]("CCL205", "thread-per-item-unbounded", Level.WARNING)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for flood in program[UnboundedThreads].all():
        dispatch = flood.dispatch
        assert dispatch.site is not None
        yield rule.finding(
            dispatch.where.span(dispatch.site.call.at),
            f"each {flood.item} gets a thread of its own, with no limit to how many run at once",
            help="hand it to a `ThreadPoolExecutor(max_workers=…)`, or take a semaphore before the thread starts",
            trace=(Step(dispatch.where.span(flood.loop.at), "the loop goes on for as long as there are more"),),
        )
