"""Locks that threads wait for: on a line of the user's, or inside of a library that such a line leads to."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from concurlint.runtime.profile import StackTime
from concurlint.runtime.samples import Frame, State
from concurlint.runtime.waits import imports, library_module
from concurlint.verdicts.case import MATTERS, Case
from concurlint.verdicts.crew import awaits_work
from concurlint.verdicts.measured import Place, key, length, parts, places, union
from concurlint.verdicts.verdict import Seconds
from concurlint.verdicts.waiting import is_on_loop

_OFTEN = 10
"""Waits: a lock that is waited for once or twice may be a signal between two threads."""
_LOCK = frozenset({State.LOCK})
_SOME = 3
_IMPORTS = "importlib"
_PRIMITIVE = "threading.py"
_POOLS = ("multiprocessing/", "concurrent/futures/")
"""Their locks guard a pipe from which workers take their next task: waiting for those is having nothing to do."""


@dataclass(frozen=True, slots=True)
class Contended:
    """The lock that is waited for most: where the user's line is, and inside of which library the lock lies, if any.

    `taker` is the library's function that takes it. `somebody` is how long anybody waited, `seconds` all waits.
    """

    place: Place
    name: str
    library: str
    taker: Frame | None
    waits: int
    seconds: Seconds
    somebody: Seconds


def contended(case: Case) -> Contended | None:
    """The lock for which threads wait long and often, if there is one."""
    waiting = [stack for stack in case.stacks() if _is_contended(case, stack)]
    threads = {key(stack) for stack in waiting}
    seen = parts(case.profile, _LOCK, threads)
    somebody = length(union(seen))
    place = next(iter(places(waiting, _LOCK, case.own)), None)
    lived = sum(thread.seconds for thread in case.profile.threads if key(thread) in threads)
    if place is None or not case.matters(somebody) or place.seconds < MATTERS * lived:
        return None
    here = [stack for stack in waiting if _stands_at(case, stack, place)]
    inner = _taker(case, here)
    library = _package(inner) if inner is not None else ""
    if not library and not _takes_lock(case, place):
        return None
    # A module is imported once, and whoever needs it meanwhile waits once.
    if len(seen) < _OFTEN and not (library == _IMPORTS and len(place.threads) >= _SOME):
        return None
    name = (
        _name(case, place)
        if not library
        else "the import lock"
        if library == _IMPORTS
        else f"a lock inside `{library}`"
    )
    return Contended(place, name, library, inner, len(seen), length(seen), somebody)


def holders(case: Case, found: Contended) -> list[tuple[Place, Seconds]]:
    """Where the lock is held, by the time that threads spent there, the longest first."""
    held = _inside_library(case, found) if found.taker is not None else _below_with(case, found.place)
    return [
        (Place(path, line, "", seconds, frozenset()), seconds)
        for (path, line), seconds in sorted(held.items(), key=lambda item: -item[1])
    ]


def _is_contended(case: Case, stack: StackTime) -> bool:
    """Whether it waits for a lock that threads share, below a line of the user's."""
    if State.LOCK not in stack.states or is_on_loop(stack) or awaits_work(stack.frames):
        return False
    if imports(stack.frames) and not any(frame.function.endswith("_ModuleLock.acquire") for frame in stack.frames):
        return False
    own = case.own(stack.frames)
    if own is None:
        return False
    inner = stack.frames[stack.frames.index(own) + 1 :]
    # A semaphore lets several through: it is no lock.
    if any(frame.function.startswith(("Semaphore.", "BoundedSemaphore.")) for frame in inner):
        return False
    return not any(library_module(frame.path).startswith(_POOLS) for frame in inner)


def _stands_at(case: Case, stack: StackTime, place: Place) -> bool:
    own = case.own(stack.frames)
    return own is not None and (own.path, own.line) == (place.path, place.line)


def _taker(case: Case, stacks: Sequence[StackTime]) -> Frame | None:
    """The library's function in which most of these waits are; None where the user's own line takes the lock."""
    found: Counter[Frame | None] = Counter()
    for stack in stacks:
        inner = [frame for frame in _inner(case, stack.frames) if library_module(frame.path) != _PRIMITIVE]
        # `Handler.acquire` takes it, `Handler.handle` holds it.
        outer = next((frame for frame in reversed(inner) if not _is_primitive(frame)), None)
        taker = Frame(outer.function, outer.path, 0) if outer is not None else None
        found[taker] += round(stack.states.get(State.LOCK, 0.0) * 1e6)
    return found.most_common(1)[0][0] if found else None


def _is_primitive(frame: Frame) -> bool:
    return frame.function.rpartition(".")[2] in ("acquire", "__enter__", "_acquireLock", "wait", "get", "put")


def _inner(case: Case, frames: Sequence[Frame]) -> Sequence[Frame]:
    own = case.own(frames)
    return frames[frames.index(own) + 1 :] if own is not None else ()


def _package(frame: Frame) -> str:
    """The library by its first name: `logging` of logging/__init__.py, `requests` of site-packages/requests/…."""
    if frame.path.startswith("<frozen importlib"):
        return _IMPORTS
    inside = library_module(frame.path) or frame.path.replace("\\", "/").rpartition("-packages/")[2]
    return inside.partition("/")[0].removesuffix(".py")


def _inside_library(case: Case, found: Contended) -> dict[tuple[str, int], Seconds]:
    """The user's lines from which threads are inside of the function that took the lock, and do not wait for it."""
    held: dict[tuple[str, int], Seconds] = {}
    for stack in case.profile.stacks:
        within = [f for f in stack.frames if found.taker is not None and _is_same(f, found.taker)]
        own = case.own(stack.frames)
        if within and own is not None:
            seconds = sum(of for state, of in stack.states.items() if state not in (State.LOCK, State.QUEUE))
            held[own.path, own.line] = held.get((own.path, own.line), 0.0) + seconds
    return held


def _is_same(frame: Frame, other: Frame) -> bool:
    return (frame.function, frame.path) == (other.function, other.path)


def _name(case: Case, place: Place) -> str:
    """The lock as it is spelt on the line that waits."""
    for spelling, first, _ in case.written(place.path).withs():
        if first == place.line:
            return f"`{spelling}`"
    return "a lock"


def _below_with(case: Case, place: Place) -> dict[tuple[str, int], Seconds]:
    """The `with` statements of the same lock, by the time that threads spent below them."""
    held: dict[tuple[str, int], Seconds] = {}
    for path, line in _blocks(case, place):
        last = max((end for _, first, end in case.written(path).withs() if first == line), default=line)
        for stack in case.profile.stacks:
            if any(case.shown(f.path) == path and line < f.line <= last for f in stack.frames):
                held[path, line] = held.get((path, line), 0.0) + sum(stack.states.values())
    return held


def _blocks(case: Case, place: Place) -> Iterator[tuple[str, int]]:
    frame = case.frame(place)
    known = case.known
    locks = known.locks_at(frame) if known is not None else frozenset()
    if known is not None and locks:
        taken = known.takers(frame.path, locks)
        yield from {(case.shown(str(code.module.source.path)), line) for code, line in taken}
        return
    for spelling, line, _ in case.written(place.path).withs():
        if f"`{spelling}`" == _name(case, place):
            yield case.shown(place.path), line


def _takes_lock(case: Case, place: Place) -> bool:
    """Whether the line enters something or acquires it; a state is seen a line off now and then."""
    line = case.text(place)
    if not line:
        return len(place.threads) > 1
    enters = any(first == place.line for _, first, _ in case.written(place.path).withs())
    return enters or ".acquire(" in line
