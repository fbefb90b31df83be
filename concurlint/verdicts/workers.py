"""Worker processes: how evenly they are busy, and how much of their work is packing and unpacking."""

from collections.abc import Sequence
from dataclasses import dataclass

from concurlint.runtime.profile import ThreadTimes
from concurlint.runtime.samples import Frame, State
from concurlint.runtime.waits import library_module
from concurlint.verdicts.case import Case
from concurlint.verdicts.measured import CPU, RUNNABLE, key, processes, spent, total
from concurlint.verdicts.verdict import Seconds

_IDLE = frozenset({State.QUEUE, State.PIPE, State.LOCK, State.NETWORK})
_ASIDE = 0.1
"""Of the busiest worker's work: what is left to gain by sharing it better must be more than chance deals out."""
_MACHINERY = ("multiprocessing/", "concurrent/futures/", "pickle.py", "queue.py", "threading.py")
"""Library modules whose CPU time is the pool's own: pickling, pipes, queues and the threads that serve them."""


@dataclass(frozen=True, slots=True)
class Workers:
    """The main threads of worker processes, the busiest first."""

    threads: tuple[ThreadTimes, ...]

    @property
    def busy(self) -> list[Seconds]:
        """Each one's computing."""
        return [spent(thread, RUNNABLE) for thread in self.threads]

    @property
    def even(self) -> Seconds:
        """What each would compute if all did the same."""
        return sum(self.busy) / len(self.threads)

    @property
    def seconds(self) -> Seconds:
        """How long there were any."""
        return max(t.last for t in self.threads) - min(t.first for t in self.threads)


def workers(case: Case) -> Workers | None:
    """The processes that another one gives work to and that wait for it; None where there are not several."""
    found = []
    for number, (_, threads) in enumerate(processes(case.profile)):
        main = max(threads, key=lambda thread: spent(thread, RUNNABLE))
        if number and spent(main, RUNNABLE) > 0 and _is_given_work(case, main):
            found.append(main)
    return Workers(tuple(sorted(found, key=lambda t: -spent(t, RUNNABLE)))) if len(found) >= 2 else None


def unbalanced(case: Case) -> Workers | None:
    """Workers of which one has so much more to do than the others that all wait for it."""
    found = workers(case)
    if found is None:
        return None
    lost = found.busy[0] - found.even
    return found if case.matters(lost) and lost >= _ASIDE * found.busy[0] else None


def moving(case: Case) -> tuple[Seconds, Seconds]:
    """CPU seconds that pools of processes take for themselves, most of it pickling, and those of anything else.

    In a run without worker processes nothing is moved. Where no stack was seen, it is neither.
    """
    if not any(_is_given_work(case, thread) for thread in case.profile.threads):
        return 0.0, total(case.profile.threads, CPU)
    moved, worked = 0.0, 0.0
    for stack in case.profile.stacks:
        seconds = sum(of for state, of in stack.states.items() if state in CPU)
        if is_moving(stack.frames):
            moved += seconds
        elif stack.frames:
            worked += seconds
    return moved, worked


def is_moving(frames: Sequence[Frame]) -> bool:
    """Whether the innermost frame packs, unpacks, sends or receives for another process."""
    return bool(frames) and library_module(frames[-1].path).startswith(_MACHINERY)


def _is_given_work(case: Case, thread: ThreadTimes) -> bool:
    return any(
        library_module(frame.path) in ("multiprocessing/pool.py", "concurrent/futures/process.py")
        for stack in case.stacks({key(thread)})
        for frame in stack.frames
    )
