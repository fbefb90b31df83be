"""Work in a pool whose error nobody will ever see."""

from collections.abc import Iterator

from concurlint.effects.program import Program
from concurlint.effects.threads.futures import FutureResults
from concurlint.finding import Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL203", "executor-error-lost", Level.WARNING, in_use=True)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for lost in program[FutureResults].lost_errors():
        what, who = ("an iterator", "reads") if lost.role.error == "iterator" else ("a future", "asks")
        seen = "logged late, if at all" if lost.role.error == "logged" else "never seen"
        name = lost.work.qualname if len(lost.work.qualname) <= 40 else lost.work.name
        remedy = "keep the future and call `result()` on it, or catch and log errors in the work itself"
        if lost.role.error == "iterator":
            remedy = "go through the results: that raises the first error; or catch and log in the work itself"
        yield rule.finding(
            lost.code.span(lost.site.call.at),
            f"an error in `{name}` is kept in {what} that nobody {who}, so it is {seen}",
            help=remedy,
            trace=(*lost.via, *lost.escape.steps),
        )
