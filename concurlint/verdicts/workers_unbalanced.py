"""A pool of processes whose workers wait for one of them, or spend their time on pickling."""

from collections.abc import Iterator

from concurlint.finding import Level
from concurlint.runtime.predict import Prediction, Tool
from concurlint.verdicts.case import MATTERS, Case
from concurlint.verdicts.judgement import Judgement
from concurlint.verdicts.measured import CPU, exactly, key, places
from concurlint.verdicts.verdict import Verdict
from concurlint.verdicts.workers import Workers, is_moving, moving, unbalanced

rule = Judgement("CCL910", "workers-unbalanced", Level.WARNING)


@rule.question
def question(case: Case) -> Iterator[Verdict]:
    moved, worked = moving(case)
    if case.matters(moved) and case.share("", moved, moved + worked).low > 0.5:
        yield _pickled(case, moved, worked)
        return
    found = unbalanced(case)
    if found is not None:
        yield _uneven(case, found)


def _uneven(case: Case, found: Workers) -> Verdict:
    lost = found.busy[0] - found.even
    place = case.first(CPU, {key(found.threads[0])})
    name = f"`{place.name}`" if place is not None else "one task"
    assumes = ("the work can be dealt out evenly", "the largest task can be cut")
    low, high = case.seconds - lost, case.seconds - lost / 2
    return rule.verdict(
        case,
        place,
        f"one of {len(found.threads)} workers computes {found.busy[0]:.1f} s in {name}, the mean is {found.even:.1f} s",
        figures=(
            case.share("busiest worker", found.busy[0], found.seconds),
            case.share("all workers", sum(found.busy), found.seconds * len(found.threads)),
            exactly("workers", len(found.threads)),
            exactly("lost to waiting for one", lost, "seconds"),
        ),
        instead="smaller tasks, the largest first",
        why="The pool is done when its last worker is. Tasks of one size, or the largest ones handed out first, let "
        "all workers end together.",
        help="cut the largest task, hand the largest out first, and use `chunksize=1` where sizes differ",
        predictions=[Prediction(Tool.EVEN_SHARES, case.cores[0], low, low, high, case.seconds, assumes)],
    )


def _pickled(case: Case, moved: float, worked: float) -> Verdict:
    stacks = [stack for stack in case.profile.stacks if is_moving(stack.frames)]
    place = next(iter(places(stacks, CPU, case.own)), None) or case.first(frozenset({*CPU}))
    share = case.share("of the CPU time goes to pickling", moved, moved + worked)
    now = case.seconds
    left, low = min(now, worked), min(now, (1 - share.high) * (moved + worked))
    high = max(left, min(now - min(moved, now) * MATTERS, worked * 1.5 + MATTERS * now))
    assumes = ("all is computed in one process, on one core", "nothing but pickling goes away")
    return rule.verdict(
        case,
        place,
        f"{share.value:.0%} of the CPU time goes to pickling for the pool, more than to the work",
        figures=(
            share,
            exactly("pickling and pipes", moved, "seconds"),
            exactly("the work itself", worked, "seconds"),
        ),
        instead="one process, or less to send",
        why="What a task gets and gives back is pickled, sent through a pipe and unpickled. Here that takes longer "
        "than the work: send a file name, a range or `multiprocessing.shared_memory`, or work where the data is.",
        help="send less (a path, an index range, shared memory), or compute in this process",
        predictions=[Prediction(Tool.ONE_PROCESS, case.cores[0], left, low, high, now, assumes)],
    )
