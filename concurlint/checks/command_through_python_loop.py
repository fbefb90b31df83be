"""Python around commands that do the same by themselves: run side by side, take many operands, end in time."""

from collections.abc import Iterator

from concurlint.effects.commands.batching import Repeat, RepeatedCommands
from concurlint.effects.commands.child_waits import ChildWaits, Kept
from concurlint.effects.commands.commands import Commands
from concurlint.effects.program import Program
from concurlint.facts.unparse import written
from concurlint.finding import Finding, Level, Step
from concurlint.rule import Rule

_LIMIT = "`subprocess.run(…, timeout=…)`, `wait(timeout=…)` and `communicate(timeout=…)` give up by themselves"

rule = Rule[Program]("CCL607", "command-through-python-loop", Level.ADVICE, in_use=True)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    errands = program[ChildWaits]
    for team in errands.side_by_side():
        first = team.first
        yield rule.finding(
            team.code.span(first.site.call.at),
            f"threads that run `{first.name[-40:]}` only wait for one child process each",
            help="children run side by side by themselves: start all with `Popen`, then `wait()` for each",
            trace=(Step(team.code.span(first.join.call.at), "the threads are waited for here, as children can be"),),
        )
    for kept in errands.for_one():
        yield rule.finding(
            kept.code.span(kept.made.site.call.at),
            f"a thread runs `{kept.name[-40:]}` only to {_for_what(kept)}",
            help=_LIMIT
            if kept.limits
            else "start the child with `Popen`, and `wait()` for it where the thread is joined",
            trace=(Step(kept.code.span(kept.join.call.at), "the thread is waited for here"),),
        )
    for repeat in program[RepeatedCommands].all(program[Commands].all):
        yield rule.finding(
            repeat.code.span(repeat.site.call.at),
            f"`{repeat.command.name}` is started anew for each item of a loop, and takes all in one call",
            help=_one_call(repeat),
        )


def _for_what(kept: Kept) -> str:
    return "give the wait for its child a timeout" if kept.limits else "wait for a child"


def _one_call(repeat: Repeat) -> str:
    items, target = written(repeat.loop.iterable), written(repeat.loop.target)
    each = written(repeat.item)
    many = f"*{items}" if each == target else f"*({each} for {target} in {items})"
    shown = f"`[…, {many}]`" if items and each and len(many) <= 70 else "a list with all of them"
    return f"run it once with {shown}; for thousands in batches, as a command line has a limit"
