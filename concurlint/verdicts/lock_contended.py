"""Threads wait for a lock that another one keeps for long."""

from collections.abc import Iterator

from concurlint.finding import Level, Step
from concurlint.verdicts.case import Case
from concurlint.verdicts.contending import Contended, contended, holders
from concurlint.verdicts.judgement import Judgement
from concurlint.verdicts.measured import exactly
from concurlint.verdicts.verdict import Verdict

rule = Judgement("CCL906", "lock-contended", Level.WARNING)


@rule.question
def question(case: Case) -> Iterator[Verdict]:
    if "filed as lock" in case.profile.run.method:
        return  # what looks like a lock may be the GIL
    found = contended(case)
    if found is None:
        return
    place = found.place
    lived = sum(thread.seconds for thread in case.profile.threads if (thread.pid, thread.tid) in place.threads)
    share = case.share("of the waiting threads' time", place.seconds, lived)
    yield rule.verdict(
        case,
        place,
        f"{_count(found)} {share.value:.0%} of the time for {found.name}",
        figures=(
            share,
            case.share("somebody waits for a lock", found.somebody),
            exactly("waits seen", found.waits),
            exactly("mean wait seen", found.seconds / found.waits, "seconds"),
        ),
        instead="a shorter hold, or a queue",
        why="A lock that is held while its holder waits or computes makes one line of all threads. "
        "Under the lock belongs what changes the shared state, and nothing that takes time.",
        help=_help(found),
        saves=(0.0, found.somebody),
        trace=[
            case.step(place, f"waits {place.seconds:.2f} s for {found.name}"),
            *(
                Step(case.span(of), f"holds {found.name} for {seconds:.2f} s")
                for of, seconds in holders(case, found)[:3]
            ),
        ],
    )


def _help(found: Contended) -> str:
    if found.library == "logging":
        return "log through a `logging.handlers.QueueHandler`: one thread of a `QueueListener` calls the slow handler"
    if found.library:
        return f"let fewer threads call `{found.library}` here, give each an object of its own, or use a `queue.Queue`"
    return "do the slow part before or after the `with`, or give it to one thread through a `queue.Queue`"


def _count(found: Contended) -> str:
    number = len(found.place.threads)
    return "one thread waits" if number == 1 else f"{number} threads wait"
