"""The GIL of a running CPython: where it lies, which thread holds it, how often it went from hand to hand."""

import struct
from collections.abc import Collection, Iterator
from itertools import pairwise
from typing import NamedTuple

from concurlint.runtime.elf import Symbol, find_symbol
from concurlint.runtime.procfs import Blocked, Memory, find_interpreter

# The layout is that of `struct _gil_runtime_state` in CPython's Include/internal/pycore_gil.h, unchanged from 3.7 to
# 3.13: interval (µs, unsigned long), last_holder (a thread state), locked (int), switch_number (unsigned long), and
# then a condition variable and mutex to take it, and another pair for handing it over.
_HEAD = struct.Struct("<QQi4xQ")
_SIZE = 0xD0
_TAKING = _HEAD.size
"""Where the condition variable stands that threads wait on for the GIL."""
_WORDS_IN_CONDITION = (40, 44, 32, 36)
"""Offsets of the words waited on inside it, by version of glibc."""
_LEAST_INTERVAL, _MOST_INTERVAL = 100, 10_000_000
_MOST_LOCKED = 1
_RUNTIME = "_PyRuntime"
_MOST_SCANNED = 1 << 22
_THREAD_STATE = 512
_PTHREAD = 1024
_TID_IN_PTHREAD = (720, 208)
"""x86-64 and aarch64, for Python ≤ 3.10."""
_LEAST_POINTER = 1 << 16


class _Place(NamedTuple):
    """Offsets: of the GIL in the interpreter's state, and of the OS thread id in a thread's state."""

    offset: int
    tid_at: tuple[int, ...]


_PLACES: dict[tuple[str, Symbol], _Place] = {}
"""Interpreter → where things were found in its first process: they are there in every process of it."""


class Look(NamedTuple):
    """The GIL at one moment: `holder` is the thread state that holds it, 0 for nobody."""

    holder: int
    switches: int


class Gil:
    """The GIL of one process, found when there is a chance to, and then read in a few microseconds."""

    def __init__(self, pid: int, memory: Memory) -> None:
        self._pid = pid
        self._memory = memory
        self.base = 0
        self.found_by = ""
        self._rejected: set[int] = set()
        self._tid_at: tuple[int, ...] = ()

    def find(self, tids: Collection[int]) -> bool:
        """Look for it in the interpreter's own data; whether it was found (Python may not have started yet)."""
        if self.base:
            return True
        mapped = find_interpreter(self._pid)
        if mapped is None:
            return False
        symbol = find_symbol(mapped.opened_as, _RUNTIME)
        if symbol is None:
            return False
        start = mapped.start + symbol.offset
        known = _PLACES.get((mapped.path, symbol))
        if known is not None:
            self._tid_at = known.tid_at
            found = start + known.offset if self._is_gil(start + known.offset) else 0
        else:
            found = next((base for base in self._candidates(start, symbol) if self._names_thread(base, tids)), 0)
        if found:
            self.base, self.found_by = found, "its symbol"
            _PLACES[mapped.path, symbol] = _Place(found - start, self._tid_at)
        return bool(found)

    def is_waited_for(self, call: Blocked, tids: Collection[int]) -> bool:
        """Whether a futex call waits for the GIL; where the GIL is not known yet, a waiter may give it away."""
        address = call.arguments[0]
        if self.base:
            return self.base <= address < self.base + _SIZE
        timeout = call.arguments[3]
        if not timeout or address in self._rejected:
            return False
        for word in _WORDS_IN_CONDITION:
            base = address - _TAKING - word
            if base % 8 == 0 and self._is_gil(base) and self._names_thread(base, tids):
                self.base, self.found_by = base, "a thread that waits for it"
                return True
        if len(self._rejected) < _THREAD_STATE:
            self._rejected.add(address)
        return False

    def look(self) -> Look | None:
        """Who holds it now; None if it is not known where it lies, or the process is gone."""
        data = self._memory.read(self.base, _HEAD.size) if self.base else b""
        if len(data) < _HEAD.size:
            return None
        _, holder, locked, switches = _HEAD.unpack(data)
        return Look(holder if locked > 0 else 0, switches)

    def thread_of(self, holder: int, tids: Collection[int]) -> int:
        """The OS thread id of a thread state, which may be of a thread that is not in `tids` yet; 0 if it is not known.

        It is read anew each time: a new thread's state often lies where that of an ended one lay.
        """
        if not holder:
            return 0
        return self._tid_by(holder, self._tid_at) if self._tid_at else self._read_thread(holder, tids)

    def _candidates(self, start: int, symbol: Symbol) -> Iterator[int]:
        words = _words(self._memory.read(start, min(max(symbol.size, _SIZE), _MOST_SCANNED)))
        for at in range(len(words) - _SIZE // 8):
            if _LEAST_INTERVAL <= words[at] <= _MOST_INTERVAL and words[at + 1] > _LEAST_POINTER:
                if self._is_gil(start + at * 8):
                    yield start + at * 8

    def _is_gil(self, base: int) -> bool:
        data = self._memory.read(base, _HEAD.size)
        if len(data) < _HEAD.size:
            return False
        interval, holder, locked = _HEAD.unpack(data)[:3]
        return bool(_LEAST_INTERVAL <= interval <= _MOST_INTERVAL and 0 <= locked <= _MOST_LOCKED and holder)

    def _names_thread(self, base: int, tids: Collection[int]) -> bool:
        data = self._memory.read(base, _HEAD.size)
        if len(data) < _HEAD.size:
            # The process ended, or became another program, since the last read.
            return False
        return self._read_thread(_HEAD.unpack(data)[1], tids) != 0

    def _read_thread(self, holder: int, tids: Collection[int]) -> int:
        """Python ≥ 3.11 keeps the OS thread id in the thread state, next to what pthread_self() gave."""
        if self._tid_at:
            tid = self._tid_by(holder, self._tid_at)
            return tid if tid in tids else 0
        words = _words(self._memory.read(holder, _THREAD_STATE))
        for at, (before, word) in enumerate(pairwise(words)):
            if word in tids and before > _LEAST_POINTER:
                self._tid_at = (at * 8 + 8,)
                return word
        for at, word in enumerate(words):
            inside = self._tid_inside(word, tids) if word > _LEAST_POINTER else 0
            if inside:
                self._tid_at = (at * 8, inside)
                tid = self._tid_by(holder, self._tid_at)
                return tid if tid in tids else 0
        return 0

    def _tid_by(self, address: int, path: tuple[int, ...]) -> int:
        for offset in path[:-1]:
            address = int.from_bytes(self._memory.read(address + offset, 8), "little")
        return int.from_bytes(self._memory.read(address + path[-1], 8 if len(path) == 1 else 4), "little")

    def _tid_inside(self, pthread: int, tids: Collection[int]) -> int:
        """Offset of an OS thread id in glibc's `struct pthread`; 0 if there is none."""
        data = self._memory.read(pthread, _PTHREAD)
        if len(data) < _PTHREAD:
            return 0
        return next((at for at in _TID_IN_PTHREAD if int.from_bytes(data[at : at + 4], "little") in tids), 0)


def _words(data: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(data) // 8}Q", data[: len(data) // 8 * 8])
