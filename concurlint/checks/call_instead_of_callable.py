"""A call where a callable is wanted: the work runs here and its result is handed over."""

from collections.abc import Iterator

from concurlint.effects.program import Program
from concurlint.effects.threads.callables import Callables
from concurlint.facts.syntax import Call, spelled
from concurlint.finding import Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL202", "call-instead-of-callable", Level.ERROR, fixable=True)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for code, _, name, work in program[Callables].handed_over():
        if not program[Callables].is_surely_not_callable(work, code):
            continue
        taker = name.rpartition(".")[2]
        if isinstance(work, Call):
            called = spelled(work.function) or "the call"
            says = f"`{called}(…)` runs here, and `{taker}` gets its result to call"
            remedy = f"pass `{called}` itself and its arguments separately (`args=…`, or after it in `submit`)"
            if program[Callables].makes_coroutine(work, code):
                says = f"`{called}(…)` makes a coroutine, and `{taker}` wants the function to call"
                remedy = f"pass `{called}` itself, and its arguments after it"
        else:
            says = f"`{spelled(work)}` is the result of a call, not something `{taker}` can call"
            remedy = "pass the function itself and its arguments separately"
        yield rule.finding(code.span(work.at), says, help=remedy)
