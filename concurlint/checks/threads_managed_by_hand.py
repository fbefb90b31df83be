"""Threads made, started and joined one by one, where an executor does all of it."""

from collections.abc import Iterator

from concurlint.effects.commands.child_waits import ChildWaits
from concurlint.effects.program import Program
from concurlint.effects.threads.computing import ComputingThreads
from concurlint.effects.threads.fork_join import ForkJoins
from concurlint.finding import Finding, Level, Step
from concurlint.remedies.executors import executor_line
from concurlint.rule import Rule

rule = Rule[Program]("CCL601", "threads-managed-by-hand", Level.ADVICE, in_use=True)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    errands = {team.first.site for team in program[ChildWaits].side_by_side()}
    for team in program[ForkJoins].all():
        maker = team.first
        if not program.config.free_threaded and any(
            program[ComputingThreads].stated(d).is_heavy for d in maker.made.dispatches
        ):
            continue  # threads are the wrong tool, and CCL201 says so
        if maker.site in errands:
            continue  # no threads are needed at all, and CCL607 says so
        where, start = maker.start
        yield rule.finding(
            team.code.span(maker.site.call.at),
            f"threads that run `{maker.name[-40:]}` are made, started and joined by hand",
            help=f"{executor_line(team)} does all of it, and hands on results and errors",
            trace=(
                Step(where.span(start.call.at), "each is started here"),
                Step(team.code.span(maker.join.call.at), "and waited for here"),
            ),
        )
