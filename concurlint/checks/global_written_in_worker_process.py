"""State written in a worker process and read in the parent, which has a copy of its own."""

from collections.abc import Iterator

from concurlint.effects.processes.copied_state import CopiedState
from concurlint.effects.processes.shared_memory import SharedMemory
from concurlint.effects.program import Program
from concurlint.finding import Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL103", "global-written-in-worker-process", Level.WARNING)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for lost in program[CopiedState].all():
        touch = lost.touch
        yield rule.finding(
            touch.code.span(touch.place),
            f"`{touch.location.shown}` changes in a worker process only; the parent's stays as it was",
            help="return the value from the worker, or share it: a `Queue`, a `Value`, an `Array`, a `Manager()`",
            trace=lost.steps(),
        )
    for change in program[SharedMemory].changes():
        if change.is_lost:
            yield rule.finding(
                change.code.span(change.at),
                f"an item of `{change.shown}` is a copy here: what is changed in it gets to nobody",
                help="store the item again after the change (`d[k] = item`), or put a `manager.list()` there",
                trace=change.steps(),
            )
