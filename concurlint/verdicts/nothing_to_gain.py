"""Measured, and no other tool would surely be faster: today's design stays."""

from collections.abc import Iterator

from concurlint.finding import Level
from concurlint.runtime.predict import effective_parallelism
from concurlint.runtime.samples import State
from concurlint.verdicts.case import Case
from concurlint.verdicts.judgement import Judgement
from concurlint.verdicts.measured import CPU, OUTSIDE, exactly, total
from concurlint.verdicts.verdict import Figure, Verdict

rule = Judgement("CCL900", "nothing-to-gain", Level.ADVICE)

_FULL = 0.9
"""Of all cores: what is left is the system's."""


@rule.question
def question(case: Case) -> Iterator[Verdict]:
    profile = case.profile
    parallel = effective_parallelism(profile)
    asked = total(profile.threads, {State.SLEEP}) / case.seconds
    if parallel >= _FULL * profile.run.cores:
        says = f"all {profile.run.cores} cores compute, so no other tool is faster"
        why = "The cores are what the run takes its time from. Fewer steps, or more cores, are what is left."
    elif total(profile.threads, {State.LOOP_IDLE}) >= 0.5 * case.seconds:
        says = "the event loop has nothing to do for most of the run: what waits, waits side by side"
        why = "Coroutines wait at once already, and next to nothing else holds the loop."
    elif asked >= 0.5:
        says = "most of the run is sleep that the program asks for; nothing else takes its time"
        why = "What sleeps on purpose is not made faster by another tool."
    else:
        says = "the figures show nothing that another tool would surely do faster"
        why = "Neither computing nor waiting is in the way of the rest for long enough to matter."
    figures: list[Figure] = [
        Figure("cores' worth of computing", parallel, parallel, parallel, "times"),
        case.share("holding the GIL", total(profile.threads, {State.HOLDS_GIL})),
        case.share("waiting for the GIL", total(profile.threads, {State.GIL_WAIT})),
        case.share("waiting for the world", total(profile.threads, OUTSIDE)),
        exactly("looks", profile.run.samples),
    ]
    yield rule.verdict(
        case,
        case.first(CPU),
        says,
        figures=figures,
        instead="today's design",
        why=why,
        help="keep today's design",
        saves=(0.0, 0.0),
    )
