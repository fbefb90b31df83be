"""Threads wait for each other, and none will ever go on."""

from collections.abc import Iterator

from concurlint.finding import Level, Step
from concurlint.verdicts.case import Case
from concurlint.verdicts.hanging import Hang, Waiting, Why, hang
from concurlint.verdicts.judgement import Judgement
from concurlint.verdicts.measured import exactly
from concurlint.verdicts.verdict import Verdict

rule = Judgement("CCL914", "no-progress", Level.WARNING)

_BECAUSE = {
    Why.CIRCLE: "Each of them holds the lock that the next one waits for, so none can go on. Where several locks are "
    "needed at once, they must be taken in the same order everywhere.",
    Why.SELF: "A `Lock` does not know its owner: taken a second time by the same thread, it waits for itself for ever.",
    Why.FORK: "A fork copies locks as they are, and only the thread that forks: what another thread held at that "
    "moment stays locked in the child, with nobody there to release it.",
    Why.POOL: "A task that waits for another task of its own pool keeps its worker busy. Once all workers wait so, "
    "nobody is left to run what they wait for.",
    Why.HELD: "The lock's holder waits for something else and does not let go of it: all that need it wait, too.",
    Why.NOBODY: "No thread or process of the program is left that runs or waits for the world, and no wait ends by "
    "itself: nobody can wake any of them.",
}
_REMEDY = {
    Why.CIRCLE: "take the locks in one order everywhere, or one lock for both",
    Why.SELF: "use `threading.RLock`, or call only what does not take the lock again",
    Why.FORK: "start processes before threads, or by `spawn` or `forkserver`",
    Why.POOL: "do not wait for tasks of the same pool inside a task: give them a pool of their own, or call them",
    Why.HELD: "do not wait for other threads while holding a lock: release it first",
    Why.NOBODY: "end queues with a sentinel or `shutdown`, set events on every way out, wait with a timeout",
}


@rule.question
def question(case: Case) -> Iterator[Verdict]:
    found = hang(case)
    if found is None:
        return
    core = found.waits[: found.core]
    yield rule.verdict(
        case,
        core[0].place,
        f"no progress: {_who(found)}",
        figures=(
            exactly("threads that wait", len(found.waits)),
            exactly("that it hangs on", found.core),
            exactly("they wait since", found.seconds, "seconds"),
        ),
        instead="an end to the waiting",
        why=_BECAUSE[found.why],
        help=_REMEDY[found.why],
        saves=(0.0, 0.0),
        trace=[step for one in found.waits[:_MOST] for step in _steps(case, one)],
    )


_MOST = 12
_NAMES = 3


def _who(found: Hang) -> str:
    core = found.waits[: found.core]
    names = [f"`{one.stand.name[:24]}`" for one in core[:_NAMES]]
    more = f" and {len(core) - _NAMES} more" if len(core) > _NAMES else ""
    named = " and ".join(names) if len(names) < 3 else f"{names[0]}, {names[1]} and {names[2]}"
    named = ", ".join(names) + more if more else named
    if found.why is Why.CIRCLE:
        return f"{named} wait for each other's lock"
    if found.why is Why.SELF:
        return f"{names[0]} waits for a lock that it holds itself"
    if found.why is Why.FORK:
        return f"{names[0]} waits in a forked process for a lock that nobody there holds"
    if found.why is Why.POOL:
        return f"all {len(core)} workers of a pool wait for tasks that it has yet to run"
    if found.why is Why.HELD:
        return f"{names[0]} waits for a lock whose holder waits, too"
    return f"{named} {'waits' if len(core) == 1 else 'wait'}, and nobody is left to go on"


def _steps(case: Case, one: Waiting) -> Iterator[Step]:
    """A thread's stack, the user's frames from the outermost on, and who holds what it waits for."""
    own = [frame for frame in one.stand.frames if case.is_own(frame.path)]
    name = f"`{one.stand.name}`"
    for frame in own[:-1]:
        if frame.function != "<module>":
            yield Step(case.line(frame), f"{name} is in `{frame.function}`")
    leaf = one.stand.frames[-1]
    inside = "" if own and leaf == own[-1] else f" in `{leaf.function}`"
    if one.place is not None:
        yield case.step(one.place, f"{name} waits{inside} for {one.what}, {one.stand.seconds:.1f} s so far")
    for holder, place in one.holders:
        yield case.step(place, f"`{holder.name}` took {one.what} here")
