"""Work that computes in Python with the GIL held, handed to threads in the hope of speed."""

from collections.abc import Iterator

from concurlint.effects.contexts.spawns import Spawn
from concurlint.effects.program import Program
from concurlint.effects.threads.computing import ComputingThreads
from concurlint.finding import Finding, Level, Step
from concurlint.rule import Rule

rule = Rule[Program]("CCL201", "cpu-bound-work-in-threads", Level.WARNING)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for dispatch in program[ComputingThreads].hoped_for():
        load = program[ComputingThreads].load_of(dispatch)
        if not load.is_heavy or dispatch.site is None:
            continue
        code = dispatch.code
        here = dispatch.where.span(dispatch.site.call.at)
        yield rule.finding(
            here,
            _says(code.qualname, load.what),
            help=_remedy(program, load.arithmetic, dispatch),
            trace=(Step(code.span(code.scope.at), f"`{code.qualname}` is what the threads run"), *load.because),
        )


def _says(name: str, what: str) -> str:
    for found in (what, what.partition(" over ")[0]):
        text = f"`{name}` computes with the GIL held ({found}), so threads take turns at it"
        if len(text) <= 100:
            return text
    return f"`{name.rpartition('.')[2]}` computes with the GIL held, so threads take turns at it"


def _remedy(program: Program, arithmetic: bool, dispatch: Spawn) -> str:
    pool = "`ProcessPoolExecutor` under the main guard"
    if program.config.target_python >= (3, 14):
        pool += " or `InterpreterPoolExecutor`"
    if dispatch.name.startswith("asyncio."):
        pool = "`loop.run_in_executor` with a `ProcessPoolExecutor`"
    if arithmetic:
        return f"vectorise the arithmetic with NumPy first; where that cannot be, use {pool}"
    return f"use {pool}; the GIL lets one thread compute at a time"
