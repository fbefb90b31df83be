"""The hot line is a loop of arithmetic that arrays do in one step."""

from collections.abc import Iterator

from concurlint.finding import Level
from concurlint.runtime.predict import Prediction, Tool
from concurlint.verdicts.arithmetic import NumbersLoop, numbers_loop
from concurlint.verdicts.case import Case
from concurlint.verdicts.judgement import Judgement
from concurlint.verdicts.measured import exactly
from concurlint.verdicts.verdict import Verdict
from concurlint.verdicts.written import patch

rule = Judgement("CCL904", "numbers-looped", Level.ADVICE)

FASTER = (10.0, 100.0)
"""How many times as fast arrays do what a loop of bytecode does, on numbers that are in arrays already."""

IMPORTED = (0.05, 0.2)
"""Seconds that `import numpy` takes: from a warm disk cache, and on a slower machine."""


@rule.question
def question(case: Case) -> Iterator[Verdict]:
    loop = numbers_loop(case)
    if loop is None:
        return
    share = case.share("of the run in this loop", loop.seconds)
    yield rule.verdict(
        case,
        loop.place,
        f"a loop of arithmetic in `{loop.place.name}` takes {share.value:.0%} of the run",
        figures=(share, exactly("in this loop", loop.seconds, "seconds")),
        instead="NumPy",
        why="Each step of the loop is several bytecodes and new objects; an array does the same for all its numbers in "
        "one call of C, and needs no second core for it. Keep the numbers in arrays: turning a list into one takes as "
        "long as a few steps per number.",
        help="compute with NumPy arrays first; processes only bring as much as there are cores",
        example=patch(case.text(loop.place), loop.vector) if loop.vector else "",
        predictions=[_arrays(case, loop, cores) for cores in case.cores],
    )


def _arrays(case: Case, loop: NumbersLoop, cores: int) -> Prediction:
    rest = max(0.0, case.seconds - loop.seconds)
    low, high = (rest + loop.seconds / by + imported for by, imported in zip(FASTER[::-1], IMPORTED, strict=True))
    assumes = (
        "the numbers are in arrays before the loop begins",
        "arrays are 10 to 100 times as fast as bytecode",
        f"importing NumPy takes {IMPORTED[0]:g} to {IMPORTED[1]:g} s",
    )
    return Prediction(Tool.NUMPY, cores, (low * high) ** 0.5, low, high, case.seconds, assumes)
