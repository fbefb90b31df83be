"""The sampler: what every thread of a program does, read from /proc a few hundred times a second."""

import os
import platform
import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from typing import Self

from concurlint.runtime.family import Family, Member
from concurlint.runtime.procfs import is_alive
from concurlint.runtime.relatives import Relatives
from concurlint.runtime.samples import Nanoseconds, Standstill, State, States
from concurlint.runtime.watching import Watched
from concurlint.trouble import UserError

DEFAULT_RATE = 200
_RENEW = 10
"""Looks after which the processes and threads are listed again even if nobody seems to have been born."""
_SHARE, _SHARE_OF_MANY = 0.03, 0.02
"""Of a core: what the sampler may cost; the more threads, the less often it looks, and the more py-spy costs beside."""
_SLOWEST, _SLOWEST_OF_MANY = 10, 100
"""Times the interval: slower than that it gets for nobody."""
_MANY, _PARTS = 40, 16
"""More threads than this are not all looked at each time, but in parts, at the most so many, by turns."""
_BRIEFLY = 300_000_000
_STILL = 1_500_000_000
"""Nothing has run for so long: nobody will, if no wait ends by itself."""
_ASKED_FOR = 0.3
_DENIED = (
    "not permitted to read what blocked threads wait for: run as root, grant CAP_SYS_PTRACE,"
    " or set kernel.yama.ptrace_scope to 0"
)
_UNEVEN = 0.4
"""How far the time between looks strays: evenly spaced looks would beat with a program's own rhythm."""


class SamplingError(UserError):
    """States cannot be sampled; the text is one line for people."""


def check_proc() -> None:
    """SamplingError where there is no Linux /proc."""
    if not os.path.exists("/proc/self/schedstat"):  # noqa: PTH110
        raise SamplingError("thread states need Linux with /proc mounted")


