"""A run made by hand, with its verdicts, for the tests of a profile's reports; some names in it are hostile."""

from collections.abc import Mapping

from concurlint.finding import Finding, Level, Span, Step
from concurlint.runtime.predict import Prediction, Tool
from concurlint.runtime.profile import LineTime, Profile, Row, Run, StackTime, ThreadTimes
from concurlint.runtime.samples import Frame, State
from concurlint.verdicts.change import Change, Rewritten
from concurlint.verdicts.verdict import Figure, Verdict

PID = 100
APP = "/home/me/shop/app.py"
NUMBERS = "/home/me/shop/lib/numbers.py"
LIBRARY = "/usr/lib/python3.12/threading.py"
SOURCE = """\
import threading
from lib.numbers import total


def work(items):
    return total(items)


threads = [threading.Thread(target=work) for _ in range(2)]
"""
CHANGED = SOURCE.replace("threading.Thread", "multiprocessing.Process") + '# </script><img src=x onerror="alert(2)">\n'
NUMBERS_SOURCE = "def total(items):\n\treturn sum(of * of for of in items)  # </script><script>alert(1)</script>\n"
TEXTS: Mapping[str, str] = {APP: SOURCE, NUMBERS: NUMBERS_SOURCE}
HOSTILE = "<script>alert('name')</script>\x1b[31m\u202e"

G, W, S, Q = State.HOLDS_GIL, State.GIL_WAIT, State.SLEEP, State.QUEUE

_MODULE = Frame("<module>", APP, 9)
_JOIN = Frame("Thread.join", LIBRARY, 1149)
_RUN = Frame("Thread.run", LIBRARY, 1010)
_WORK = Frame("work", APP, 6)
_TOTAL = Frame("total", NUMBERS, 2)


def _thread(tid: int, name: str, states: Mapping[State, float], first: float = 0.0) -> ThreadTimes:
    cpu = states.get(G, 0.0)
    return ThreadTimes(PID, tid, name, states, cpu, 0.0, first, first + sum(states.values()))


def _take_turns(tid: int, offset: int) -> Row:
    """Half of each 100 ms with the GIL, the other half waiting for it, from 0 s to 2 s."""
    states = ((G, W), (W, G))[offset]
    times = [(number * 0.05, number * 0.05 + 0.05) for number in range(40)]
    return Row(PID, tid, tuple((start, end, states[number % 2]) for number, (start, end) in enumerate(times)))


RUN = Run(
    command=("python", "app.py", "--fast"),
    python="3.12.1",
    platform="Linux x86_64",
    cores=2,
    started=1_700_000_000.0,
    seconds=2.5,
    interval=0.005,
    samples=500,
    method="by hand",
    sampler_seconds=0.025,
    switches=20.0,
    notes=("one note",),
)

PROFILE = Profile(
    run=RUN,
    threads=(
        _thread(PID, "MainThread", {Q: 2.0, S: 0.5}),
        _thread(101, "worker-1", {G: 1.0, W: 1.0}),
        _thread(102, HOSTILE, {G: 1.0, W: 1.0}),
    ),
    lines=(
        LineTime(LIBRARY, 1149, "Thread.join", PID, PID, Q, 2.0, 400),
        *(LineTime(NUMBERS, 2, "total", PID, tid, state, 1.0, 200) for tid in (101, 102) for state in (G, W)),
        LineTime(APP, 9, "<module>", PID, PID, S, 0.5, 100),
    ),
    stacks=(
        StackTime(PID, PID, (_MODULE, _JOIN), {Q: 2.0}, 400),
        StackTime(PID, 101, (_RUN, _WORK, _TOTAL), {G: 1.0, W: 1.0}, 400),
        StackTime(PID, 102, (_RUN, _WORK, _TOTAL), {G: 1.0, W: 1.0}, 400),
        StackTime(PID, PID, (_MODULE,), {S: 0.5}, 100),
    ),
    timeline=(
        Row(PID, PID, ((0.0, 2.0, Q), (2.0, 2.5, S))),
        _take_turns(101, 0),
        _take_turns(102, 1),
    ),
)
EMPTY = Profile(RUN, (), (), ())

BOUND = Verdict(
    finding=Finding(
        code="CCL901",
        name="gil-bound-threads",
        level=Level.WARNING,
        message="2 threads share one GIL: `work` computes on 0.8 of 2 cores",
        span=Span(NUMBERS, 2, 5, 2, 40),
        help="give `work` to a `ProcessPoolExecutor`",
        trace=(Step(Span(APP, 9, 12, 9, 40), "`Thread` runs `work` twice"),),
    ),
    figures=(
        Figure("GIL held", 0.8, 0.76, 0.83, "share"),
        Figure("effective parallelism", 0.8, 0.76, 0.83, "times"),
        Figure("hand-overs a second", 20.0, 20.0, 20.0, "count"),
    ),
    instead="processes: `ProcessPoolExecutor`",
    why="Each process has a GIL of its own, and <b>both</b> cores compute.",
    predictions=(
        Prediction(Tool.PROCESSES, 2, 1.6, 1.5, 1.8, 2.5, ("2 cores are free", "next to nothing is pickled")),
        Prediction(Tool.PROCESSES, 8, 1.55, 1.45, 1.7, 2.5, ("8 cores are free", "next to nothing is pickled")),
    ),
    saves=(0.7, 1.0),
    change=Change((Rewritten(APP, SOURCE, CHANGED),)),
)
CALM = Verdict(
    finding=Finding(
        code="CCL900",
        name="nothing-to-gain",
        level=Level.ADVICE,
        message="nothing is gained by another tool",
        span=Span(APP, 9, 1, 9, 1),
    ),
    figures=(),
    instead="",
    why="",
    predictions=(),
    saves=(0.0, 0.0),
)
