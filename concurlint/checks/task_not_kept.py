"""A task whose only reference is dropped."""

from collections.abc import Iterator

from concurlint.effects.contexts.spawns import Spawns
from concurlint.effects.contexts.suspending import Suspending
from concurlint.effects.program import Program
from concurlint.effects.tasks.kept import KeptTasks
from concurlint.finding import Finding, Level, Weight
from concurlint.project.modules import Code
from concurlint.rule import Rule

rule = Rule[Program]("CCL503", "task-not-kept", Level.WARNING, fixable=True, in_use=True)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    dispatches, suspending = program[Spawns].all, program[Suspending]
    for code, site, name, steps in program[KeptTasks].dropped_tasks():
        work = [dispatch.code for dispatch in dispatches if dispatch.site is site]
        yield rule.finding(
            code.span(site.call.at),
            f"nobody keeps the task of `{name.rpartition('.')[2]}`, so it may be collected half done",
            help=_remedy(program, code),
            trace=steps,
            # What never waits is over before anybody collects it.
            weight=Weight.LOW if work and all(map(suspending.never, work)) else Weight.HIGH,
        )
    for code, site, name, step in program[KeptTasks].handed_to_loop():
        yield rule.finding(
            code.span(site.call.at),
            f"nobody keeps the task of `{name.rpartition('.')[2]}`, so it may be collected half done",
            help="hand over a function that keeps the task, or keep the future of `asyncio.run_coroutine_threadsafe`",
            trace=(step,),
        )


def _remedy(program: Program, code: Code) -> str:
    """What can be written there: a group needs a coroutine that waits for its end, and no `yield` within."""
    runs = program[Spawns].by_code.get(code, ())
    if not code.is_async and any(run.on == "thread" for run in runs):
        return "on a thread, start it with `asyncio.run_coroutine_threadsafe(…, loop)` and keep the future"
    if code.is_async and not code.scope.is_generator and program.config.target_python >= (3, 11):
        return "start it in an `asyncio.TaskGroup`, or keep it in a set until it is done"
    return "keep it in a set until it is done: `tasks.add(task)`, `task.add_done_callback(tasks.discard)`"
