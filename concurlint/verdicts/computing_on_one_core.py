"""One thread computes while the other cores have nothing to do."""

from collections.abc import Iterator
from dataclasses import replace

from concurlint.finding import Level
from concurlint.runtime.predict import Plan, Prediction, Tool
from concurlint.runtime.profile import Profile
from concurlint.runtime.samples import State
from concurlint.verdicts.arithmetic import numbers_loop, rows_loop
from concurlint.verdicts.case import MATTERS, Case
from concurlint.verdicts.children import children_in_turn
from concurlint.verdicts.judgement import Judgement
from concurlint.verdicts.measured import RUNNABLE, Part, exactly, key, length, parts, side_by_side, spent, total, union
from concurlint.verdicts.restarting import restarted
from concurlint.verdicts.splitting import split
from concurlint.verdicts.turns import AT_ONCE, convoys, gil_bound
from concurlint.verdicts.verdict import Seconds, Verdict
from concurlint.verdicts.waiting import disk_cpu, importing
from concurlint.verdicts.workers import moving, one_at_a_time, parent_bound, unbalanced

rule = Judgement("CCL903", "computing-on-one-core", Level.ADVICE)

_DOMINATES = 0.5
"""Of the run: a program that computes less than half of its time is not CPU-bound."""


@rule.question
def question(case: Case) -> Iterator[Verdict]:
    profile = case.profile
    imported = importing(case, RUNNABLE)
    computing = total(profile.threads, RUNNABLE) - disk_cpu(case) - imported
    share = case.share("computing on one core", computing)
    if share.low < _DOMINATES or case.cores[-1] < 2 or side_by_side(parts(profile, RUNNABLE)) > AT_ONCE:
        return
    if (
        gil_bound(case)
        or any(convoys(case))
        or numbers_loop(case)
        or rows_loop(case)
        or _has_pool(case)
        or _is_childrens(case)
    ):
        return
    released = total(profile.threads, {State.COMPUTES}) - disk_cpu(case)
    # Where the GIL was not found, holding it looks like computing without it.
    in_threads = released > computing / 2 and "holding it as computing" not in profile.run.method
    tool = Tool.THREADS if in_threads else Tool.PROCESSES
    busiest = max(profile.threads, key=lambda thread: spent(thread, RUNNABLE))
    work = split(case, busiest)
    plan = Plan(divisible=True, pieces=work.pieces)
    window = _window(case)
    shared = case.narrowed(_shared(case, imported).threads, window)
    predictions = [
        case.changed(_after(imported, of), length(union(window))) for of in case.predictions(tool, plan, shared)
    ]
    if not any(case.is_worth(prediction) for prediction in predictions):
        return
    place = case.first(RUNNABLE)
    name = f"`{place.name}`" if place is not None else "one thread"
    pool = "ThreadPoolExecutor" if in_threads else "ProcessPoolExecutor"
    yield rule.verdict(
        case,
        place,
        f"{name} computes on one of {profile.run.cores} cores for {share.value:.0%} of the run",
        figures=(
            share,
            case.share("GIL held", total(profile.threads, {State.HOLDS_GIL})),
            exactly("cores", profile.run.cores),
        ),
        instead=pool,
        why=(
            "The computing is done without the GIL, so threads share it among all cores."
            if in_threads
            else "Threads would take turns at the GIL; processes compute on all cores at once."
        )
        + f" {work.says}",
        help=f"share the work out with `concurrent.futures.{pool}`, if it can be split",
        predictions=predictions,
        # That the work can be split is assumed: it may as well save nothing.
        saves=None if work.is_seen else (0.0, max(0.0, predictions[0].now - predictions[0].low)),
        trace=[case.step(of, f"{of.seconds:.2f} s of computing") for of in case.places(RUNNABLE)[:3]],
    )


def _shared(case: Case, imported: Seconds) -> Profile:
    """The run as if it had only what can be shared out.

    What others wait for while these threads compute is no part of it, nor is importing, which comes before.
    """
    most = max(spent(thread, RUNNABLE) for thread in case.profile.threads)
    threads = [thread for thread in case.profile.threads if spent(thread, RUNNABLE) >= MATTERS * most]
    first, *others = sorted(threads, key=lambda thread: -spent(thread, {State.HOLDS_GIL}))
    rest = max(0.0, spent(first, {State.HOLDS_GIL}) - imported)
    return case.narrowed([replace(first, states={**first.states, State.HOLDS_GIL: rest}), *others])


def _window(case: Case) -> list[Part]:
    """When any of the threads computes that are to be shared out."""
    most = max(spent(thread, RUNNABLE) for thread in case.profile.threads)
    keys = {key(thread) for thread in case.profile.threads if spent(thread, RUNNABLE) >= MATTERS * most}
    return parts(case.profile, RUNNABLE, keys)


def _has_pool(case: Case) -> bool:
    """Whether a pool of processes is there already, and something keeps it from sharing the work out."""
    moved, worked = moving(case)
    return moved > worked or bool(unbalanced(case) or parent_bound(case) or one_at_a_time(case) or restarted(case))


def _is_childrens(case: Case) -> bool:
    """Whether the computing is that of children which follow each other."""
    found = children_in_turn(case)
    return found is not None and case.matters(found.alone)


def _after(imported: Seconds, of: Prediction) -> Prediction:
    return replace(of, seconds=of.seconds + imported, low=of.low + imported, high=of.high + imported)
