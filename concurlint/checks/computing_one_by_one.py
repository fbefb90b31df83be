"""Long computations that do not need each other, done one after another on one core."""

from collections.abc import Iterator

from concurlint.effects.loops.sequential import Computed, SequentialLoops
from concurlint.effects.program import Program
from concurlint.finding import Finding, Level, Step
from concurlint.remedies.mapped_calls import mapped
from concurlint.rule import Rule

rule = Rule[Program]("CCL606", "computing-one-by-one", Level.ADVICE, anywhere=True, in_use=True)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for computed in program[SequentialLoops].computed():
        callee = computed.callee
        step = Step(callee.span(callee.scope.at), f"`{callee.qualname}` is called with each item")
        yield rule.finding(
            computed.code.span(computed.site.call.at),
            f"`{callee.qualname[-40:]}` computes for one item after another, on one core",
            help=_remedy(program, computed),
            trace=(step, *computed.because),
            confidence=computed.confidence,
        )


def _remedy(program: Program, computed: Computed) -> str:
    call = mapped(computed.loop, computed.site.call)
    if program.config.free_threaded:
        pool = f"`with ThreadPoolExecutor() as pool:` and `{call}` use all cores without the GIL"
    else:
        pool = f"`with ProcessPoolExecutor() as pool:` and `{call}` under the main guard use all cores"
        if program.config.target_python >= (3, 14):
            pool += ", or `InterpreterPoolExecutor`"
    if computed.arithmetic:
        return f"vectorise the arithmetic with NumPy first; then {pool}"
    return pool
