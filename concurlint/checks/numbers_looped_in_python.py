"""Long loops of arithmetic that arrays do in one step."""

from collections.abc import Iterator

from concurlint.effects.loops.arithmetic_loops import ArithmeticLoops, NumberLoop
from concurlint.effects.program import Program
from concurlint.finding import Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL603", "numbers-looped-in-python", Level.ADVICE, anywhere=True, in_use=True)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for found in program[ArithmeticLoops].all():
        nested = f"{found.depth} nested loops do" if found.depth > 1 else "a loop does"
        yield rule.finding(
            found.code.span(found.loop.at),
            f"{nested} arithmetic number by number in `{found.code.name[-40:]}`",
            help=_remedy(found),
        )


def _remedy(found: NumberLoop) -> str:
    if found.carried:
        return "each step needs the one before: Numba's `@njit` or Cython compiles such a loop as it stands"
    if not found.vector:
        return "compute with whole NumPy arrays; where no expression does it, Numba's `@njit` compiles the loop"
    arrays = "they are arrays already" if found.arrays else "with NumPy arrays"
    return f"{arrays}: `{found.vector}`"
