"""Measured, and the figures do not say whether another tool would be faster."""

from collections.abc import Iterator

from concurlint.finding import Level
from concurlint.verdicts.accounting import DOUBTFUL, account
from concurlint.verdicts.case import Case
from concurlint.verdicts.judgement import Judgement
from concurlint.verdicts.verdict import Verdict

rule = Judgement("CCL913", "left-undecided", Level.ADVICE)


@rule.question
def question(case: Case) -> Iterator[Verdict]:
    found = account(case)
    if found.is_clear(case.seconds):
        return
    worst = found.worst
    states = DOUBTFUL[worst]
    place = next(iter(case.loops(states)), None)
    share = case.share(worst.value, found.spent[worst])
    others = [use for use in DOUBTFUL if use is not worst and case.matters(found.spent[use])]
    at = f"`{place.name}`" if place is not None else "it"
    yield rule.verdict(
        case,
        place,
        f"undecided: {share.value:.0%} of the run is {worst.value}",
        figures=[share, *(case.share(use.value, found.spent[use]) for use in others)],
        instead="a closer look",
        why="That may be needed, or may be what another design saves: the figures do not say, and no other verdict has "
        "the evidence it asks for. This is no praise of today's design.",
        help=f"look at {at}: what does it wait for there, and could that go on beside something else?",
        saves=(0.0, found.doubtful),
        trace=[case.step(of, f"{of.seconds:.2f} s") for of in case.loops(states)[:3]],
    )
