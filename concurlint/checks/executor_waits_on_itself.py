"""A task that waits for another task of its own pool."""

from collections.abc import Iterator

from concurlint.effects.calls.witness import links
from concurlint.effects.program import Program
from concurlint.effects.threads.self_deadlock import SelfDeadlocks
from concurlint.finding import Finding, Level, Step
from concurlint.rule import Rule

rule = Rule[Program]("CCL204", "executor-waits-on-itself", Level.ERROR)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for wait in program[SelfDeadlocks].all():
        dispatch = wait.dispatch
        assert dispatch.site is not None
        name = wait.code.qualname if len(wait.code.qualname) <= 25 else wait.code.name[:25]
        sender, call = wait.sent
        trace = [Step(dispatch.where.span(dispatch.site.call.at), f"the pool runs `{dispatch.code.qualname}`")]
        trace += links(wait.via)
        if call is not wait.site.call:
            trace.append(Step(sender.span(call.at), "what it waits for is sent to the same pool"))
        yield rule.finding(
            wait.code.span(wait.site.call.at),
            f"`{name}` waits for a task of the pool it runs in: once all workers wait, none works",
            help="give the inner tasks a pool of their own, or have the tasks sent and awaited by who is no task",
            trace=trace,
        )
