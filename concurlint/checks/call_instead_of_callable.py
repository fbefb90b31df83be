"""A call where a callable is wanted: the work runs here and its result is handed over."""

from collections.abc import Iterator

from concurlint.effects.program import Program
from concurlint.facts.records import Call, spelled
from concurlint.finding import Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL202", "call-instead-of-callable", Level.ERROR)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for code, site, name, work in program.handed_over():
        if isinstance(work, Call) and program.is_surely_not_callable(work, code):
            called = spelled(work.function) or "the call"
            yield rule.finding(
                code.span(work.at),
                f"`{called}(…)` runs here, and `{name.rpartition('.')[2]}` gets its result to call",
                help=f"pass `{called}` itself and its arguments separately (`args=…`, or after it in `submit`)",
            )
