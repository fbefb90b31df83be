"""The client that waits: which call it is, and whether its library has an async form."""

from collections.abc import Collection
from dataclasses import dataclass

from concurlint.runtime.samples import State
from concurlint.verdicts.case import Case
from concurlint.verdicts.known import KnownCall
from concurlint.verdicts.measured import Key, Place

_THREADS = "`with ThreadPoolExecutor() as pool:` and `pool.map` let the waits overlap"


@dataclass(frozen=True, slots=True)
class Client:
    """Where and through what a thread asks; `says` is why the tool fits, `help` what to do."""

    place: Place | None
    call: str
    has_async: bool
    says: str
    help: str
    example: str = ""


def client_at(case: Case, state: State, threads: Collection[Key]) -> Client:
    """The client on the line where these threads wait most."""
    place = case.first({state}, threads) or case.first({state, State.COMPUTES}, threads)
    call = _call(case, place)
    name = call.name if call is not None else ""
    if state is State.DISK:
        return Client(place, name, False, "Files have no async form; threads wait for the disk at once.", _THREADS)
    says = f"`{name}` gives the GIL up while it waits," if name else "The GIL is given up while it waits,"
    return Client(place, name, False, f"{says} so threads wait side by side.", _THREADS)


def _call(case: Case, place: Place | None) -> KnownCall | None:
    return case.known.waiting_call(case.frame(place)) if place is not None and case.known is not None else None
