"""Threads that compute in Python and stand in line for the GIL."""

from collections.abc import Iterator

from concurlint.finding import Level
from concurlint.runtime.predict import Tool
from concurlint.verdicts.case import Case
from concurlint.verdicts.judgement import Judgement
from concurlint.verdicts.measured import CPU, RUNNABLE, Place, exactly, key, length, parts, ratio, total, union
from concurlint.verdicts.turns import TURN, Group, gil_bound
from concurlint.verdicts.verdict import Verdict

rule = Judgement("CCL901", "gil-bound-threads", Level.WARNING)


@rule.question
def question(case: Case) -> Iterator[Verdict]:
    group = gil_bound(case)
    if group is None or case.cores[-1] < 2:
        return
    wanted = union(parts(case.profile, TURN | RUNNABLE, group.keys))
    only = case.narrowed(group.threads, wanted)
    predictions = [
        case.changed(prediction, length(wanted))
        for tool in (Tool.PROCESSES, Tool.FREE_THREADED)
        for prediction in case.predictions(tool, profile=only)
    ]
    if not any(case.is_worth(prediction) for prediction in predictions):
        return
    place = case.first(TURN, group.keys)
    waits = case.share("waiting for the GIL", group.waited, group.wanted)
    window = length(wanted) or case.seconds
    name = f"`{place.name}`" if place is not None else "Python"
    yield rule.verdict(
        case,
        place,
        f"{len(group.threads)} threads compute in {name} and wait {waits.value:.0%} of their time for the GIL",
        figures=(
            exactly("threads that compute", len(group.threads)),
            case.share("GIL held", group.held, window),
            waits,
            ratio(case.profile, "cores' worth of computing", total(group.threads, CPU), window, len(group.threads)),
        ),
        instead="ProcessPoolExecutor",
        why="Only one thread at a time runs Python bytecode, so these threads take as long as one after the other. "
        "Each process has a GIL of its own." + _unpicklable(case, group) + _newer(case),
        help='compute in processes: `concurrent.futures.ProcessPoolExecutor`, under `if __name__ == "__main__":`',
        predictions=predictions,
        trace=[
            case.step(place, f"{place.seconds:.2f} s of computing or waiting to")
            for place in case.places(TURN, group.keys)[:3]
        ],
    )


def _unpicklable(case: Case, group: Group) -> str:
    """A sentence on what the threads are given and processes could not be; nothing where there is none."""
    known = case.known
    if known is None:
        return ""
    for place in _given(case, group):
        for spawn in known.sent_by(case.frame(place)):
            refused = known.refusal(spawn)
            return (
                f" Processes get everything pickled, and {refused} cannot be: pass something else." if refused else ""
            )
    return ""


def _given(case: Case, group: Group) -> list[Place]:
    """What the threads were given to do, the largest first."""
    own = [stack for stack in case.stacks(group.keys) if key(stack) in group.keys]
    found = [(sum(stack.states.values()), case.outermost(stack.frames)) for stack in own]
    frames = sorted((pair for pair in found if pair[1] is not None), key=lambda pair: -pair[0])
    return [Place(f.path, f.line, f.function, seconds, group.keys) for seconds, f in frames if f is not None]


def _newer(case: Case) -> str:
    version = tuple(int(part) for part in case.profile.run.python.split(".")[:2] if part.isdigit())
    if version >= (3, 14):
        return " `InterpreterPoolExecutor` gives each worker a GIL within one process."
    return ""
