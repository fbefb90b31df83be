"""One Python process under watch: each look gives every thread's state."""

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass

from concurlint.catalog.native import native_libraries
from concurlint.runtime.family import Member
from concurlint.runtime.gil import Gil, Look
from concurlint.runtime.procfs import (
    Blocked,
    Memory,
    Running,
    ThreadFile,
    parse_schedstat,
    parse_syscall,
    read_name,
    read_state,
    read_text,
)
from concurlint.runtime.samples import Nanoseconds, Standing, State
from concurlint.runtime.sockets import Sockets
from concurlint.runtime.syscalls import Waits
from concurlint.runtime.tracks import Track

_NEVER = Running(0, 0)
_NAMES_EVERY = 64
"""Listings after which threads are asked their names again: programs name them late, or anew."""
_IDLE, _SELDOM = 16, 4
"""A thread that did not run for so many looks is asked what it is blocked in only every fourth look."""
_INSIDE = frozenset({State.LOCK, State.QUEUE, State.CHILD, State.PIPE, State.LOOP_IDLE})
"""Waits that may be for other threads and processes of the program."""
_LETTERS = {"R": State.COMPUTES, "D": State.DISK}
_STOPPED = ("T", "t")
"""The kernel's letters for a process that a signal has stopped, and for one that a debugger holds."""


@dataclass(slots=True)
class _Thread:
    track: Track
    schedstat: ThreadFile
    syscall: ThreadFile | None
    counted: bytes = b""
    totals: Running = _NEVER
    said: bytes = b""
    wait: State = State.UNKNOWN
    idle: int = 0
    seen: Nanoseconds = 0
    since: Nanoseconds = 0
    epoll: int = -1
    asked: int = 0

    def has_run(self) -> bool:
        """Whether it was on a CPU since the last look, as far as the kernel has counted; OSError if it is gone."""
        counted = self.schedstat.read()
        if counted == self.counted:
            self.idle += 1
            return False
        self.counted, self.totals, self.idle = counted, parse_schedstat(counted), 0
        return True

    def close(self) -> None:
        self.schedstat.close()
        if self.syscall is not None:
            self.syscall.close()


