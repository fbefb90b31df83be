"""Threads wait for a lock that another one keeps for long."""

from collections.abc import Iterator

from concurlint.finding import Level, Step
from concurlint.runtime.profile import StackTime
from concurlint.runtime.samples import State
from concurlint.runtime.waits import library_module
from concurlint.verdicts.case import Case
from concurlint.verdicts.judgement import Judgement
from concurlint.verdicts.measured import Place, exactly, key, length, parts, places, union
from concurlint.verdicts.verdict import Seconds, Verdict
from concurlint.verdicts.waiting import is_on_loop

rule = Judgement("CCL906", "lock-contended", Level.WARNING)

_OFTEN = 10
"""Waits: a lock that is waited for once or twice may be a signal between two threads."""


@rule.question
def question(case: Case) -> Iterator[Verdict]:
    if "filed as lock" in case.profile.run.method:
        return  # what looks like a lock may be the GIL
    own = case.stacks(where=lambda stack: _is_users(case, stack))
    threads = {key(stack) for stack in own}
    waiting = parts(case.profile, {State.LOCK}, threads)
    somebody = length(union(waiting))
    place = next(iter(places(own, {State.LOCK}, case.own)), None)
    if place is None or not _takes_lock(case, place) or len(waiting) < _OFTEN or not case.matters(somebody):
        return
    lived = sum(thread.seconds for thread in case.profile.threads if key(thread) in place.threads)
    share = case.share("of the waiting threads' time", place.seconds, lived)
    name = _name(case, place)
    holders = list(_holders(case, place))
    yield rule.verdict(
        case,
        place,
        f"{_count(place)} {share.value:.0%} of the time for {name}",
        figures=(
            share,
            case.share("somebody waits for a lock", somebody),
            exactly("waits", len(waiting)),
            exactly("mean wait", length(waiting) / len(waiting), "seconds"),
        ),
        instead="a shorter hold, or a queue",
        why="A lock that is held while its holder waits or computes makes one line of all threads. "
        "Under the lock belongs what changes the shared state, and nothing that takes time.",
        help="do the slow part before or after the `with`, or give it to one thread through a `queue.Queue`",
        example="",
        saves=(0.0, somebody),
        trace=[
            case.step(place, f"waits {place.seconds:.2f} s for {name}"),
            *(Step(case.span(of), f"holds {name} for {seconds:.2f} s") for of, seconds in holders[:3]),
        ],
    )


def _name(case: Case, place: Place) -> str:
    """The lock as it is spelt on the line that waits."""
    for spelling, first, _ in case.written(place.path).withs():
        if first == place.line:
            return f"`{spelling}`"
    return "a lock"


def _holders(case: Case, place: Place) -> Iterator[tuple[Place, Seconds]]:
    """The `with` statements of the same lock below which threads spent their time, the longest hold first."""
    frame = case.frame(place)
    known = case.known
    locks = known.locks_at(frame) if known is not None else frozenset()
    blocks = (
        {(case.shown(str(code.module.source.path)), line) for code, line in known.takers(frame.path, locks)}
        if known is not None and locks
        else {(case.shown(place.path), line) for spelling, line, _ in case.written(place.path).withs()
              if f"`{spelling}`" == _name(case, place)}
    )  # fmt: skip
    held: dict[tuple[str, int], Seconds] = {}
    for path, line in blocks:
        last = max((end for _, first, end in case.written(path).withs() if first == line), default=line)
        for stack in case.profile.stacks:
            if any(case.shown(f.path) == path and line < f.line <= last for f in stack.frames):
                held[path, line] = held.get((path, line), 0.0) + sum(stack.states.values())
    for (path, line), seconds in sorted(held.items(), key=lambda item: -item[1]):
        yield Place(path, line, "", seconds, frozenset()), seconds


def _is_users(case: Case, stack: StackTime) -> bool:
    """Whether it waits for a lock that the user's own line takes, not for one inside of a library."""
    if State.LOCK not in stack.states or is_on_loop(stack):
        return False
    for frame in reversed(stack.frames):
        if case.is_own(frame.path):
            return True
        if library_module(frame.path) != "threading.py":
            return False
    return False


def _takes_lock(case: Case, place: Place) -> bool:
    """Whether the line enters something or acquires it; a state is seen a line off now and then."""
    line = case.text(place)
    if not line:
        return len(place.threads) > 1
    enters = any(first == place.line for _, first, _ in case.written(place.path).withs())
    return enters or ".acquire(" in line


def _count(place: Place) -> str:
    number = len(place.threads)
    return "one thread waits" if number == 1 else f"{number} threads wait"
