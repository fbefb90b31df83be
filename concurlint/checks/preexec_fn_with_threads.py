"""Code between fork and exec, in a program that has threads."""

from collections.abc import Iterator

from concurlint.effects.commands.pipes import Pipes
from concurlint.effects.contexts.spawns import Spawns
from concurlint.effects.program import Program
from concurlint.finding import Finding, Level, Step, Weight
from concurlint.rule import Rule

rule = Rule[Program]("CCL407", "preexec-fn-with-threads", Level.WARNING, in_use=True)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for hook in program[Pipes].preexec_hooks(program[Spawns].all):
        remedy = "do it in the child's own program, or by a command before it (`env`, `nice`, `prlimit` …)"
        if hook.instead:
            remedy = (
                f"use {' and '.join(f'`{one}`' for one in hook.instead)} instead, which runs no Python in the child"
            )
        thread = hook.thread
        site = thread.site.call.at if thread.site is not None else thread.code.scope.at
        where = thread.where if thread.site is not None else thread.code
        yield rule.finding(
            hook.code.span(hook.site.call.at),
            "`preexec_fn` runs after fork, where a lock that a thread held stays locked for ever",
            help=remedy,
            trace=(Step(where.span(site), f"the program runs `{thread.code.qualname}` on a thread"),),
            weight=Weight.LOW if hook.instead else Weight.HIGH,
        )
