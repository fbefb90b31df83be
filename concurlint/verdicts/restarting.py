"""Worker processes that are started anew for each few tasks: what their starting takes beside their work."""

from dataclasses import dataclass

from concurlint.runtime.profile import ProcessTimes
from concurlint.runtime.samples import State
from concurlint.verdicts.case import Case
from concurlint.verdicts.measured import CPU, RUNNABLE, Place, places, side_by_side, spent
from concurlint.verdicts.verdict import Seconds

_TIMES = 3
_FEWEST = 6
_MUCH = 0.2
"""Of the processes' CPU time: less of it is the price of having processes at all."""
_FORKED: Seconds = 0.01
_SPAWNED: Seconds = 0.15
"""CPU time to start a process with few imports, measured with `multiprocessing` of Python 3.11."""


@dataclass(frozen=True, slots=True)
class Restarted:
    """So many processes where `at_once` would have done; CPU seconds of starting them, and of their work."""

    place: Place | None
    processes: int
    at_once: int
    starting: Seconds
    working: Seconds


def restarted(case: Case) -> Restarted | None:
    """The Python processes of one parent that follow each other in great number, each for little work."""
    by_parent: dict[int, list[ProcessTimes]] = {}
    for process in case.profile.processes:
        if process.is_python and _is_worker(process):
            by_parent.setdefault(process.parent, []).append(process)
    found = [one for pid, children in by_parent.items() if (one := _of(case, pid, children)) is not None]
    return max(found, key=lambda one: one.starting, default=None)


def _of(case: Case, parent: int, children: list[ProcessTimes]) -> Restarted | None:
    at_once = max(1, round(side_by_side([(one.first, one.last) for one in children])))
    if len(children) < max(_FEWEST, _TIMES * at_once):
        return None
    pids = {child.pid for child in children}
    starting = sum(min(child.cpu_seconds, _price(child)) for child in children)
    own = sum(child.cpu_seconds for child in children) - starting
    starting += sum(
        sum(of for state, of in stack.states.items() if state in CPU)
        for stack in case.profile.stacks
        if stack.pid == parent and any(_starts(frame.function) for frame in stack.frames)
    )
    # While they wait for a core they are being started, too.
    wanted = sum(spent(thread, RUNNABLE) for thread in case.profile.threads if thread.pid in pids)
    lost = max(starting, wanted * starting / (starting + own)) if starting else 0.0
    if not case.matters(lost / at_once) or starting < _MUCH * (starting + own):
        return None
    by_parent = case.stacks(where=lambda s: s.pid == parent)
    starters = [stack for stack in by_parent if any(_starts(frame.function) for frame in stack.frames)]
    place = next(iter(places(starters or by_parent, frozenset(State), case.own)), None)
    return Restarted(place, len(children), at_once, starting, own)


def _is_worker(process: ProcessTimes) -> bool:
    """Whether `multiprocessing` started it to work: by fork it has its parent's command, else it says so."""
    command = " ".join(process.command)
    if "_tracker" in command and "spawn_main" not in command:
        return False
    return "-c" not in process.command or "multiprocessing" in command


def _price(process: ProcessTimes) -> Seconds:
    return _SPAWNED if "multiprocessing" in " ".join(process.command) else _FORKED


def _starts(function: str) -> bool:
    return function in ("Popen._launch", "BaseProcess.start") or function.endswith(
        ("_spawn_process", "_repopulate_pool")
    )
