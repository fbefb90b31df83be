"""Disk access on the event loop."""

from collections.abc import Iterator

from concurlint.effects.blocking.company import Company
from concurlint.effects.contexts.frameworks import framework_of
from concurlint.effects.program import Program
from concurlint.effects.tasks.disk import DiskAccess
from concurlint.facts.syntax import spelled
from concurlint.finding import Finding, Level
from concurlint.remedies.coroutines import in_thread
from concurlint.rule import Rule

rule = Rule[Program]("CCL512", "disk-io-in-async", Level.ADVICE, in_use=True)

_AWAY = {
    "trio": "`trio.Path`, `trio.open_file` or `await trio.to_thread.run_sync(…)`",
    "anyio": "`anyio.Path`, `anyio.open_file` or `await anyio.to_thread.run_sync(…)`",
}


@rule.check
def check(program: Program) -> Iterator[Finding]:
    company = program[Company]
    for code, site, blocking, repeated in program[DiskAccess].on_loops():
        called = spelled(site.call.function) or blocking.name
        direct = len(blocking.chain) == 1
        what = f"`{called}`" if direct else f"`{called}` calls `{blocking.name}`, which"
        what = what if len(what) < 60 else f"`{called[:50]}`"
        yield rule.finding(
            code.span(site.call.at),
            f"{what} waits for the disk{', again and again,' if repeated else ''} on the event loop",
            help=f"use {_AWAY.get(framework_of(code)) or in_thread(program, code, site.call)}",
            trace=() if direct else blocking.steps()[1:],
            weight=company.weight(code, site, blocking),
        )
