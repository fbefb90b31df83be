"""A thread that waits for something else pays a switch interval for the GIL each time it wakes up."""

from collections.abc import Iterator

from concurlint.finding import Level
from concurlint.runtime.samples import State
from concurlint.verdicts.case import Case
from concurlint.verdicts.judgement import Judgement
from concurlint.verdicts.measured import CPU, exactly, key
from concurlint.verdicts.turns import convoys, gil_bound
from concurlint.verdicts.verdict import Verdict

rule = Judgement("CCL907", "gil-convoy", Level.WARNING)


@rule.question
def question(case: Case) -> Iterator[Verdict]:
    found = list(convoys(case))
    if not found or gil_bound(case) is not None:
        return
    worst = found[0]
    waiting = key(worst.thread)
    share = case.share("of its time waiting for the GIL", worst.waited, worst.thread.seconds)
    mean = worst.waited / worst.wakes
    computes = case.first(CPU, worst.computing.keys)
    wakes = case.first({State.GIL_WAIT}, {waiting})
    by = f"while `{computes.name}` computes" if computes is not None else "while another thread computes"
    trace = [case.step(wakes, f"wakes up {worst.wakes} times and waits each time")] if wakes is not None else []
    trace += [case.step(computes, f"computes for {computes.seconds:.2f} s meanwhile")] if computes is not None else []
    yield rule.verdict(
        case,
        wakes,
        f"`{worst.thread.name}` waits {mean * 1000:.0f} ms for the GIL at each wake-up, {by}",
        figures=(
            share,
            exactly("wake-ups", worst.wakes),
            exactly("mean wait for the GIL", mean, "seconds"),
            exactly("threads that pay", len(found)),
        ),
        instead="a process for the computing",
        why="Whoever computes gives the GIL up only after the switch interval (5 ms unless set), and a thread that "
        "wakes up pays it every time. In a process of its own the computing holds nobody up.",
        help="move the computing into a process (`ProcessPoolExecutor`), or lower `sys.setswitchinterval`",
        saves=(0.0, worst.waited),
        trace=trace,
    )
