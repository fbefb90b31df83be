"""State read before an await and written by that value after it, by several tasks."""

from collections.abc import Iterator

from concurlint.effects.contexts.frameworks import framework_of
from concurlint.effects.program import Program
from concurlint.effects.tasks.atomicity import Atomicity
from concurlint.finding import Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL508", "state-torn-across-await", Level.WARNING, in_use=True)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for torn in program[Atomicity].torn():
        name = torn.touch.location.shown
        says = f"`{name}` was {'checked' if torn.checked else 'read'} before an await, and others may write it there"
        framework = framework_of(torn.touch.code)
        yield rule.finding(
            torn.touch.code.span(torn.touch.place),
            says if len(says) <= 100 else f"`{name[:30]}` was read before an await, and may be stale here",
            help=f"await first and read after it, or hold an `{framework}.Lock` around both",
            trace=torn.steps(),
        )
