"""The hot line is a loop of arithmetic that arrays do in one step."""

from collections.abc import Iterator

from concurlint.finding import Level
from concurlint.runtime.predict import Prediction, Tool
from concurlint.runtime.samples import State
from concurlint.verdicts.arithmetic import NumbersLoop, numbers_loop, rows_loop
from concurlint.verdicts.case import Case
from concurlint.verdicts.judgement import Judgement
from concurlint.verdicts.measured import Place, exactly
from concurlint.verdicts.verdict import Verdict

rule = Judgement("CCL904", "numbers-looped", Level.ADVICE)

FASTER = (10.0, 100.0)
"""How many times as fast arrays do what a loop of bytecode does, on numbers that are in arrays already."""

IMPORTED = (0.05, 0.2)
"""Seconds that `import numpy` takes: from a warm disk cache, and on a slower machine."""


@rule.question
def question(case: Case) -> Iterator[Verdict]:
    rows = rows_loop(case)
    if rows is not None:
        yield _rows(case, rows)
        return
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
        predictions=[_arrays(case, loop, cores) for cores in case.cores],
    )


def _rows(case: Case, place: Place) -> Verdict:
    share = case.share("of the run in this line and below", place.seconds)
    return rule.verdict(
        case,
        place,
        f"pandas takes a table row by row in `{place.name}` for {share.value:.0%} of the run",
        figures=(share, exactly("row by row", place.seconds, "seconds")),
        instead="whole columns",
        why="For each row pandas makes a Series and calls Python; on whole columns the same is one call of C for all. "
        "Processes would share the calls out, and each would still make a Series for each row.",
        help="compute with columns first: `df.a * 2 + df.b`, `np.where`, `merge`, `groupby`",
        predictions=[_faster(case, place.seconds, cores, 0.0) for cores in case.cores],
        trace=[case.step(of, f"{of.seconds:.2f} s") for of in case.places({State.HOLDS_GIL})[:3]],
    )


def _faster(case: Case, seconds: float, cores: int, imported: float) -> Prediction:
    rest = max(0.0, case.seconds - seconds)
    low, high = (rest + seconds / by + imported for by in FASTER[::-1])
    assumes = ("what is done with a row has a form for columns", "that is 10 to 100 times as fast")
    return Prediction(Tool.NUMPY, cores, (low * high) ** 0.5, low, high, case.seconds, assumes)


def _arrays(case: Case, loop: NumbersLoop, cores: int) -> Prediction:
    rest = max(0.0, case.seconds - loop.seconds)
    low, high = (rest + loop.seconds / by + imported for by, imported in zip(FASTER[::-1], IMPORTED, strict=True))
    assumes = (
        "the numbers are in arrays before the loop begins",
        "arrays are 10 to 100 times as fast as bytecode",
        f"importing NumPy takes {IMPORTED[0]:g} to {IMPORTED[1]:g} s",
    )
    return Prediction(Tool.NUMPY, cores, (low * high) ** 0.5, low, high, case.seconds, assumes)
