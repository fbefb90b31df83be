"""An event loop started by code that an event loop runs."""

from collections.abc import Iterator

from concurlint.effects.contexts.frameworks import framework_of
from concurlint.effects.program import Program
from concurlint.effects.tasks.nested_loops import NestedLoops
from concurlint.facts.syntax import spelled
from concurlint.finding import Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL507", "loop-inside-loop", Level.ERROR)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for code, site, nested in program[NestedLoops].nested_loops():
        if program.roles.runs_loop(nested.name) != framework_of(code) and framework_of(code) == "trio":
            continue
        called = spelled(site.call.function) or nested.name
        direct = len(nested.chain) == 1
        better = program.roles.remedy(nested.name) if direct else ""
        last = nested.name.rpartition(".")[2]
        between = "" if direct else ": make the functions between `async def`"
        says = f"`{called}` starts an event loop" if direct else f"`{called}` comes to `{last}`"
        yield rule.finding(
            code.span(site.call.at),
            f"{says}, but one is running here: it raises RuntimeError",
            help=f"use {better}" if better else "await the coroutine instead" + between,
            trace=nested.steps(),
            confidence=nested.confidence,
        )
