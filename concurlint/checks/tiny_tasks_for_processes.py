"""Many tiny items sent to processes one by one, which costs more than the work on them."""

from collections.abc import Iterator

from concurlint.effects.processes.grain import TaskGrain
from concurlint.effects.program import Program
from concurlint.finding import Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL109", "tiny-tasks-for-processes", Level.ADVICE, in_use=True)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for dispatch in program[TaskGrain].tiny():
        if dispatch.site is None:
            continue
        name = dispatch.code.name
        work = f"`{name}` does" if name.isidentifier() and len(name) < 30 else "the work does"
        yield rule.finding(
            dispatch.where.span(dispatch.site.call.at),
            f"{work} so little that sending its items one by one costs more than doing it here",
            help="pass `chunksize=` (some hundreds), or leave out the processes",
        )
