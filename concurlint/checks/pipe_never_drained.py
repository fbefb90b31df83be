"""A wait for a child whose pipe nobody reads before."""

from collections.abc import Iterator

from concurlint.effects.commands.pipes import Pipes, Undrained
from concurlint.effects.program import Program
from concurlint.facts.syntax import Attribute
from concurlint.finding import Finding, Level, Step, Weight
from concurlint.rule import Rule

rule = Rule[Program]("CCL405", "pipe-never-drained", Level.ERROR, in_use=True)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for wait in program[Pipes].undrained():
        pipes = " and ".join(f"`{pipe}`" for pipe in wait.pipes)
        made, call = wait.started
        is_wait = wait.site is not None and call is wait.site.call
        trace = [] if is_wait else [Step(made.span(call.at), f"the child writes its {pipes} to a pipe")]
        if wait.later is not None and wait.later.site is not None:
            trace.append(Step(wait.code.span(wait.later.site.call.at), "it is read here, when the wait is over"))
        yield rule.finding(
            wait.code.span(wait.at),
            f"the child hangs once the pipe of {pipes} is full, and this waits for the child",
            help=_remedy(wait),
            trace=trace,
            weight=Weight.LOW if wait.is_brief else Weight.HIGH,
        )


def _remedy(wait: Undrained) -> str:
    function = wait.site.call.function if wait.site is not None else None
    is_method = isinstance(function, Attribute) and function.attr in ("wait", "poll")
    if is_method or wait.read is not None:
        return "use `communicate()`, which reads both pipes while it waits, or DEVNULL for what nobody wants"
    return "use `subprocess.run(…, capture_output=True)`, which reads the pipes, or DEVNULL for what nobody wants"
