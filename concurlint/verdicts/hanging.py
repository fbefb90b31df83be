"""Threads that wait for each other: who waits for what, who holds it, and why nobody will ever go on."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from concurlint.runtime.samples import Frame, State
from concurlint.runtime.standing import Stand
from concurlint.runtime.waits import library_module
from concurlint.verdicts.case import Case
from concurlint.verdicts.crew import awaits_work, below_fork, runs_tasks
from concurlint.verdicts.holding import Taken, asked_at, held_at
from concurlint.verdicts.measured import Place
from concurlint.verdicts.verdict import Seconds

_INSIDE = frozenset({State.LOCK, State.QUEUE, State.CHILD, State.PIPE})
"""Waits that only the program's own threads and processes can end."""
_LONG: Seconds = 1.0
"""A lock is asked for in vain for longer only where its holder waits, too."""
_PART, _ENOUGH = 0.5, 10.0
"""Of the run, or of so many seconds of it: who waits for less may only wait for somebody slow."""


class Why(StrEnum):
    """What keeps the threads from going on for ever."""

    CIRCLE = "circle"
    SELF = "self"
    FORK = "fork"
    POOL = "pool"
    HELD = "held"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A thread that waits: on the user's line `place`, for `what` in words; `lock` if it is one of the user's.

    `holders` are the threads that have it, each with where it took it.
    """

    stand: Stand
    place: Place | None
    what: str
    lock: Taken | None
    holders: tuple[tuple[Stand, Place], ...]


@dataclass(frozen=True, slots=True)
class Hang:
    """All that wait, those that it hangs on first: the first `core` of them; how long they have at least."""

    why: Why
    core: int
    waits: tuple[Waiting, ...]
    seconds: Seconds


def hang(case: Case) -> Hang | None:
    """Why the program stood still when it was interrupted, or last looked at; None where it may yet go on."""
    moment = case.profile.standstill
    if moment is None or case.profile.run.ended == "by itself":
        return None
    stood = case.seconds - moment.at
    stands = [stand for stand in moment.threads if _is_python(stand)]
    waits = [_waiting(case, stand, stands) for stand in stands if stand.state in _INSIDE and not stand.is_timed]
    long = [one for one in waits if one.stand.seconds + stood >= _LONG]
    whole = max(_LONG, _PART * min(case.seconds, _ENOUGH))
    longest = [one for one in long if one.stand.seconds + stood >= whole]
    for why, core in (
        (Why.CIRCLE, _circle(waits)),
        (Why.SELF, [one for one in long if any(holder is one.stand for holder, _ in one.holders)]),
        (Why.FORK, [one for one in long if _is_forked(case, one, stands)]),
        (Why.POOL, _pool(long, stands)),
        (Why.HELD, _held(longest)),
        (Why.NOBODY, longest if _is_everyone(case, longest, stands, moment.at) else []),
    ):
        if core:
            rest = [one for one in waits if one not in core and not awaits_work(one.stand.frames)]
            return Hang(why, len(core), (*core, *rest), min(one.stand.seconds for one in core) + stood)
    return None


def _is_python(stand: Stand) -> bool:
    return bool(stand.frames)


def _waiting(case: Case, stand: Stand, stands: Sequence[Stand]) -> Waiting:
    own = case.own(below_fork(stand.frames))
    place = Place(own.path, own.line, own.function, stand.seconds, frozenset()) if own is not None else None
    lock = asked_at(case, own) if own is not None and stand.state is State.LOCK else None
    holders = tuple(_holders(case, stand, lock, stands)) if lock is not None else ()
    return Waiting(stand, place, _what(case, stand, lock, own), lock, holders)


def _holders(case: Case, stand: Stand, lock: Taken, stands: Sequence[Stand]) -> list[tuple[Stand, Place]]:
    """Who has the lock; the one who asks for it only if nobody else does: what looks alike may be another object."""
    found = []
    for other in stands:
        taken = _takes(case, other, lock) if other.pid == stand.pid else None
        if taken is not None:
            found.append((other, taken))
    others = [one for one in found if one[0] is not stand]
    return others or found


def _takes(case: Case, stand: Stand, lock: Taken) -> Place | None:
    for frame in reversed(stand.frames):
        if case.is_own(frame.path):
            for held in held_at(case, frame):
                if held.may_be(lock):
                    return held.place
    return None


def _what(case: Case, stand: Stand, lock: Taken | None, own: Frame | None) -> str:
    if lock is not None:
        return f"`{lock.spelling}`"
    functions = [frame.function.rpartition(".")[2] for frame in stand.frames]
    modules = [library_module(frame.path) for frame in stand.frames]
    text = case.text(Place(own.path, own.line, own.function, 0.0, frozenset())) if own is not None else ""
    for module, function, words in _NAMED:
        if any(module in has and function in (name, "") for has, name in zip(modules, functions, strict=True)):
            return words
    if stand.state is State.LOCK:
        return f"a lock (`{text}`)" if text else "a lock"
    return {State.CHILD: "a child to end", State.PIPE: "what comes through a pipe"}.get(stand.state, "another thread")


_NAMED = (
    ("threading.py", "_shutdown", "the other threads to end"),
    ("threading.py", "join", "another thread to end"),
    ("concurrent/futures/_base.py", "result", "a task's result"),
    ("multiprocessing/pool.py", "get", "a task's result"),
    ("queue.py", "get", "an item of a queue"),
    ("queue.py", "put", "room in a queue"),
    ("queue.py", "join", "a queue to be worked off"),
    ("multiprocessing/queues.py", "get", "an item of a queue"),
    ("multiprocessing/popen_fork.py", "wait", "a process to end"),
    ("multiprocessing/process.py", "join", "a process to end"),
    ("threading.py", "acquire", "a semaphore"),
)


def _circle(waits: Sequence[Waiting]) -> list[Waiting]:
    """Threads each of which waits for a lock that the next one holds."""
    by_stand = {id(one.stand): one for one in waits}
    for start in waits:
        path = [start]
        while True:
            following = [by_stand[id(holder)] for holder, _ in path[-1].holders if id(holder) in by_stand]
            following = [one for one in following if one is not path[-1]]
            if not following:
                break
            if following[0] in path:
                return path[path.index(following[0]) :]
            path.append(following[0])
    return []


def _is_forked(case: Case, one: Waiting, stands: Sequence[Stand]) -> bool:
    """Whether a forked process waits for a lock that none of its threads can hold: it has only the one."""
    stand = one.stand
    alone = not any(other.pid == stand.pid and other is not stand for other in stands)
    first = case.profile.threads[0].pid if case.profile.threads else stand.pid
    return stand.state is State.LOCK and alone and stand.pid != first and not awaits_work(stand.frames)


def _pool(waits: Sequence[Waiting], stands: Sequence[Stand]) -> list[Waiting]:
    """All workers of a pool of threads, if each waits for the result of a task."""
    workers = [stand for stand in stands if runs_tasks(stand.frames)]
    asking = [one for one in waits if runs_tasks(one.stand.frames) and one.what == "a task's result"]
    pids = {one.stand.pid for one in asking}
    return asking if asking and len(asking) == sum(stand.pid in pids for stand in workers) else []


def _held(waits: Sequence[Waiting]) -> list[Waiting]:
    """Threads that wait for a lock whose holder waits for other things, for as long."""
    by_stand = {id(one.stand): one for one in waits}
    found = [one for one in waits if any(id(holder) in by_stand for holder, _ in one.holders)]
    holding = [by_stand[id(holder)] for one in found for holder, _ in one.holders if id(holder) in by_stand]
    return [*found, *(one for one in dict.fromkeys(holding) if one not in found)]


def _is_everyone(case: Case, long: Sequence[Waiting], stands: Sequence[Stand], at: Seconds) -> bool:
    """Whether nobody is left who could wake any of them: no other thread, no other program of its own."""
    others = [p for p in case.profile.processes if not p.is_python and p.first <= at <= p.last]
    seen = case.profile.standstill.threads if case.profile.standstill is not None else ()
    unseen = [stand for stand in seen if not _is_python(stand) and (stand.is_timed or stand.state not in _INSIDE)]
    asks_people = any("input" in one.what for one in long)
    return bool(long) and len(long) == len(stands) and not others and not unseen and not asks_people
