"""A task whose only reference is dropped."""

from collections.abc import Iterator

from concurlint.effects.contexts.spawns import Spawns
from concurlint.effects.contexts.suspending import Suspending
from concurlint.effects.program import Program
from concurlint.effects.tasks.kept import KeptTasks
from concurlint.finding import Finding, Level, Weight
from concurlint.rule import Rule

rule = Rule[Program]("CCL503", "task-not-kept", Level.WARNING, in_use=True)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    dispatches, suspending = program[Spawns].all, program[Suspending]
    for code, site, name, steps in program[KeptTasks].dropped_tasks():
        work = [dispatch.code for dispatch in dispatches if dispatch.site is site]
        remedy = "keep the task in a set until it is done, or await it"
        if program.config.target_python >= (3, 11):
            remedy = "start it in an `asyncio.TaskGroup`, or keep it in a set until it is done"
        yield rule.finding(
            code.span(site.call.at),
            f"nobody keeps the task of `{name.rpartition('.')[2]}`, so it may be collected half done",
            help=remedy,
            trace=steps,
            # What never waits is over before anybody collects it.
            weight=Weight.LOW if work and all(map(suspending.never, work)) else Weight.HIGH,
        )
