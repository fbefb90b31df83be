"""Requests that do not need each other, waited for one after another."""

from collections.abc import Iterator

from concurlint.effects.contexts.frameworks import framework_of
from concurlint.effects.loops.sequential import Asked, SequentialLoops
from concurlint.effects.program import Program
from concurlint.facts.syntax import spelled
from concurlint.finding import Finding, Level
from concurlint.remedies.mapped_calls import async_form, mapped
from concurlint.rule import Rule

rule = Rule[Program]("CCL602", "io-done-one-by-one", Level.ADVICE, anywhere=True, in_use=True)

_TOGETHER = {"asyncio": "`asyncio.gather`", "trio": "`nursery.start_soon`", "anyio": "`group.start_soon`"}


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for asked in program[SequentialLoops].asked():
        called = spelled(asked.site.call.function) or asked.name
        yield rule.finding(
            asked.code.span(asked.site.call.at),
            f"`{called[-50:]}` waits for the network item by item, though no item needs another",
            help=_remedy(program, asked),
            trace=asked.because,
        )


def _remedy(program: Program, asked: Asked) -> str:
    framework = framework_of(asked.code)
    client = async_form(program.roles.remedy(asked.name), framework)
    threads = (
        f"`with ThreadPoolExecutor() as pool:` and `{mapped(asked.loop, asked.site.call, own=bool(asked.read.each))}`"
    )
    ways = [f"ask for all at once by {asked.read.batch}"] if asked.read.batch else []
    if client:
        ways.append(f"in a coroutine, {client} with {_TOGETHER[framework]}")
        threads = f"in plain code, {threads}"
    ways.append(threads)
    own = f", {asked.read.each} for each thread" if asked.read.each else ""
    return "; ".join(ways) + own
