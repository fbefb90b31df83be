"""Measured, and all that another tool could gain is small: today's design stays."""

from collections.abc import Iterator

from concurlint.finding import Level
from concurlint.runtime.predict import effective_parallelism
from concurlint.runtime.samples import State
from concurlint.verdicts.accounting import Account, Use, account
from concurlint.verdicts.case import Case
from concurlint.verdicts.judgement import Judgement
from concurlint.verdicts.measured import CPU, OUTSIDE, exactly, total
from concurlint.verdicts.verdict import Figure, Verdict

rule = Judgement("CCL900", "nothing-to-gain", Level.ADVICE)

_SAYS = {
    Use.ALL_CORES: (
        "all cores compute, so no other tool is faster",
        "The cores are what the run takes its time from. Fewer steps, or more cores, are what is left.",
    ),
    Use.LOOP: (
        "the event loop has nothing to do for most of the run: what waits, waits side by side",
        "Coroutines wait at once already, or for the time that they ask for; next to nothing else holds the loop.",
    ),
    Use.ASKED_SLEEP: (
        "most of the run is sleep that the program asks for; nothing else takes its time",
        "What sleeps on purpose is not made faster by another tool.",
    ),
    Use.OVERLAPPED: (
        "most of the run waits for the world, as much of it at once as there is",
        "What is waited for goes on outside, and nothing else holds it up.",
    ),
}
_WHERE = {Use.ASKED_SLEEP: frozenset({State.SLEEP}), Use.OVERLAPPED: OUTSIDE}
"""What is pointed at: the line that takes most of the time; elsewhere the one that computes most."""
_ELSE = (
    "nothing is in the way of the rest for long enough to matter",
    "Whoever may come, or what is computed in between, takes the time; waiting and taking turns do not.",
)


@rule.question
def question(case: Case) -> Iterator[Verdict]:
    found = account(case)
    if not found.is_clear(case.seconds):
        return
    use = max(found.spent, key=lambda use: found.spent[use])
    says, why = _SAYS.get(use, _ELSE)
    yield rule.verdict(
        case,
        case.first(_WHERE.get(use, CPU)) or case.first(CPU),
        says,
        figures=[*_figures(case), *_doubt(case, found)],
        instead="today's design",
        why=why,
        help="keep today's design",
        saves=(0.0, 0.0),
    )


def _figures(case: Case) -> list[Figure]:
    threads = case.profile.threads
    parallel = effective_parallelism(case.profile)
    return [
        Figure("cores' worth of computing", parallel, parallel, parallel, "times"),
        case.share("holding the GIL", total(threads, {State.HOLDS_GIL})),
        case.share("waiting for the GIL", total(threads, {State.GIL_WAIT})),
        case.share("waiting for the world", total(threads, OUTSIDE)),
        exactly("looks", case.profile.run.samples),
    ]


def _doubt(case: Case, found: Account) -> list[Figure]:
    """What was looked at and may yet hide a gain."""
    return [case.share("of the run may hide a gain", found.doubtful)]
