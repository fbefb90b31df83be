"""How long ago a thread last ran, by the scheduler's own clock."""

import os
import re
import threading
import time
from functools import cache

from concurlint.runtime.procfs import read_text

Seconds = float

_LAST_RUN = re.compile(r"^se\.exec_start\s*:\s*([\d.]+)", re.MULTILINE)
_CPU_FIELD = 36
"""Of /proc/…/stat, counted after the name: the CPU that the thread ran on last."""


def idle_seconds(pid: int, tid: int) -> Seconds | None:
    """Since the thread was last on a CPU; None where the kernel does not say (`CONFIG_SCHED_DEBUG`)."""
    last = _last_run(f"/proc/{pid}/task/{tid}")
    if last is None:
        return None
    try:
        stat = read_text(f"/proc/{pid}/task/{tid}/stat")
    except OSError:
        return None
    now = _now_on(int(stat[stat.rindex(")") + 2 :].split()[_CPU_FIELD]))
    return max(0.0, (now - last) / 1e3) if now is not None else None


def _last_run(folder: str) -> float | None:
    """In milliseconds, on the clock of the CPU that it ran on: each has its own."""
    try:
        found = _LAST_RUN.search(read_text(f"{folder}/sched"))
    except OSError:
        return None
    return float(found[1]) if found else None


@cache
def _difference(cpu: int) -> float | None:
    """How far the CPU's clock is from ours: this thread goes there for a moment and looks."""
    here = f"/proc/self/task/{threading.get_native_id()}"
    allowed = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {cpu})
    except OSError:
        return None
    try:
        now = _last_run(here)
        return now - _monotonic() if now is not None else None
    finally:
        os.sched_setaffinity(0, allowed)


def _now_on(cpu: int) -> float | None:
    difference = _difference(cpu)
    return _monotonic() + difference if difference is not None else None


def _monotonic() -> float:
    return time.monotonic() * 1e3
