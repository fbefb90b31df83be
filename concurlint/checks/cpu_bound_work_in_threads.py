"""Work that computes in Python with the GIL held, handed to threads in the hope of speed."""

from collections.abc import Iterator

from concurlint.effects.contexts.spawns import Spawn
from concurlint.effects.program import Program
from concurlint.effects.threads.computing import ComputingThreads
from concurlint.finding import Confidence, Finding, Level, Step
from concurlint.rule import Rule

rule = Rule[Program]("CCL201", "cpu-bound-work-in-threads", Level.WARNING, in_use=True)


_PROOF = "`concurlint profile` tells in one run whether it holds the GIL for most of its time; if so, "


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for computing in program[ComputingThreads].found():
        dispatch, code = computing.dispatch, computing.dispatch.code
        if dispatch.site is None:
            continue
        unsure = computing.confidence is Confidence.LOW
        says = _may_be if unsure else _says
        yield rule.finding(
            dispatch.where.span(dispatch.site.call.at),
            says(code.qualname, computing.what),
            help=(_PROOF if unsure else "") + _remedy(program, computing.arithmetic, dispatch),
            trace=(Step(code.span(code.scope.at), f"`{code.qualname}` is what the threads run"), *computing.because),
            level=Level.ADVICE if unsure else None,
            confidence=computing.confidence,
        )


def _says(name: str, what: str) -> str:
    for found in (what, what.partition(" over ")[0]):
        text = f"`{name}` computes with the GIL held ({found}), so threads take turns at it"
        if len(text) <= 100:
            return text
    return f"`{name.rpartition('.')[2]}` computes with the GIL held, so threads take turns at it"


def _may_be(name: str, what: str) -> str:
    for found in (what, what.partition(" over ")[0]):
        text = f"`{name}` may compute for most of its time ({found}), and threads take turns at that"
        if len(text) <= 100:
            return text
    return f"`{name.rpartition('.')[2][-30:]}` may compute for most of its time; threads take turns at that"


def _remedy(program: Program, arithmetic: bool, dispatch: Spawn) -> str:
    pool = "`ProcessPoolExecutor` under the main guard"
    if program.config.target_python >= (3, 14):
        pool += " or `InterpreterPoolExecutor`"
    if dispatch.name.startswith("asyncio."):
        pool = "`loop.run_in_executor` with a `ProcessPoolExecutor`"
    if arithmetic:
        return f"vectorise the arithmetic with NumPy first; where that cannot be, use {pool}"
    return f"use {pool}; the GIL lets one thread compute at a time"
