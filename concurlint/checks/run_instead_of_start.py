"""`run()` called on a thread or process object: the work runs here."""

from collections.abc import Iterator

from concurlint.effects.program import Program
from concurlint.effects.threads.construction import Construction
from concurlint.finding import Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL209", "run-instead-of-start", Level.ERROR)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for start in program[Construction].run_here():
        owner = f"{start.object}." if 0 < len(start.object) <= 30 else ""
        where = "on a thread" if start.what == "thread" else "in a process"
        yield rule.finding(
            start.code.span(start.site.call.at),
            f"`{owner}run()` does the work here, in the caller, not {where} of its own",
            help=f"call `{owner}start()`, which has `run` called {where} of its own",
        )
