"""Work that only waits, handed to processes where threads or tasks would do."""

from collections.abc import Iterator

from concurlint.effects.processes.grain import TaskGrain
from concurlint.effects.program import Program
from concurlint.finding import Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL107", "waiting-work-in-processes", Level.ADVICE, in_use=True)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for waiting in program[TaskGrain].waiting():
        dispatch = waiting.dispatch
        if dispatch.site is None:
            continue
        name = dispatch.code.name
        work = f"`{name}`" if name.isidentifier() and len(name) < 30 else "the work"
        yield rule.finding(
            dispatch.where.span(dispatch.site.call.at),
            f"{work} only waits for {waiting.on}, which threads do as well for far less than processes",
            help="use `ThreadPoolExecutor`, or asyncio with an async client",
            trace=(waiting.step,),
        )
