"""Threads of native libraries beyond the cores: how many want to compute at once, and whose they are."""

from dataclasses import dataclass

from concurlint.catalog.native import NativeLibrary, native_library
from concurlint.runtime.profile import ThreadTimes
from concurlint.verdicts.case import Case
from concurlint.verdicts.measured import RUNNABLE, key, length, parts, spent, union
from concurlint.verdicts.verdict import Seconds

_BEYOND = 1.5
"""Threads that want to compute at once, by cores, from which on they hold each other up."""
_MUCH = 0.15
"""Of all computing and waiting to: less in native threads is not what fills the cores."""


@dataclass(frozen=True, slots=True)
class Oversubscribed:
    """`wanting` threads want to compute at once on average; `threads` are the libraries' own, in `processes`."""

    wanting: float
    threads: tuple[ThreadTimes, ...]
    processes: int
    libraries: tuple[NativeLibrary, ...]
    window: Seconds
    computed: Seconds


def oversubscribed(case: Case) -> Oversubscribed | None:
    """Native threads that together with the rest want more cores than there are, most of the time they compute."""
    native = [thread for thread in case.profile.threads if _computes_natively(case, thread)]
    if not native:
        return None
    wanted = parts(case.profile, RUNNABLE)
    window = length(union(wanted))
    wanting = length(wanted) / window if window > 0 else 0.0
    own = sum(spent(thread, RUNNABLE) for thread in native)
    if wanting < _BEYOND * case.profile.run.cores or own < _MUCH * length(wanted) or not case.matters(window):
        return None
    pids = {thread.pid for thread in native}
    named = (name for process in case.profile.processes if process.pid in pids for name in process.libraries)
    libraries = tuple(found for name in dict.fromkeys(named) if (found := native_library(name)) is not None)
    computed = sum(thread.cpu_seconds for thread in case.profile.threads)
    return Oversubscribed(wanting, tuple(native), len(pids), libraries, window, computed)


def _computes_natively(case: Case, thread: ThreadTimes) -> bool:
    return key(thread) in case.crew.native and spent(thread, RUNNABLE) > 0
