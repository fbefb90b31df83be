"""A lock that threads of the parent use, taken again in a process forked from it."""

from collections.abc import Iterator

from concurlint.effects.locks.fork import InheritedLocks
from concurlint.effects.program import Program
from concurlint.finding import Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL111", "lock-inherited-through-fork", Level.ADVICE)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for found in program[InheritedLocks].all():
        yield rule.finding(
            found.code.span(found.at),
            f"`{found.lock}` stays taken here for ever if a thread held it when this process was forked",
            help="make a new lock in the child with `os.register_at_fork(after_in_child=…)`, or start it by spawn",
            trace=found.steps(),
        )
