"""Waits for the world outside: where they are, how many at once, and which of them a server's are."""

from collections.abc import Collection
from dataclasses import dataclass

from concurlint.runtime.profile import Profile, StackTime
from concurlint.runtime.samples import Frame, State
from concurlint.runtime.waits import imports, library_module, serves
from concurlint.verdicts.case import Case
from concurlint.verdicts.crew import runs_tasks
from concurlint.verdicts.measured import RUNNABLE, Key, exactly, key, length, outside, parts, side_by_side, union
from concurlint.verdicts.verdict import Figure, Seconds

_MOST_AT_ONCE = 1.5
"""Waits at once, on average, up to which they are called one by one."""
_RUNS = frozenset({"run", "call", "check_call", "check_output", "getstatusoutput", "getoutput"})


@dataclass(frozen=True, slots=True)
class Waits:
    """Waits for one kind of thing by some threads: `alone` is when nothing was computed meanwhile.

    `count` and `longest` are as seen: waits that follow each other within a look or two are seen as one, so
    there may be more, and shorter ones, where `is_repeated` says that they are made in a loop.
    """

    states: frozenset[State]
    threads: frozenset[Key]
    seconds: Seconds
    alone: Seconds
    count: int
    longest: Seconds
    at_once: float

    is_repeated: bool

    @property
    def is_one_by_one(self) -> bool:
        """Whether there is mostly one at a time, and more than one in all."""
        return (self.count >= 2 or self.is_repeated) and self.at_once < _MOST_AT_ONCE


def waits(case: Case, states: Collection[State], threads: Collection[Key]) -> Waits:
    """All waits of the threads in these states."""
    found = parts(case.profile, states, threads)
    busy = parts(case.profile, (RUNNABLE | {State.GIL_WAIT}) - set(states), _others(case, threads))
    ends = [end - start for start, end in found]
    return Waits(
        frozenset(states),
        frozenset(threads),
        length(union(found)),
        length(outside(found, busy)),
        len(found),
        max(ends, default=0.0),
        side_by_side(found),
        _in_loop(case, states, threads),
    )


def _others(case: Case, threads: Collection[Key]) -> frozenset[Key]:
    """Who may compute beside a wait: not a pool's own threads, and not the process that is waited for."""
    waited_for = children_of(case.profile, {pid for pid, _ in threads})
    return frozenset(
        key(thread)
        for thread in case.profile.threads
        if key(thread) not in case.crew.machinery and thread.pid not in waited_for
    )


def children_of(profile: Profile, pids: Collection[int]) -> frozenset[int]:
    """The processes that these have started, and what those have started."""
    found: set[int] = set()
    for process in profile.processes:  # in order of birth
        if process.parent in pids or process.parent in found:
            found.add(process.pid)
    return frozenset(found)


def _in_loop(case: Case, states: Collection[State], threads: Collection[Key]) -> bool:
    """Whether the source has the threads wait most on lines below a loop."""
    looped, once = 0.0, 0.0
    for stack in case.stacks(threads):
        seconds = sum(of for state, of in stack.states.items() if state in states)
        own = any(case.is_own(f.path) and case.written(f.path).is_looped(f.line) for f in stack.frames)
        if own or runs_tasks(stack.frames):
            looped += seconds
        else:
            once += seconds
    return looped > once


def askers(case: Case, states: Collection[State]) -> frozenset[Key]:
    """The threads that wait in these states for an answer, not for whoever may come and not in an event loop."""
    asked: dict[Key, Seconds] = {}
    for stack in case.stacks():
        seconds = sum(of for state, of in stack.states.items() if state in states)
        is_other = serves(stack.frames) or imports(stack.frames) or is_on_loop(stack)
        asked[key(stack)] = asked.get(key(stack), 0.0) + (-seconds if is_other else seconds)
    if not case.profile.stacks:
        return frozenset(key(thread) for thread in case.profile.threads)
    return frozenset(of for of, seconds in asked.items() if seconds > 0)


def is_on_loop(stack: StackTime) -> bool:
    """Whether the stack is one of asyncio's event loop or of what it runs."""
    return any(_is_loop(frame) for frame in stack.frames)


def is_in_coroutine(stack: StackTime) -> bool:
    """Whether a callback of the loop runs: there is something inside of the loop's own frames."""
    modules = [library_module(frame.path) for frame in stack.frames if not frame.path.startswith("<")]
    return (
        bool(modules)
        and is_on_loop(stack)
        and not (modules[-1].startswith("asyncio/") or modules[-1] == "selectors.py")
    )


def _is_loop(frame: Frame) -> bool:
    return frame.function.rpartition(".")[2] in ("_run_once", "run_forever") and library_module(frame.path).startswith(
        "asyncio/"
    )


def runs_commands(case: Case, stack: StackTime) -> bool:
    """Whether the stack runs an external command to its end in one call: started there, and waited for."""
    if any(frame.function in _RUNS and library_module(frame.path) == "subprocess.py" for frame in stack.frames):
        return True
    frame = case.own(stack.frames)
    return (
        frame is not None
        and stack.frames[-1] == frame
        and case.known is not None
        and case.known.starts_and_waits(Frame(frame.function, case.absolute(frame.path), frame.line))
    )


def disk_cpu(case: Case) -> Seconds:
    """CPU time without the GIL that is the kernel's work for the disk.

    At calls that are known to wait for the disk, so much of it goes with each second of waiting; and as much
    with the waits that were seen a line too early or too late.
    """
    known = [stack.states for stack in case.stacks() if _is_at_disk(case, stack)]
    computed = sum(states.get(State.COMPUTES, 0.0) for states in known)
    waited = sum(states.get(State.DISK, 0.0) for states in known)
    everywhere = sum(thread.states.get(State.DISK, 0.0) for thread in case.profile.threads)
    by_kernel = computed * max(1.0, everywhere / waited) if waited > 0 else computed
    return min(by_kernel, sum(thread.states.get(State.COMPUTES, 0.0) for thread in case.profile.threads))


def disk_threads(case: Case) -> frozenset[Key]:
    """The threads that make such calls."""
    return frozenset(key(stack) for stack in case.stacks() if _is_at_disk(case, stack))


def importing(case: Case, states: Collection[State]) -> Seconds:
    """The seconds in these states that go to importing modules."""
    own = (stack.states for stack in case.stacks() if imports(stack.frames))
    return sum((of for spent in own for state, of in spent.items() if state in states), 0.0)


def _is_at_disk(case: Case, stack: StackTime) -> bool:
    frame = case.own(stack.frames)
    if frame is None or frame != stack.frames[-1] or case.known is None or imports(stack.frames):
        return False
    call = case.known.waiting_call(Frame(frame.function, case.absolute(frame.path), frame.line))
    return call is not None and call.fact is not None and call.fact.effect == "block_disk"


def counted(found: Waits) -> tuple[Figure, ...]:
    """How many waits there were; in a loop one follows the other too closely to be told apart."""
    if found.is_repeated:
        return ()
    return (exactly("waits seen", found.count), exactly("longest wait seen", found.longest, "seconds"))
