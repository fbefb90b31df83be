"""Work that a loop hands to threads or processes and waits for before its next turn."""

from collections.abc import Iterator

from concurlint.effects.endings.immediate_waits import ImmediateWaits, InEachTurn
from concurlint.effects.program import Program
from concurlint.facts.syntax import spelled
from concurlint.finding import Finding, Level
from concurlint.remedies.mapped_calls import mapped
from concurlint.rule import Rule

rule = Rule[Program]("CCL211", "waited-for-in-each-turn", Level.WARNING, in_use=True)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for found in program[ImmediateWaits].all():
        yield rule.finding(
            found.code.span(found.site.call.at),
            f"{_subject(found)} waits for its work in each turn: only one runs at a time",
            help=_remedy(found),
            trace=found.steps(),
        )


def _subject(found: InEachTurn) -> str:
    called = spelled(found.site.call.function)[-40:] or found.work.waits or found.work.sends
    return f"`{called}`"


def _remedy(found: InEachTurn) -> str:
    if found.work.sends == "start":
        return "start all of them in one loop and join them in a second one, or `pool.map` of a `ThreadPoolExecutor`"
    if found.via:
        return f"have `{found.via[0].callee.qualname}` give the future back, and ask for the results when all are sent"
    if not found.work.waits:
        return f"`{mapped(found.loop, found.site.call)}`, or `apply_async` for all and then `get()` for each"
    return "send all of it first, `futures = […]`, and ask for the results in a second loop; or `pool.map`"
