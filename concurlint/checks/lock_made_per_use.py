"""A lock made by the very code that takes it: nobody else can hold it."""

from collections.abc import Iterator

from concurlint.effects.locks.creation import LockCreation
from concurlint.effects.program import Program
from concurlint.finding import Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL304", "lock-made-per-use", Level.ERROR)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for code, call, name in program[LockCreation].private_locks():
        yield rule.finding(
            code.span(call.at),
            f"this `{name.rpartition('.')[2]}` is new in every call of `{code.qualname}`, so it excludes nobody",
            help="make the lock once, where all who need it can reach it (module level or `self` in `__init__`)",
        )
