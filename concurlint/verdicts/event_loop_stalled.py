"""A coroutine keeps the event loop, and all other coroutines wait."""

from collections.abc import Iterator

from concurlint.finding import Level
from concurlint.runtime.profile import ThreadTimes
from concurlint.runtime.samples import State
from concurlint.verdicts.case import Case
from concurlint.verdicts.judgement import Judgement
from concurlint.verdicts.measured import CPU, Part, Place, exactly, key, length, places
from concurlint.verdicts.stalls import BLOCKED, Count, blocked, called, computed, counted, remedy
from concurlint.verdicts.verdict import Verdict
from concurlint.verdicts.waiting import is_in_coroutine

rule = Judgement("CCL909", "event-loop-stalled", Level.WARNING)

_SHORT = 24


@rule.question
def question(case: Case) -> Iterator[Verdict]:
    for thread in case.profile.threads:
        for found, states in ((blocked(case, thread), BLOCKED), (computed(case, thread), CPU)):
            if found:
                yield _verdict(case, thread, found, states)
                break


def _stalls(case: Case, place: Place | None, count: Count, states: frozenset[State]) -> str:
    """`60 of 50 ms in time.sleep`."""
    call = called(case, place) if states is BLOCKED else ""
    inside = f" in `{call}`" if 0 < len(call) <= _SHORT else ""
    if count.is_near:
        return f"about {count.stalls} times {count.each * 1000:.0f} ms{inside}"
    longest = f", up to {count.longest * 1000:.0f}" if count.longest > count.each * 1.2 else ""
    return f"{count.stalls} times {count.each * 1000:.0f}{longest} ms{inside}"


def _verdict(case: Case, thread: ThreadTimes, found: list[Part], states: frozenset[State]) -> Verdict:
    stacks = case.stacks({key(thread)}, is_in_coroutine)
    place = next(iter(places(stacks, states, case.own)), None)
    count = counted(thread, found, states)
    share = case.share("the loop stands still", length(found), thread.seconds)
    name = f"`{place.name}`" if place is not None else "a coroutine"
    instead, help_ = remedy(case, place, states)
    return rule.verdict(
        case,
        place,
        f"{name} keeps the event loop {share.value:.0%} of the time: {_stalls(case, place, count, states)}",
        figures=(
            share,
            exactly("stalls, about" if count.is_near else "stalls", count.stalls),
            exactly("each of them", count.each, "seconds"),
            *(() if count.is_near else (exactly("longest", count.longest, "seconds"),)),
        ),
        instead=instead,
        why="Coroutines of one loop run in one thread: while one of them blocks or computes, no other goes on, "
        "no timer fires and no answer is read.",
        help=help_,
        saves=(0.0, length(found)),
        trace=[
            case.step(of, f"{of.seconds:.2f} s on the loop's thread") for of in places(stacks, states, case.own)[:3]
        ],
    )
