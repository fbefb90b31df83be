"""A pool of processes that loses what it is for: to one worker, the parent, pickling, tiny tasks, new processes."""

from collections.abc import Iterator

from concurlint.finding import Level
from concurlint.runtime.predict import START_UP, Prediction, Tool
from concurlint.runtime.samples import State
from concurlint.runtime.waits import library_module
from concurlint.verdicts.case import MATTERS, Case
from concurlint.verdicts.judgement import Judgement
from concurlint.verdicts.measured import CPU, Place, exactly, key, places
from concurlint.verdicts.restarting import Restarted, restarted
from concurlint.verdicts.verdict import Verdict
from concurlint.verdicts.workers import (
    Alone,
    Bound,
    Handed,
    Workers,
    any_workers,
    is_moving,
    moving,
    one_at_a_time,
    parent_bound,
    tiny,
    unbalanced,
)

_CHUNK = 0.05
"""Seconds of work in one chunk: handing it over is nothing beside that, and enough are left to share out."""
_OWN = 0.1
_POOLS = ("concurrent/futures/", "multiprocessing/")

rule = Judgement("CCL910", "workers-unbalanced", Level.WARNING)


@rule.question
def question(case: Case) -> Iterator[Verdict]:
    anew = restarted(case)
    if anew is not None:
        yield _restarted(case, anew)
        return
    moved, worked = moving(case)
    found = any_workers(case)
    if found is not None and case.matters(moved) and case.share("", moved, moved + worked).low > 0.5:
        handed = tiny(case, found)
        yield _tiny(case, found, handed) if handed is not None else _pickled(case, moved, worked)
        return
    bound = parent_bound(case)
    if bound is not None:
        yield _bound(case, bound)
        return
    alone = one_at_a_time(case)
    if alone is not None:
        yield _alone(case, alone)
        return
    uneven = unbalanced(case)
    if uneven is not None:
        yield _uneven(case, uneven)


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


def _tiny(case: Case, found: Workers, handed: Handed) -> Verdict:
    place = _taking(case)
    now, window = case.seconds, found.seconds
    rest = max(0.0, now - window)
    own = sum(thread.cpu_seconds for thread in found.threads)
    # Two comings to a core for each task: one to take it, one to give its result back.
    size = max(2, round(_CHUNK / max(handed.each, 1e-6)))
    low, high = rest + own * _OWN / len(found.threads), rest + min(window, own)
    assumes = (f"a chunk holds about {size} tasks", "a tenth to all of the workers' CPU time is the tasks' own")
    return rule.verdict(
        case,
        place,
        f"the pool's tasks take {handed.each * 1000:.2g} ms each: handing one over takes longer than the work",
        figures=(
            exactly("times that workers came to a core", handed.turns),
            exactly("on a core each time", handed.each, "seconds"),
            exactly("workers", len(found.threads)),
        ),
        instead="larger chunks",
        why="Each task is pickled, put into a queue, taken out, and its result comes back the same way: that takes "
        "some tenths of a millisecond, half of them in the parent, whose threads take turns at its GIL. Handed over by "
        "the hundred, that is paid once for all.",
        help=f"use `pool.map(…, chunksize={size})`, or have each task work on a whole range",
        predictions=[
            Prediction(Tool.CHUNKS, cores, min(now, (low * high) ** 0.5), low, min(now, high), now, assumes)
            for cores in case.cores
        ],
    )


def _bound(case: Case, found: Bound) -> Verdict:
    busy = sum(found.workers.busy)
    window = found.workers.seconds
    share = case.share("the parent computes", found.computed, window)
    name = f"`{found.place.name}`" if found.place is not None else "the parent"
    return rule.verdict(
        case,
        found.place,
        f"the parent computes {share.value:.0%} of the pool's time in {name}, and its workers wait",
        figures=(
            share,
            case.share("the workers compute", busy, window * len(found.workers.threads)),
            exactly("workers", len(found.workers.threads)),
        ),
        instead="the work where the results are made",
        why="A pool is as fast as the process that takes its results. What is done with each result on one core, one "
        "after another, can be done by the workers, which hand back what is left to put together.",
        help=f"do {name} in the worker too, and hand back only what it comes to",
        predictions=[_spread(case, found, busy, cores) for cores in case.cores],
        saves=None,
    )


def _spread(case: Case, found: Bound, busy: float, cores: int) -> Prediction:
    window = found.workers.seconds
    rest = max(0.0, case.seconds - window)
    least = (found.computed + busy) / max(1, min(cores, max(len(found.workers.threads), cores)))
    low = rest + min(window, least)
    high = rest + min(window, least * (1 + MATTERS) + START_UP[1])
    assumes = (
        "all that the parent does with one result can be done where it was made",
        f"{cores} workers compute at once",
    )
    return Prediction(Tool.PROCESSES, cores, (low + high) / 2, low, high, case.seconds, assumes)


def _alone(case: Case, found: Alone) -> Verdict:
    workers = len(found.workers.threads)
    share = case.share("a worker computes", found.seconds, found.workers.seconds)
    one_by_one = "each task's result is waited for before the next is handed out" if found.is_awaited else ""
    many = "" if found.is_awaited else f"the pool has {workers} worker" + "s at work one at a time" * (workers > 1)
    rest = max(0.0, case.seconds - found.seconds)
    return rule.verdict(
        case,
        found.place,
        f"one worker computes at a time: {one_by_one or many}",
        figures=(share, exactly("workers seen", workers), exactly("cores", case.profile.run.cores)),
        instead="all tasks at once" if found.is_awaited else "more workers",
        why="A worker that computes alone is no faster than the parent would be, and has to be handed its tasks. What "
        "does not need the result before it can be handed out at once, to as many workers as there are cores.",
        help="hand all tasks out first (`pool.map`, or `submit` in a list), then take the results"
        if found.is_awaited
        else "raise `max_workers` to the number of cores",
        predictions=[
            Prediction(
                Tool.MORE_AT_ONCE,
                cores,
                rest + found.seconds / cores,
                rest + found.seconds / cores,
                min(case.seconds, rest + found.seconds / cores + START_UP[1] * cores),
                case.seconds,
                ("no task needs the result of the one before", f"{cores} workers compute at once"),
            )
            for cores in case.cores
        ],
        saves=None,
    )


def _restarted(case: Case, found: Restarted) -> Verdict:
    share = case.share("of their CPU time goes to starting", found.starting, found.starting + found.working)
    now = case.seconds
    low = max(0.0, now - found.starting)
    return rule.verdict(
        case,
        found.place,
        f"{found.processes} processes are started where {found.at_once} would do: {share.value:.0%} is starting",
        figures=(
            share,
            exactly("processes", found.processes),
            exactly("at once", found.at_once),
            exactly("starting them", found.starting, "seconds"),
        ),
        instead="workers that stay",
        why="Each new process is forked or started anew, imports what it needs, and is given its work. A worker that "
        "stays pays that once.",
        help="make the pool once, outside of the loop, without `max_tasks_per_child` (or with a large one)",
        predictions=[
            Prediction(
                Tool.PROCESSES, cores, (low + now) / 2, low, now, now, ("nothing but starting the processes goes away",)
            )
            for cores in case.cores
        ],
        saves=(0.0, max(0.0, now - low)),
    )


def _taking(case: Case) -> Place | None:
    """The user's line that hands out the tasks or takes their results."""
    takers = case.stacks(where=lambda stack: any(library_module(f.path).startswith(_POOLS) for f in stack.frames))
    return next(iter(places(takers, frozenset(State), case.own)), None)
