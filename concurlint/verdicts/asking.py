"""The client that waits: which call it is, and whether its library has an async form."""

import sys
from collections.abc import Collection
from dataclasses import dataclass

from concurlint.runtime.samples import State
from concurlint.verdicts.case import Case
from concurlint.verdicts.known import KnownCall
from concurlint.verdicts.measured import Key, Place

_THREADS = "`with ThreadPoolExecutor() as pool:` and `pool.map` let the waits overlap"
_AWAY = ("to_thread", "run_in_executor")
"""An async form that only hands the call to a thread is none: a pool of threads does that without a loop."""


@dataclass(frozen=True, slots=True)
class Client:
    """Where and through what a thread asks; `says` is why the tool fits, `help` what to do."""

    place: Place | None
    has_async: bool
    says: str
    help: str


def client_at(case: Case, state: State, threads: Collection[Key]) -> Client:
    """The client on the line where these threads wait most."""
    place = case.first({state}, threads) or case.first({state, State.COMPUTES}, threads)
    if state is State.DISK:
        return Client(place, False, "Files have no async form; threads wait for the disk at once.", _THREADS)
    call = _call(case, place)
    if call is None or case.known is None:
        return Client(place, False, "The GIL is given up while it waits, so threads wait side by side.", _THREADS)
    remedy = case.known.program.roles.remedy(call.name)
    if has_async_form(call.name, remedy):
        says = f"`{call.name}` has an async form: {remedy}. One thread waits for many answers then."
        return Client(place, True, says, f"use {remedy}, several at once in an `asyncio.TaskGroup`")
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


def _call(case: Case, place: Place | None) -> KnownCall | None:
    return case.known.waiting_call(case.frame(place)) if place is not None and case.known is not None else None
