"""An object of an event loop that code on another thread works on."""

from collections.abc import Iterator

from concurlint.effects.program import Program
from concurlint.effects.tasks.loop_affinity import LoopAffinity
from concurlint.effects.tasks.loop_binding import LoopBinding
from concurlint.facts.syntax import spelled
from concurlint.finding import Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL506", "loop-touched-from-thread", Level.ERROR, fixable=True)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for crossing in program[LoopAffinity].all():
        called = spelled(crossing.site.call.function) or crossing.name
        called = called if len(called) < 40 else crossing.name.rpartition(".")[2]
        yield rule.finding(
            crossing.code.span(crossing.site.call.at),
            f"`{called}` is called on a thread, and the event loop is not made for that",
            help=f"use {crossing.remedy}",
            trace=crossing.steps(),
        )
    for found in program[LoopBinding].all():
        if found.is_on_thread:
            yield rule.finding(
                found.code.span(found.at),
                f"`{found.name[-40:]}` belongs to one loop, and a loop on another thread uses it too",
                help="make one for each loop, or have one loop run all of it by `asyncio.run_coroutine_threadsafe`",
                trace=found.steps(),
            )
