"""A thread whose work is passed as its group."""

from collections.abc import Iterator

from concurlint.effects.program import Program
from concurlint.effects.threads.construction import Construction
from concurlint.facts.syntax import spelled
from concurlint.finding import Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL207", "thread-without-target", Level.ERROR, fixable=True)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for start in program[Construction].without_target():
        assert start.given is not None
        work = spelled(start.given)
        shown = f"`{work}`" if 0 < len(work) <= 30 else "the first argument"
        yield rule.finding(
            start.code.span(start.given.at),
            f"{shown} is taken for the group of the {start.what}, which must be None, so nothing runs",
            help=f"pass it by keyword: `target={work if 0 < len(work) <= 30 else '…'}`",
        )
