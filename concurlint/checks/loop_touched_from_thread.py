"""An object of an event loop that code on another thread works on."""

from collections.abc import Iterator

from concurlint.effects.program import Program
from concurlint.effects.tasks.loop_affinity import LoopAffinity
from concurlint.facts.syntax import spelled
from concurlint.finding import Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL506", "loop-touched-from-thread", Level.ERROR)


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
