"""Computing in a coroutine that keeps the event loop from turning."""

from collections.abc import Iterator

from concurlint.effects.blocking.company import Company
from concurlint.effects.contexts.frameworks import framework_of
from concurlint.effects.program import Program
from concurlint.effects.tasks.stalls import Stalls
from concurlint.facts.syntax import spelled
from concurlint.finding import Finding, Level
from concurlint.remedies.coroutines import in_thread
from concurlint.rule import Rule

rule = Rule[Program]("CCL502", "cpu-loop-in-async", Level.WARNING, in_use=True)

_AWAY = {
    "asyncio": "`await loop.run_in_executor(process_pool, …)`",
    "trio": "`trio.to_thread.run_sync(…)`, or a process",
    "anyio": "`await anyio.to_process.run_sync(…)`",
}


@rule.check
def check(program: Program) -> Iterator[Finding]:
    stalling, company = program[Stalls], program[Company]
    for code, at, estimate in stalling.heavy():
        yield rule.finding(
            code.span(at),
            f"{estimate.what[:60]} computes without an await: the event loop stands still",
            help=f"hand it over: {_AWAY[framework_of(code)]}",
            trace=estimate.because,
            weight=company.weight(code, None),
        )
    for code, site, name, step in stalling.slow_calls():
        yield rule.finding(
            code.span(site.call.at),
            f"`{spelled(site.call.function) or name}` computes for long: the event loop stands still",
            help=f"it runs beside in a thread: {in_thread(program, code, site.call)}",
            trace=(step,),
            weight=company.weight(code, site),
        )
