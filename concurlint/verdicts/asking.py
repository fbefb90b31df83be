"""The client that waits: which call it is, whether its library has an async form, who lets it ask one at a time."""

import sys
from collections.abc import Collection
from dataclasses import dataclass

from concurlint.runtime.samples import State
from concurlint.verdicts.case import Case
from concurlint.verdicts.crew import runs_tasks
from concurlint.verdicts.known import KnownCall
from concurlint.verdicts.measured import Key, Place, key
from concurlint.verdicts.starving import starved

_THREADS = "`with ThreadPoolExecutor() as pool:` and `pool.map` let the waits overlap"
_POOL = "ThreadPoolExecutor"
_AWAY = ("to_thread", "run_in_executor")
"""An async form that only hands the call to a thread is none: a pool of threads does that without a loop."""
_COMMITS = frozenset({"commit", "execute", "executemany", "__exit__"})


@dataclass(frozen=True, slots=True)
class Client:
    """Where and through what a thread asks; `says` is why `instead` fits, `help` what to do."""

    place: Place | None
    has_async: bool
    says: str
    help: str
    instead: str = _POOL


def client_at(case: Case, state: State, threads: Collection[Key]) -> Client:
    """The client on the line where these threads wait most; told at the loop that calls it, if there is one."""
    inner = case.first({state}, threads) or case.first({state, State.COMPUTES}, threads)
    place = next(iter(case.loops({state}, threads)), inner)
    pooled = _pooled(case, place, threads)
    if pooled is not None:
        return pooled
    call = _call(case, inner)
    if call is not None and call.name.startswith("sqlite3."):
        return _committing(place)
    if state is State.DISK:
        return Client(place, False, "Files have no async form; threads wait for the disk at once.", _THREADS)
    if call is None or case.known is None:
        return Client(place, False, "The GIL is given up while it waits, so threads wait side by side.", _THREADS)
    remedy = case.known.program.roles.remedy(call.name)
    if has_async_form(call.name, remedy):
        says = f"`{call.name}` has an async form: {remedy}. One thread waits for many answers then."
        return Client(place, True, says, f"use {remedy}, several at once in an `asyncio.TaskGroup`", "asyncio")
    other = remedy.partition(", or await asyncio.to_thread")[0]
    others = f" An async client would be another library: {other}." if other else ""
    says = f"`{call.name}` has no async form, but gives the GIL up while it waits: threads wait side by side.{others}"
    return Client(place, False, says, _THREADS)


def has_async_form(name: str, remedy: str) -> bool:
    """Whether the call's own library waits without blocking too, by what the catalogue has in its place."""
    package = name.partition(".")[0]
    if not remedy or any(away in remedy.partition(" or ")[0] for away in _AWAY):
        return False
    # What the standard library has of it lies in asyncio.
    return f"{package}." in remedy or (package in sys.stdlib_module_names and "asyncio" in remedy.partition(",")[0])


def _pooled(case: Case, place: Place | None, threads: Collection[Key]) -> Client | None:
    """Where there are threads enough already: what lets one of them ask at a time."""
    few = starved(case)
    if few is not None and few.size == 1 and few.threads & set(threads):
        says = f"{len(few.threads)} threads share one of {few.pool}: they wait for each other, one asks at a time."
        return Client(few.place, False, says, f"let more ask at once: raise {few.sizing}", "more than one at a time")
    asking = case.stacks(threads, lambda stack: runs_tasks(stack.frames))
    if not asking:
        return None
    pid = asking[0].pid
    workers = {key(stack) for stack in case.stacks(where=lambda s: s.pid == pid and runs_tasks(s.frames))}
    if len(workers) == 1:
        says = "The executor has one worker, so its tasks wait for each other; each worker more is one answer more."
        return Client(
            place, False, says, "raise `max_workers`: ten workers wait for ten answers at once", "more workers"
        )
    says = f"Of {len(workers)} workers one is at work at a time: each task is waited for before the next is handed out."
    help_ = "hand all tasks out first (`pool.map`, or `submit` in a list), then take the results"
    return Client(_caller(case) or place, False, says, help_, "all tasks at once")


def _caller(case: Case) -> Place | None:
    """The line that takes one result after another."""
    waiting = case.stacks(where=lambda stack: any(_takes_result(f.function) for f in stack.frames))
    threads = {key(stack) for stack in waiting}
    return next(iter(case.loops({State.QUEUE}, threads)), None) if threads else None


def _takes_result(function: str) -> bool:
    return function in ("Future.result", "ApplyResult.get", "AsyncResult.get", "ApplyResult.wait")


def _committing(place: Place | None) -> Client:
    says = (
        "Each `commit` waits until the disk has the data; SQLite lets one writer in at a time, so threads would wait "
        "for each other. One transaction around the loop waits once."
    )
    return Client(
        place, False, says, "commit once after the loop, or `executemany` in one `with connection:`", "one commit"
    )


def _call(case: Case, place: Place | None) -> KnownCall | None:
    return case.known.waiting_call(case.frame(place)) if place is not None and case.known is not None else None
