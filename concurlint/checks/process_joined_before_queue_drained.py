"""A process joined before its parent has taken what the process put on a queue."""

from collections.abc import Iterator

from concurlint.effects.processes.queues import QueueDraining
from concurlint.effects.program import Program
from concurlint.facts.syntax import spelled
from concurlint.finding import Finding, Level, Weight
from concurlint.rule import Rule

rule = Rule[Program]("CCL105", "process-joined-before-queue-drained", Level.ERROR)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for early in program[QueueDraining].joined_too_early():
        called = spelled(early.join.call.function)
        called = called if 0 < len(called) < 20 else "join"
        says = f"`{called}` waits for a process that waits until its queue is read, which comes later"
        if early.is_small:
            says = f"`{called}` comes before the queue is read, which hangs once a pipe cannot hold what is put"
        if early.is_ended:
            says = f"`{called}` waits its timeout out once a pipe cannot hold what is put, and that is lost"
        yield rule.finding(
            early.code.span(early.join.call.at),
            says,
            help="take what the process puts before joining it (a full pipe, 64 KiB on Linux, keeps it from ending)",
            trace=early.steps(),
            level=Level.WARNING if early.is_small or early.is_ended else None,
            weight=Weight.LOW if early.is_small else Weight.HIGH,
        )
