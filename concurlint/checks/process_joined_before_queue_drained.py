"""A process joined before its parent has taken what the process put on a queue."""

from collections.abc import Iterator

from concurlint.effects.program import Program
from concurlint.facts.syntax import spelled
from concurlint.finding import Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL105", "process-joined-before-queue-drained", Level.ERROR)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for early in program.processes.joined_too_early():
        called = spelled(early.join.call.function) or "join"
        yield rule.finding(
            early.code.span(early.join.call.at),
            f"`{called}` waits for a process that waits until its queue is read, which comes later",
            help="take what the process puts before joining it (a full pipe, 64 KiB on Linux, keeps it from ending)",
            trace=early.steps(),
        )