class Sampler:
    """Looks at all threads of `pid` and of the Python processes below it, until stopped or they have ended.

    It runs in a thread of this process and never stops the target.
    """

    def __init__(self, pid: int, *, rate: int = DEFAULT_RATE) -> None:
        """SamplingError where there is no such process, or no Linux /proc."""
        check_proc()
        if not is_alive(pid):
            raise SamplingError(f"there is no process {pid}")
        self.pid = pid
        self._interval = round(1e9 / rate)
        self._family = Family(pid)
        self._watched: dict[int, Watched] = {}
        self._past: list[Watched] = []
        self._relatives = Relatives()
        self._standstill: Standstill | None = None
        self._wanted = threading.Event()
        self._noted = threading.Event()
        self._kept = False
        self._thread = threading.Thread(target=self._run, name="concurlint-sampler", daemon=True)
        self._ready = threading.Event()
        self._stop = threading.Event()
        self._failure: BaseException | None = None
        self._chance = random.Random(pid)
        self._started: Nanoseconds = 0
        self._last: Nanoseconds = 0
        self._ended: Nanoseconds = 0
        self._ticks = 0
        self._cost: Nanoseconds = 0
        self._spent: Nanoseconds = 0
        self._effort = 0.0
        self._parts = self._most_parts = 1

    def start(self) -> None:
        """Come back when the first look has been taken."""
        self._thread.start()
        self._ready.wait()

    @property
    def is_running(self) -> bool:
        """Whether there still is something to look at."""
        return self._thread.is_alive()

    @property
    def ticks(self) -> int:
        """Looks taken so far."""
        return self._ticks

    @property
    def now(self) -> Counter[State]:
        """How many threads were in each state at the last look."""
        return Counter(state for watched in list(self._watched.values()) for state in watched.now())

    @property
    def processes(self) -> list[int]:
        """The Python processes that were there at the last look."""
        return sorted(self._watched)

    @property
    def executables(self) -> list[str]:
        """The programs that the Python processes ran, each once, the first process's first."""
        every = sorted([*self._past, *self._watched.values()], key=lambda one: (one.pid != self.pid, one.first))
        return list(dict.fromkeys(watched.executable for watched in every))

    def wait(self, timeout: float | None = None) -> bool:
        """Until every process has ended; whether that is so."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def stop(self) -> States:
        """End the sampling, if it still runs, and give what was seen. SamplingError if the sampler failed."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()
        if self._failure is not None:
            raise SamplingError(f"the sampler failed: {self._failure!r}") from self._failure
        every = sorted([*self._past, *self._watched.values()], key=lambda one: (one.pid != self.pid, one.first))
        length = self._ended - self._started
        return States(
            threads=tuple(track.states() for watched in every for track in watched.tracks),
            started=self._started,
            ended=self._ended,
            interval=length // self._ticks if self._ticks else self._interval,
            ticks=self._ticks,
            switches=sum(watched.switches for watched in every),
            holders=tuple(sorted(holder for watched in every for holder in watched.holders)),
            method=_method(every, self._most_parts),
            cost_ns=self._cost,
            processes=self._relatives.seen({watched.pid: watched.libraries for watched in every}),
            standstill=self._standstill,
        )

    def note_standstill(self) -> None:
        """Keep the standstill that the program is in, or note what every thread does at this moment."""
        at = self._standstill.at if self._standstill is not None else 0
        if time.monotonic_ns() - at < _STILL:
            self._kept = True
            return
        self._noted.clear()
        self._wanted.set()
        if self._thread.is_alive():
            self._noted.wait(_ASKED_FOR)

    def is_stuck(self) -> bool:
        """Whether the program's main thread has not run for long, and waits for what need not come."""
        watched = self._watched.get(self.pid)
        return watched is not None and watched.is_stuck(time.monotonic_ns() - _STILL)

    def close(self) -> None:
        """End the sampling, if it runs; what was seen is not asked for."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()
        else:
            self._family.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _run(self) -> None:
        try:
            self._begin()
            while not self._stop.is_set() and self._watched_or_expected():
                self._pause()
                self._look()
        except BaseException as failure:
            self._failure = failure
        finally:
            self._ended = self._ended or time.monotonic_ns()
            self._close()
            self._cost = time.thread_time_ns()
            self._ready.set()

    def _begin(self) -> None:
        self._started = self._last = time.monotonic_ns()
        self._family.is_stale()
        self._family.renew()
        self._relatives.renew(self._family.members, self._started)
        for member in self._family.members.values():
            self._watch(member, self._started, old=True)
        for watched in self._watched.values():
            watched.look(self._started, self._started)
        self._ticks = 1
        self._spent = time.thread_time_ns()
        self._ready.set()

    def _watched_or_expected(self) -> bool:
        """A command that is not Python may yet start some."""
        return bool(self._watched) or bool(self._family.members)

    def _pause(self) -> None:
        spent = time.thread_time_ns()
        self._effort += ((spent - self._spent) - self._effort) / _RENEW
        self._spent = spent
        is_many = sum(len(member.tids) for member in self._family.members.values()) > _MANY
        if self._ticks % _RENEW == 0:
            self._divide(is_many)
        share, slowest = (_SHARE_OF_MANY, _SLOWEST_OF_MANY) if is_many else (_SHARE, _SLOWEST)
        interval = min(max(self._interval, self._effort / share), self._interval * slowest)
        interval *= self._chance.uniform(1 - _UNEVEN, 1 + _UNEVEN)
        time.sleep(max(0.0, self._last + interval - time.monotonic_ns()) / 1e9)

    def _divide(self, is_many: bool) -> None:
        """Into how many parts the threads are divided, so that one part at a look costs what it may."""
        allowed = self._interval * _SLOWEST * _SHARE_OF_MANY
        if is_many and self._effort > allowed:
            self._parts = min(_PARTS, self._parts + max(1, round(self._parts * (self._effort / allowed - 1))))
        elif not is_many or self._effort < allowed / 2:
            self._parts = max(1, self._parts - 1)
        self._most_parts = max(self._most_parts, self._parts)

    def _look(self) -> None:
        now = time.monotonic_ns()
        between = (self._last + now) // 2
        self._last = now
        if self._family.is_stale() or self._ticks % (_RENEW * self._parts) == 0:
            self._renew(between)
        for pid, watched in list(self._watched.items()):
            if not watched.look(now, between, self._ticks % self._parts, self._parts):
                self._let_go(pid)
                self._family.members.pop(pid, None)
        if self._wanted.is_set():
            self._note(now)
            self._kept = True
            self._wanted.clear()
            self._noted.set()
        elif not self._kept and self._ticks % _RENEW == 0 and self._is_still(now):
            self._note(now)
        if self._watched_or_expected():
            self._ticks += 1
        else:
            self._ended = between

    def _note(self, now: Nanoseconds) -> None:
        self._standstill = Standstill(
            now, tuple(one for watched in self._watched.values() for one in watched.standing())
        )

    def _is_still(self, now: Nanoseconds) -> bool:
        return bool(self._watched) and all(one.is_still(now - _STILL) for one in self._watched.values())

    def _renew(self, between: Nanoseconds) -> None:
        born = self._family.renew()
        self._relatives.renew(self._family.members, between)
        for member in born:
            known = self._watched.get(member.pid)
            if known is None:
                self._watch(member, between, old=False)
            elif member.is_python:
                known.reopen()
            else:
                self._let_go(member.pid)
        for pid, watched in self._watched.items():
            if pid in self._family.members:
                watched.renew(self._family.members[pid].tids, between)

    def _watch(self, member: Member, between: Nanoseconds, *, old: bool) -> None:
        if member.is_python:
            watched = self._watched[member.pid] = Watched(member, platform.machine())
            watched.renew(member.tids, between, old=old)

    def _let_go(self, pid: int) -> None:
        watched = self._watched.pop(pid)
        watched.close(self._last)
        # Between fork and exec every command looks like Python.
        is_other = pid in self._family.members and not self._family.members[pid].is_python
        if not is_other or self._last - watched.first > _BRIEFLY:
            self._past.append(watched)

    def _close(self) -> None:
        if self._watched and self._stop.is_set():
            kept = self._standstill if self._kept else None
            self._note(self._ended)
            # An interrupted program may have come to its standstill only afterwards.
            if kept is not None and _stuck_in(kept) >= _stuck_in(self._standstill):
                self._standstill = kept
        self._relatives.renew({}, self._ended)
        for watched in self._watched.values():
            watched.close(self._ended)
        self._family.close()


def _stuck_in(standstill: Standstill | None) -> int:
    """How many threads wait for what does not come by itself."""
    return sum(not one.is_timed for one in standstill.threads) if standstill is not None else 0


def _method(every: Sequence[Watched], divided: int) -> str:
    """How the states were come by, and what could not be had, in one line."""
    found = Counter(watched.gil_found_by for watched in every)
    lost = found.pop("", 0)
    parts = ["threads by /proc syscall and schedstat"]
    if found:
        parts.append("GIL read from memory, found by " + " and ".join(sorted(found)))
    if lost:
        of = f" of {lost} of {len(every)} processes" if found else ""
        parts.append(f"GIL{of} not found: a wait for it is filed as lock, holding it as computing")
    if divided > 1:
        parts.append(f"so many threads that each was looked at only every {divided} looks")
    if any(watched.denied for watched in every):
        parts.append(_DENIED)
    elif any(watched.is_blind for watched in every) and not os.path.exists("/proc/self/syscall"):  # noqa: PTH110
        # With that file, it was only a thread that had ended.
        parts.append("no /proc syscall here: what a thread is blocked in is unknown")
    return "; ".join(parts)
