"""Processes are run one after another, each waited for before the next begins."""

from collections.abc import Iterator

from concurlint.finding import Level
from concurlint.runtime.predict import Prediction, Tool
from concurlint.verdicts.case import MATTERS, Case
from concurlint.verdicts.children import InTurn, children_in_turn
from concurlint.verdicts.judgement import Judgement
from concurlint.verdicts.measured import exactly
from concurlint.verdicts.verdict import Verdict

rule = Judgement("CCL905", "waiting-for-children", Level.ADVICE)


@rule.question
def question(case: Case) -> Iterator[Verdict]:
    found = children_in_turn(case)
    if found is None or not case.matters(found.alone):
        return
    predictions = [_together(case, found, cores) for cores in case.cores]
    if not any(case.is_worth(prediction) for prediction in predictions):
        return
    place = next(iter(case.loops(found.states, found.threads)), None)
    share = case.share("waiting for children", found.waited)
    longest = max(found.lives, default=0.0)
    seen = (exactly("children seen", len(found.lives)), exactly("longest child", longest, "seconds"))
    yield rule.verdict(
        case,
        place,
        f"the run waits {share.value:.0%} of its time for commands, one after another",
        figures=(share, *(seen if found.lives else ())),
        instead="subprocess, several at once",
        why="A command is a process of its own and needs no GIL: a thread for each that only waits is enough, "
        "as many at once as there are cores. The figures do not say whether a command needs the one before.",
        help="start the commands together: `subprocess.run` in a `ThreadPoolExecutor`, or `Popen` first and wait later",
        predictions=predictions,
        trace=[case.step(of, f"{of.seconds:.2f} s of waiting") for of in case.places(found.states, found.threads)[:3]],
    )


def _together(case: Case, found: InTurn, cores: int) -> Prediction:
    """As many at once as there are cores, beside what the program computes itself or after it."""
    rest = max(0.0, case.seconds - found.waited)
    shared = found.together(cores)
    low, high = max(rest, shared), min(case.seconds, (rest + shared) * (1 + MATTERS))
    assumes = (
        f"{cores} commands run at once, each using one core at most",
        "no command needs the result of the one before",
    )
    return Prediction(Tool.COMMANDS, cores, (low + high) / 2, low, high, case.seconds, assumes)
