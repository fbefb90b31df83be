"""A queue that somebody joins, and a worker that may leave an item without `task_done()`."""

from collections.abc import Iterator

from concurlint.effects.endings.unfinished_items import UnfinishedItems
from concurlint.effects.program import Program
from concurlint.facts.syntax import spelled
from concurlint.finding import Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL210", "queue-item-never-done", Level.ERROR)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for found in program[UnfinishedItems].all():
        join, worker = found.join, found.taken.code
        joined = spelled(join.site.call.function)[-36:]
        yield rule.finding(
            join.code.span(join.site.call.at),
            f"`{joined}` never returns once `{worker.qualname[-26:]}` skips `task_done()`",
            help="put the work into `try:` and `task_done()` into `finally:`, right behind the `get()`",
            trace=found.steps(),
            confidence=found.confidence,
        )
