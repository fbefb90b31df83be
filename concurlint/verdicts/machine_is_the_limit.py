"""Threads wait for a core that other programs use: what was measured is the machine's load, not the program."""

from collections.abc import Iterator

from concurlint.finding import Level
from concurlint.runtime.samples import State
from concurlint.verdicts.case import Case
from concurlint.verdicts.judgement import Judgement
from concurlint.verdicts.measured import CPU, exactly, total
from concurlint.verdicts.turns import crowded_out
from concurlint.verdicts.verdict import Figure, Verdict

rule = Judgement("CCL911", "machine-is-the-limit", Level.WARNING)

_FULL = 0.1
"""Of the time that threads could have run, and of the run: less delay moves no share by more than it is doubted."""
_OWN = 0.85
"""Of all cores for all of the run: whoever has so much of them is not kept from them by others."""


@rule.question
def question(case: Case) -> Iterator[Verdict]:
    threads = case.profile.threads
    outside = crowded_out(case.profile)
    ran = sum(thread.cpu_seconds for thread in threads)
    queued = sum(thread.queue_seconds for thread in threads)
    if ran + queued <= 0 or queued < _FULL * (ran + queued):
        return
    if outside < _FULL * (outside + total(threads, CPU)) or case.share("", outside).low < _FULL:
        return  # its own threads and processes are what it waits for
    if ran >= _OWN * case.profile.run.cores * case.seconds:
        return  # it has nearly all of the machine
    delay = queued / (ran + queued)
    yield rule.verdict(
        case,
        case.first({State.RUN_QUEUE}),
        f"threads wait for a core {delay:.0%} of the time they could run: other programs fill the machine",
        figures=(
            Figure("share of the time they could run that they spent in the run queue", delay, delay, delay, "share"),
            exactly("in the run queue", queued, "seconds"),
            exactly("on a core", ran, "seconds"),
            exactly("cores", case.profile.run.cores),
        ),
        instead="a quieter machine",
        why="The kernel's own account says so. The other verdicts hold, but their figures and predictions are not to "
        "be trusted: measure again when nothing else runs, or on the cores that the program is given.",
        help="measure again on a quieter machine; the other figures of this run are not to be trusted",
        saves=(0.0, 0.0),
    )
