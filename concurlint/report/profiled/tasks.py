"""What event loops ran: the coroutines and callbacks of a profile, each with its time on the loop."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from concurlint.report.profiled.paths import is_library
from concurlint.runtime.profile import Profile, Seconds
from concurlint.runtime.samples import Frame, State
from concurlint.runtime.waits import library_module

_LOOPS = ("asyncio/events.py", "asyncio/base_events.py", "asyncio/runners.py")
_LOOP_OF_LIBRARY = re.compile(r"[/\\]site-packages[/\\](?:trio[/\\]_core|anyio[/\\]_backends|uvloop|nest_asyncio)\b")
_RUNNING = frozenset({"run", "_run", "_run_once", "run_forever", "run_until_complete", "unrolled_run"})
"""Their functions that call tasks; the others of the same modules are called by tasks."""
_ITSELF = Frame("event loop", "", 0)
_OTHERS = "others"


@dataclass(frozen=True, slots=True)
class TaskTimes:
    """All tasks of one coroutine function (or one callback), on every loop; py-spy cannot tell their own names."""

    function: str
    path: str
    states: Mapping[State, Seconds] = field(default_factory=dict)

    @property
    def seconds(self) -> Seconds:
        """How long they kept a loop."""
        return sum(self.states.values())


def tasks_of(profile: Profile, most: int) -> list[TaskTimes]:
    """Those that were seen on a loop, most time first; of more than `most`, the rest as one."""
    sums: dict[tuple[str, str], dict[State, Seconds]] = defaultdict(lambda: defaultdict(float))
    for stack in profile.stacks:
        frame = _started(stack.frames)
        if frame is not None:
            for state, seconds in stack.states.items():
                if state is not State.LOOP_IDLE:
                    sums[frame.function, frame.path][state] += seconds
    found = [TaskTimes(function, path, dict(states)) for (function, path), states in sums.items() if states]
    found.sort(key=lambda task: (-task.seconds, task.function))
    return found if len(found) <= most else [*found[: most - 1], _together(found[most - 1 :])]


def _together(rest: Sequence[TaskTimes]) -> TaskTimes:
    sums: dict[State, Seconds] = defaultdict(float)
    for task in rest:
        for state, seconds in task.states.items():
            sums[state] += seconds
    return TaskTimes(f"{_OTHERS} ×{len(rest)}", "", dict(sums))


def _started(frames: Sequence[Frame]) -> Frame | None:
    """What the loop called: the outermost of the program's own functions, or else of a library's; None off a loop."""
    inside = next((number for number in range(len(frames), 0, -1) if _runs_loop(frames[number - 1])), 0)
    if not inside:
        return None
    called = frames[inside:]
    if not called or library_module(called[0].path) == "selectors.py":
        return _ITSELF
    return next((frame for frame in called if not is_library(frame.path)), called[0])


def _runs_loop(frame: Frame) -> bool:
    if frame.function.rpartition(".")[2] not in _RUNNING:
        return False
    return library_module(frame.path) in _LOOPS or _LOOP_OF_LIBRARY.search(frame.path) is not None
