"""A coroutine keeps the event loop, and all other coroutines wait."""

from collections.abc import Iterator

from concurlint.finding import Level
from concurlint.runtime.profile import ThreadTimes
from concurlint.runtime.samples import State
from concurlint.verdicts.case import Case
from concurlint.verdicts.judgement import Judgement
from concurlint.verdicts.measured import CPU, Part, exactly, key, length, places
from concurlint.verdicts.stalls import BLOCKED, blocked, computed, remedy
from concurlint.verdicts.verdict import Verdict
from concurlint.verdicts.waiting import is_in_coroutine

rule = Judgement("CCL909", "event-loop-stalled", Level.WARNING)


@rule.question
def question(case: Case) -> Iterator[Verdict]:
    for thread in case.profile.threads:
        for found, states in ((blocked(case, thread), BLOCKED), (computed(case, thread), CPU)):
            if found:
                yield _verdict(case, thread, found, states)
                break


def _verdict(case: Case, thread: ThreadTimes, found: list[Part], states: frozenset[State]) -> Verdict:
    stacks = case.stacks({key(thread)}, is_in_coroutine)
    place = next(iter(places(stacks, states, case.own)), None)
    longest = max(end - start for start, end in found)
    share = case.share("the loop stands still", length(found), thread.seconds)
    name = f"`{place.name}`" if place is not None else "a coroutine"
    instead, help_, example = remedy(case, place, states)
    return rule.verdict(
        case,
        place,
        f"{name} keeps the event loop for up to {longest * 1000:.0f} ms, {share.value:.0%} of the time",
        figures=(share, exactly("stalls", len(found)), exactly("longest", longest, "seconds")),
        instead=instead,
        why="Coroutines of one loop run in one thread: while one of them blocks or computes, no other goes on, "
        "no timer fires and no answer is read.",
        help=help_,
        example=example,
        saves=(0.0, length(found)),
        trace=[
            case.step(of, f"{of.seconds:.2f} s on the loop's thread") for of in places(stacks, states, case.own)[:3]
        ],
    )
