"""A coroutine that is made and thrown away: nothing of it runs."""

from collections.abc import Iterator

from concurlint.effects.contexts.frameworks import framework_of
from concurlint.effects.program import Program
from concurlint.effects.tasks.coroutines import Coroutines
from concurlint.facts.syntax import spelled
from concurlint.finding import Finding, Level
from concurlint.project.modules import Code
from concurlint.rule import Rule

rule = Rule[Program]("CCL504", "coroutine-not-awaited", Level.ERROR, fixable=True)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for code, site, how in program[Coroutines].never_awaited():
        called = spelled(site.call.function) or "the call"
        says = f"`{called}` only makes a coroutine here, and nobody awaits it: nothing of it runs"
        if how == "tested":
            says = f"`{called}` gives a coroutine, which is always true: it is not awaited"
        yield rule.finding(code.span(site.call.at), _fit(says, called), help=_remedy(code))
    for dispatch in program[Coroutines].called_and_dropped():
        given = dispatch.site
        at = dispatch.where.span(given.call.at) if given is not None else dispatch.code.span(dispatch.code.scope.at)
        yield rule.finding(
            at,
            f"`{dispatch.code.name}` is `async def`, so calling it makes a coroutine that nobody awaits",
            help=f"hand over a plain function that calls `{framework_of(dispatch.where)}.run(…)` or starts a task",
        )


def _remedy(code: Code) -> str:
    framework = framework_of(code)
    if not code.is_async:
        return f"await it in an `async def`, or run it with `{framework}.run(…)`"
    start = "`asyncio.create_task`" if framework == "asyncio" else "`start_soon` of a nursery or task group"
    return f"`await` it, or have it run beside by {start}"


def _fit(says: str, called: str) -> str:
    return says if len(says) <= 100 else says.replace(f"`{called}`", "this call")
