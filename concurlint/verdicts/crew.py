"""Who does a program's work: threads that serve a pool or a library, or that wait for whoever may come, do not."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from concurlint.runtime.profile import Profile, StackTime, ThreadTimes
from concurlint.runtime.samples import Frame, State
from concurlint.runtime.waits import library_module, serves
from concurlint.verdicts.measured import CPU, RUNNABLE, Key, key, spent
from concurlint.verdicts.verdict import Seconds

_MACHINERY: Mapping[str, tuple[str, ...]] = {
    "multiprocessing/pool.py": ("_handle_workers", "_handle_tasks", "_handle_results"),
    "multiprocessing/queues.py": ("_feed",),
    "multiprocessing/managers.py": ("serve_client", "accepter", "serve_forever"),
    "multiprocessing/resource_sharer.py": ("_serve",),
    "multiprocessing/resource_tracker.py": ("main",),
    "multiprocessing/forkserver.py": ("main",),
    "concurrent/futures/process.py": ("_ExecutorManagerThread.run", "_queue_management_worker"),
}
"""Module of the standard library → functions that a pool's own threads and processes spend their lives in."""
_WORKERS = frozenset(
    {
        ("concurrent/futures/thread.py", "_worker"),
        ("concurrent/futures/process.py", "_process_worker"),
        ("multiprocessing/pool.py", "worker"),
    }
)
"""The functions in which workers take one task after another."""
_BETWEEN = frozenset(
    {
        "queue.py",
        "threading.py",
        "multiprocessing/queues.py",
        "multiprocessing/synchronize.py",
        "multiprocessing/connection.py",
        "selectors.py",
    }
)
_LOKY = "/loky/process_executor.py"
_MOSTLY = 0.5
_ALWAYS = 0.9
"""Of its life: who waits for whoever may come, or sleeps, for as much of it is not there to work."""
_BUSY = 0.05
"""Of its life on a core: more is work."""


@dataclass(frozen=True, slots=True)
class Crew:
    """The threads of a run by what they are there for; who is in none of these does the program's work."""

    machinery: frozenset[Key]
    native: frozenset[Key]
    idle: frozenset[Key]
    sleepers: frozenset[Key]

    def works(self, thread: Key) -> bool:
        """Whether the thread runs the program's own work."""
        return not any(thread in others for others in (self.machinery, self.native, self.idle))


def crew_of(profile: Profile) -> Crew:
    """Each thread's place, from the stacks that it was seen with."""
    stacks: dict[Key, list[StackTime]] = {}
    for stack in profile.stacks:
        stacks.setdefault(key(stack), []).append(stack)
    machinery, native, idle, sleepers = set[Key](), set[Key](), set[Key](), set[Key]()
    lined = {stack.pid for stack in profile.stacks if stack.frames}
    # No stack at all was seen of a process that is short of time; its libraries tell whose threads it has.
    lined |= {process.pid for process in profile.processes if process.libraries}
    for thread in profile.threads:
        own = stacks.get(key(thread), [])
        with_frames = [stack for stack in own if stack.frames]
        if not with_frames:
            if thread.pid in lined and thread.pid != thread.tid:
                native.add(key(thread))
        elif _part(with_frames, is_machinery) >= _MOSTLY:
            machinery.add(key(thread))
        elif is_idle(thread, with_frames):
            idle.add(key(thread))
        elif _sleeps(thread):
            sleepers.add(key(thread))
    return Crew(frozenset(machinery), frozenset(native), frozenset(idle), frozenset(sleepers))


def is_machinery(frames: Sequence[Frame]) -> bool:
    """Whether a pool's own thread, or a process that only serves one, has this stack."""
    for frame in frames:
        if _LOKY in frame.path.replace("\\", "/") and "_ExecutorManagerThread.run" in frame.function:
            return True
        named = _MACHINERY.get(library_module(frame.path), ())
        if any(frame.function == name or frame.function.endswith(f".{name}") for name in named):
            return True
    return False


def is_idle(thread: ThreadTimes, stacks: Collection[StackTime]) -> bool:
    """Whether the thread waits, nearly all of its life, for whoever may come or for work to be given to it."""
    if spent(thread, RUNNABLE) > _BUSY * thread.seconds:
        return False
    return _part(stacks, lambda frames: serves(frames) or awaits_work(frames)) >= _ALWAYS


def awaits_work(frames: Sequence[Frame]) -> bool:
    """Whether a pool's worker is between two tasks: nothing was called by the function that runs them."""
    for index, frame in enumerate(frames):
        module, function = library_module(frame.path), frame.function.rpartition(".")[2]
        if (module, function) in _WORKERS:
            inner = frames[index + 1 :]
            return all(library_module(one.path) in _BETWEEN for one in inner)
    return False


def runs_tasks(frames: Sequence[Frame]) -> bool:
    """Whether the stack is that of a pool's worker, of threads or of processes."""
    return any((library_module(frame.path), frame.function.rpartition(".")[2]) in _WORKERS for frame in frames)


def below_fork(frames: tuple[Frame, ...]) -> tuple[Frame, ...]:
    """The frames of this process: one that was forked keeps those of its parent's that stood below the fork."""
    for index in range(len(frames) - 1, -1, -1):
        frame = frames[index]
        if library_module(frame.path) == "multiprocessing/process.py" and frame.function.endswith("_bootstrap"):
            return frames[index:]
    return frames


def _part(stacks: Iterable[StackTime], is_so: Callable[[Sequence[Frame]], bool]) -> float:
    """The part of the stacks' time for which it is so."""
    whole, part = 0.0, 0.0
    for stack in stacks:
        seconds: Seconds = sum(stack.states.values())
        whole += seconds
        part += seconds if is_so(stack.frames) else 0.0
    return part / whole if whole > 0 else 0.0


def _sleeps(thread: ThreadTimes) -> bool:
    """Whether it sleeps nearly all of its life, as one does that only shows that it is alive."""
    return (
        thread.pid != thread.tid
        and spent(thread, CPU) <= _BUSY * thread.seconds
        and thread.states.get(State.SLEEP, 0.0) >= _ALWAYS * thread.seconds
    )
