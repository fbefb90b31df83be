"""Threads that wait or compute without the GIL, side by side: that is what they are for."""

from collections import defaultdict
from collections.abc import Iterator

from concurlint.finding import Level
from concurlint.runtime.profile import ThreadTimes
from concurlint.runtime.samples import State
from concurlint.verdicts.case import Case
from concurlint.verdicts.judgement import Judgement
from concurlint.verdicts.measured import OUTSIDE, exactly, key, length, parts, ratio, side_by_side, spent, total, union
from concurlint.verdicts.starving import saturated, starved
from concurlint.verdicts.verdict import Verdict
from concurlint.verdicts.waiting import askers

rule = Judgement("CCL912", "threads-already-right", Level.ADVICE)

_AT_ONCE = 1.5
"""Threads waiting or computing at once, on average, from which on they overlap and do not only meet."""
_GIL = 0.1
"""Of their time waiting for the GIL: more is another verdict's."""
_FREE = OUTSIDE | {State.COMPUTES}


@rule.question
def question(case: Case) -> Iterator[Verdict]:
    few = starved(case) or saturated(case)
    for name, threads in _groups(case).items():
        keys = {key(thread) for thread in threads} & (askers(case, OUTSIDE) | _computing(threads))
        kept = [thread for thread in threads if key(thread) in keys]
        found = parts(case.profile, _FREE, keys)
        used, waited = total(kept, _FREE), total(kept, {State.GIL_WAIT})
        if len(kept) < 2 or side_by_side(found) < _AT_ONCE or not case.matters(length(union(found))):
            continue
        if waited > _GIL * (used + waited) or (few is not None and few.threads & keys):
            continue
        computes = total(kept, {State.COMPUTES}) > used / 2
        does = "compute without the GIL" if computes else "wait"
        yield rule.verdict(
            case,
            case.first(_FREE, keys),
            f"{len(kept)} threads of `{name}` {does} side by side: threads are right for it",
            figures=(
                ratio(case.profile, "of them at once", used, length(union(found)), len(kept)),
                case.share("of their time waiting for the GIL", waited, sum(thread.seconds for thread in kept)),
                exactly("threads", len(kept)),
            ),
            instead="threads, as it is",
            why="What they do gives the GIL up, so they do not take turns. Processes would cost their starting and "
            "pickling and gain nothing.",
            help="keep the threads",
            saves=(0.0, 0.0),
        )
        return


def _computing(threads: list[ThreadTimes]) -> set[tuple[int, int]]:
    return {key(t) for t in threads if spent(t, {State.COMPUTES}) > spent(t, OUTSIDE)}


def _groups(case: Case) -> dict[str, list[ThreadTimes]]:
    """Threads of one process by the function they were given to do; the main thread was given none."""
    given: dict[tuple[int, int], dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for stack in case.profile.stacks:
        frame = case.outermost(stack.frames)
        if frame is not None and frame.function != "<module>":
            given[key(stack)][frame.function] += sum(stack.states.values())
    groups: dict[str, list[ThreadTimes]] = defaultdict(list)
    for thread in case.profile.threads:
        functions = given.get(key(thread))
        if functions and thread.pid != thread.tid:
            groups[max(functions, key=lambda name: functions[name])].append(thread)
    return groups
