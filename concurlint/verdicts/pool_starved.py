"""More threads than connections, places or workers: they wait for one of a few, and the size is the remedy."""

from collections.abc import Iterator

from concurlint.finding import Level
from concurlint.runtime.predict import Prediction, Tool
from concurlint.verdicts.case import Case
from concurlint.verdicts.judgement import Judgement
from concurlint.verdicts.measured import exactly
from concurlint.verdicts.starving import Starved, saturated, starved
from concurlint.verdicts.verdict import Verdict

rule = Judgement("CCL915", "pool-starved", Level.WARNING)

_BEARS = 10
"""Requests that the far side is taken to bear at once."""


@rule.question
def question(case: Case) -> Iterator[Verdict]:
    found = starved(case)
    if found is not None and found.size > 1:
        yield _starving(case, found)
    elif found is None:
        full = saturated(case)
        if full is not None:
            yield _full(case, full)


def _starving(case: Case, found: Starved) -> Verdict:
    share = case.share("of their time waiting for one", found.waited, found.lived)
    threads = len(found.threads)
    return rule.verdict(
        case,
        found.place,
        f"{threads} threads of `{found.function}` wait {share.value:.0%} of their time: {found.size} share the work",
        figures=(
            share,
            exactly("threads", threads),
            exactly("at work at once", found.size),
        ),
        instead="a larger pool",
        why=f"All of {found.pool} are taken all the time, so a thread more does not bring more. What the threads do "
        "with one of them is waiting, which more of them could do at once, if whoever is asked bears it.",
        help=f"make the pool larger than {found.size} by {found.sizing}, or take no more threads than that",
        predictions=[_larger(case, found, min(threads, max(_BEARS, found.size)), cores) for cores in case.cores],
        saves=(0.0, found.window * (1 - found.size / threads)),
        trace=[case.step(found.place, f"waits for one of {found.pool}")] if found.place is not None else [],
    )


def _full(case: Case, found: Starved) -> Verdict:
    share = case.share("of their time waiting for the network", found.lived, found.window * found.size)
    return rule.verdict(
        case,
        found.place,
        f"all {found.size} workers of the executor wait for the network all the time",
        figures=(share, exactly("workers", found.size)),
        instead="more workers",
        why="Whoever waits for an answer needs no core and gives the GIL up, so more workers wait side by side: ten "
        "is what a server is taken to bear. With as many tasks as workers it brings nothing; the figures do not say.",
        help=f"raise `max_workers` above {found.size}, if there are more tasks than that",
        predictions=[_larger(case, found, _BEARS, cores) for cores in case.cores],
        saves=(0.0, found.window * (1 - found.size / _BEARS)),
    )


def _larger(case: Case, found: Starved, size: int, cores: int) -> Prediction:
    rest = max(0.0, case.seconds - found.window)
    shared = found.window * found.size / size
    assumes = (
        f"{size} are there to be used at once",
        "whoever is asked answers as soon when more ask at once",
    )
    return Prediction(
        Tool.LARGER_POOL, cores, rest + shared, rest + shared * 0.9, rest + found.window, case.seconds, assumes
    )
