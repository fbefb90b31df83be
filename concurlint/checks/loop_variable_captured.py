"""Work that reads a loop variable when it runs, after the loop may have moved on."""

from collections.abc import Iterator

from concurlint.effects.program import Program
from concurlint.effects.threads.late_binding import Capture, LateBinding
from concurlint.finding import Finding, Level, Step
from concurlint.rule import Rule

rule = Rule[Program]("CCL208", "loop-variable-captured", Level.WARNING, fixable=True)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for capture in program[LateBinding].all():
        dispatch, name = capture.dispatch, capture.name
        assert dispatch.site is not None
        what = "task" if dispatch.on == "task" else "thread"
        runs = dispatch.code
        bound = capture.home.span(capture.binding.at)
        yield rule.finding(
            dispatch.where.span(dispatch.site.call.at),
            f"the {what} reads `{name[:30]}` when it runs; by then the loop may have moved on",
            help=_remedy(capture),
            trace=(
                Step(bound, f"each turn of the loop binds `{name}` anew"),
                Step(runs.span(runs.scope.at), f"`{runs.name}` looks `{name}` up when it runs"),
            ),
        )


def _remedy(capture: Capture) -> str:
    name = capture.name
    if capture.dispatch.registers or capture.dispatch.on == "task":
        return f"bind its value now: a default (`{name}={name}`), a parameter, or `functools.partial`"
    if capture.dispatch.name.rpartition(".")[2] in ("Thread", "Timer"):
        return f"pass its value: `args=({name},)`, or bind it now as a default (`{name}={name}`)"
    return f"pass its value as an argument after the function, or bind it now as a default (`{name}={name}`)"