class Watched:
    """The threads and the GIL of one process; give it up with `close`, and its `tracks` are complete."""

    def __init__(self, member: Member, machine: str) -> None:
        self.pid = member.pid
        self.executable = member.identity[0]
        self.tracks: list[Track] = []
        self.holders: list[tuple[Nanoseconds, int, int]] = []
        self.switches = 0
        self.libraries: tuple[str, ...] = ()
        self.denied = False
        self.is_blind = False
        self.first: Nanoseconds = 0
        self._machine = machine
        self._threads: dict[int, _Thread] = {}
        self._ended: set[int] = set()
        self._listings = 0
        self._most = 0
        self._last_look: Look | None = None
        self._still = 0
        self._is_stopped = False
        self._gil: Gil | None = None
        self._memory: Memory | None = None
        self._waits = Waits(self.pid, machine, None)
        self._sockets = Sockets(self.pid)
        self.reopen()

    @property
    def gil_found_by(self) -> str:
        """How the GIL was found; nothing if it was not."""
        return self._gil.found_by if self._gil else ""

    def now(self) -> list[State]:
        """What its threads did at the last look."""
        return [thread.track.state for thread in list(self._threads.values()) if thread.track.state is not None]

    def reopen(self) -> None:
        """The process has become another program: its memory is another, too."""
        if self._memory is not None:
            self._memory.close()
        self._gil, self._memory, self._last_look = None, None, None
        try:
            self._memory = Memory(self.pid)
        except OSError as error:
            self.denied = isinstance(error, PermissionError)
        else:
            self._gil = Gil(self.pid, self._memory)
        self._waits = Waits(self.pid, self._machine, self._memory)

    def renew(self, tids: Iterable[int], between: Nanoseconds, *, old: bool = False) -> None:
        """Take up new threads; `old` ones ran before the recording began, and their totals so far don't count."""
        self.first = self.first or between
        for tid in tids:
            if tid not in self._threads and tid not in self._ended:
                self._take_up(tid, between, old=old)
        if len(self._threads) > self._most:
            self._most = len(self._threads)
            self._list_libraries()
        if self._gil is not None and not self._gil.base:
            self._gil.find(self._threads)
        self._listings += 1
        if self._listings % _NAMES_EVERY == 0:
            for tid in self._threads:
                self._name(tid)

    def look(self, now: Nanoseconds, between: Nanoseconds, part: int = 0, parts: int = 1) -> bool:
        """See every thread once; False when none is left.

        With several `parts` only those of one part are looked at, and the main thread and who holds the GIL.
        """
        look = self._gil.look() if self._gil else None
        holder = self._gil.thread_of(look.holder, self._threads) if self._gil and look else 0
        if holder not in self._threads:
            holder = self._meet(holder, between)
        self._count(now, look, holder)
        self._still += 1
        if self._is_stopped or not self._still % _SELDOM:
            self._is_stopped = read_state(self.pid, self.pid) in _STOPPED
        for place, (tid, thread) in enumerate(list(self._threads.items())):
            if place % parts != part and tid not in (holder, self.pid):
                continue
            # Half-way to this thread's own last look, if others were looked at since.
            moment = (thread.seen + now) // 2 if parts > 1 and thread.seen else between
            thread.seen = now
            state = self._see(tid, thread, look, holder)
            if state is None:
                self._lose(tid, moment)
            else:
                thread.track.see(moment, state, thread.totals)
                if state is State.LOOP_IDLE and thread.epoll >= 0:
                    self._ask(thread)
        return bool(self._threads)

    def is_still(self, before: Nanoseconds) -> bool:
        """Whether no thread has run since then, and none waits for a time to be over."""
        threads = list(self._threads.values())
        return all(thread.since < before and not self._ends_by_itself(thread) for thread in threads)

    def is_stuck(self, before: Nanoseconds) -> bool:
        """Whether the main thread has not run since then, and waits for others of the program."""
        main = self._threads.get(self.pid)
        return (
            main is not None and main.since < before and main.track.state in _INSIDE and not self._ends_by_itself(main)
        )

    def standing(self) -> list[Standing]:
        """Each thread as it was at the last look."""
        found = []
        for tid, thread in list(self._threads.items()):
            call = parse_syscall(thread.said) if thread.said else None
            address = call.arguments[0] if call is not None and call.number >= 0 and self._waits.is_futex(call) else 0
            state = thread.track.state or State.UNKNOWN
            timed = self._ends_by_itself(thread)
            found.append(Standing(self.pid, tid, state, address, timed, thread.since))
        return found

    def _ends_by_itself(self, thread: _Thread) -> bool:
        call = parse_syscall(thread.said) if thread.said else None
        return call is None or call.number < 0 or self._waits.is_timed(call)

    def _ask(self, thread: _Thread) -> None:
        """Note how many answers an idle loop waits for; looked up anew when it has run, and now and then."""
        if not thread.idle % _SELDOM:
            try:
                thread.asked = self._sockets.asked(thread.epoll)
            except (OSError, ValueError):
                thread.epoll = -1
                return
        thread.track.asked[thread.asked] += 1

    def _see(self, tid: int, thread: _Thread, look: Look | None, holder: int) -> State | None:
        """What the thread does; None when it has ended."""
        try:
            has_run = thread.has_run()
            if has_run:
                self._still = 0
            if has_run or not thread.since:
                thread.since = thread.seen
            if self._is_stopped:
                return State.STOPPED
            before = thread.track.state
            is_quiet = not has_run and thread.idle >= _IDLE and thread.idle % _SELDOM and before is not State.STOPPED
            return before if is_quiet and holder != tid else self._state(tid, thread, look, holder)
        except (OSError, ValueError, IndexError):
            return None

    def _meet(self, tid: int, between: Nanoseconds) -> int:
        """Take up a thread that was born since the last listing and holds the GIL; 0 if there is none of that id."""
        if tid and tid not in self._ended:
            self._take_up(tid, between, old=False)
        return tid if tid in self._threads else 0

    def close(self, at: Nanoseconds) -> None:
        """Nothing more is looked at."""
        for tid in list(self._threads):
            self._name(tid)
            try:
                totals = parse_schedstat(self._threads[tid].schedstat.read())
            except (OSError, ValueError):
                totals = None
            self._lose(tid, at, totals)
        if self._memory is not None:
            self._memory.close()
            self._memory = None

    def _list_libraries(self) -> None:
        """Whose threads they may be: only a process that has more than one is asked."""
        if self._most > 1:
            with contextlib.suppress(OSError):
                self.libraries = native_libraries(read_text(f"/proc/{self.pid}/maps")) or self.libraries

    def _take_up(self, tid: int, between: Nanoseconds, *, old: bool) -> None:
        try:
            schedstat = ThreadFile(self.pid, tid, "schedstat")
        except OSError:
            return
        try:
            totals = parse_schedstat(schedstat.read())
            syscall = self._open_syscall(tid)
        except (OSError, ValueError):
            schedstat.close()
            return
        track = Track(self.pid, tid, between, totals if old else _NEVER)
        self._threads[tid] = _Thread(track, schedstat, syscall)
        self.tracks.append(track)
        self._name(tid)

    def _open_syscall(self, tid: int) -> ThreadFile | None:
        """None where the kernel has no such file, or it may not be read."""
        try:
            file = ThreadFile(self.pid, tid, "syscall")
        except OSError as error:
            self.denied = self.denied or isinstance(error, PermissionError)
            self.is_blind = True
            return None
        try:
            file.read()
        except PermissionError:
            self.denied = True
            file.close()
            return None
        except OSError:
            file.close()
            raise
        return file

    def _name(self, tid: int) -> None:
        track = self._threads[tid].track
        track.name = read_name(self.pid, tid) or track.name

    def _lose(self, tid: int, at: Nanoseconds, totals: Running | None = None) -> None:
        thread = self._threads.pop(tid)
        thread.track.end(at, totals)
        thread.close()
        self._ended.add(tid)

    def _count(self, now: Nanoseconds, look: Look | None, holder: int) -> None:
        if look is None:
            return
        last = self._last_look
        if last is not None and look.switches > last.switches:
            self.switches += look.switches - last.switches
        if not self.holders or self.holders[-1][2] != holder:
            self.holders.append((now, self.pid, holder))
        self._last_look = look

    def _state(self, tid: int, thread: _Thread, look: Look | None, holder: int) -> State | None:
        """What the thread does, asked anew; None when it has ended."""
        if thread.syscall is None:
            return self._state_by_letter(tid, holder)
        said = thread.syscall.read()
        if said.startswith(b"running"):
            return State.HOLDS_GIL if self._holds(tid, look, holder) else State.COMPUTES
        if said != thread.said or thread.wait is State.UNKNOWN:
            blocked = parse_syscall(said)
            if blocked is None or blocked.number < 0:
                return self._state_by_letter(tid, holder)
            if not self._waits.is_restart(blocked):
                thread.wait = self._wait(blocked)
                thread.epoll = self._waits.epoll_of(blocked)
            thread.said = said
        if holder == tid and self._gil and self._gil.look() == look and thread.syscall.read() == said:
            return State.HELD_BLOCKED
        return thread.wait

    def _wait(self, blocked: Blocked) -> State:
        if self._waits.is_futex(blocked):
            waits = self._gil is not None and self._gil.is_waited_for(blocked, self._threads)
            return State.GIL_WAIT if waits else State.LOCK
        return self._waits.state_of(blocked)

    def _holds(self, tid: int, look: Look | None, holder: int) -> bool:
        if holder == tid or self._gil is None or look is None:
            return holder == tid
        # The GIL may have come to it since it was looked at.
        again = self._gil.look()
        return (
            again is not None
            and again.switches != look.switches
            and self._gil.thread_of(again.holder, self._threads) == tid
        )

    def _state_by_letter(self, tid: int, holder: int) -> State | None:
        letter = read_state(self.pid, tid)
        if letter in ("", "Z", "X"):
            return None
        if letter == "R" and holder == tid:
            return State.HOLDS_GIL
        if letter == "D" and holder == tid:
            return State.HELD_BLOCKED
        return _LETTERS.get(letter, State.UNKNOWN)
