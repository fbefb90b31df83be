"""A wait for a child without a timeout, where others wait too."""

from collections.abc import Iterator

from concurlint.effects.commands.exit_status import ExitStatuses
from concurlint.effects.contexts.spawns import Spawns
from concurlint.effects.program import Program
from concurlint.finding import Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL408", "external-command-without-timeout", Level.ADVICE, in_use=True)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for wait in program[ExitStatuses].endless(program[Spawns].all):
        why = wait.why if len(wait.why) <= 40 else "a lock is held" if wait.why.endswith("held") else "a request waits"
        remedy = "give a `timeout=`, and kill the child when `TimeoutExpired` comes"
        if not wait.takes_timeout:
            remedy = "use `subprocess.run([…], timeout=…)`, which kills the child when the time is over"
        yield rule.finding(
            wait.code.span(wait.site.call.at),
            f"{why} for as long as the command takes, and nothing limits that",
            help=remedy,
            trace=wait.steps,
        )
