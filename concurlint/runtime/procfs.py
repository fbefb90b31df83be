"""Linux's /proc as plain values: processes, threads, what they are blocked in, their memory and open files."""

# Read hundreds of times a second: a Path costs more than the reading.
# ruff: noqa: PTH110, PTH115, PTH116, PTH119, PTH208

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from concurlint.runtime.samples import Nanoseconds

_PYTHON = re.compile(r"^(?:lib)?python[23]?(?:\.\d+)*[a-z]*(?:\.so[.\d]*)?$")
_KINDS = (
    ("socket:", "socket"),
    ("pipe:", "pipe"),
    ("anon_inode:[eventpoll]", "epoll"),
    ("anon_inode:[pidfd]", "child"),
    ("pidfd:", "child"),
    ("anon_inode:[timerfd]", "timer"),
    ("anon_inode:", "other"),
    ("/dev/pts/", "terminal"),
    ("/dev/tty", "terminal"),
    ("/dev/console", "terminal"),
    ("/dev/", "other"),
    ("/", "file"),
)
_PENDING = re.compile(r"^ShdPnd:\s*([0-9a-f]+)$", re.MULTILINE)
_PART, _SHORT = 1 << 16, 1 << 10
_MOST_OPEN = 200
"""Files of threads kept open; further ones are opened for each look."""


class Stat(NamedTuple):
    """What /proc/PID/stat says; `state` is the kernel's letter, `born` in clock ticks since boot."""

    name: str
    state: str
    parent: int
    born: int


class Blocked(NamedTuple):
    """The system call that a thread is blocked in; number -1: in none (a page fault, or stopped)."""

    number: int
    arguments: tuple[int, ...]


class Running(NamedTuple):
    """Exact totals of a thread: on a CPU, and ready but waiting for one; `turns` is how often it got on a CPU."""

    cpu: Nanoseconds
    queue: Nanoseconds
    turns: int = 0


@dataclass(frozen=True, slots=True)
class Mapped:
    """A file mapped into a process: how to open it, and the address its first byte has there."""

    path: str
    opened_as: str
    start: int
    writable_end: int


def read_bytes(path: str) -> bytes:
    """The file's content; OSError where it cannot be read."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        parts = [os.read(file, _PART)]
        # A file of /proc may come in any number of parts; only an empty one is the last.
        while parts[-1] and len(parts[-1]) >= _SHORT:
            parts.append(os.read(file, _PART))
    finally:
        os.close(file)
    return b"".join(parts)


def read_text(path: str) -> str:
    """The file's text; OSError where it cannot be read."""
    return read_bytes(path).decode(errors="replace")


def read_stat(pid: int) -> Stat | None:
    """Of a process or thread; None if it is gone."""
    try:
        text = read_text(f"/proc/{pid}/stat")
    except OSError:
        return None
    # The name stands in parentheses and may hold any, spaces too.
    name = text[text.index("(") + 1 : text.rindex(")")]
    rest = text[text.rindex(")") + 2 :].split()
    return Stat(name, rest[0], int(rest[1]), int(rest[19]))


def read_state(pid: int, tid: int) -> str:
    """The kernel's letter for what a thread does (R, S, D, T, Z, X); nothing if it is gone."""
    try:
        text = read_text(f"/proc/{pid}/task/{tid}/stat")
    except OSError:
        return ""
    return text[text.rindex(")") + 2]


def read_cpu(pid: int) -> Nanoseconds:
    """CPU time that a process has taken, to a clock tick; 0 if it is gone."""
    try:
        text = read_text(f"/proc/{pid}/stat")
    except OSError:
        return 0
    rest = text[text.rindex(")") + 2 :].split()
    return (int(rest[11]) + int(rest[12])) * 1_000_000_000 // os.sysconf("SC_CLK_TCK")


def read_moved(pid: int) -> int:
    """Bytes that a process has read and written by system calls, pipes included; 0 if it is gone or does not say."""
    try:
        words = read_text(f"/proc/{pid}/io").split()
    except OSError:
        return 0
    said = dict(zip(words[::2], words[1::2], strict=False))
    return int(said.get("rchar:", 0)) + int(said.get("wchar:", 0))


def is_alive(pid: int) -> bool:
    """Whether there is such a process that has not ended (a zombie has)."""
    stat = read_stat(pid)
    return stat is not None and stat.state not in "ZX"


def read_pending(pid: int) -> frozenset[int]:
    """The signals that were sent to a process and that it has not taken yet; none if it is gone."""
    try:
        found = _PENDING.search(read_text(f"/proc/{pid}/status"))
    except OSError:
        return frozenset()
    mask = int(found[1], 16) if found else 0
    return frozenset(number for number in range(1, 65) if mask >> (number - 1) & 1)


def read_name(pid: int, tid: int) -> str:
    """The thread's name as the kernel knows it, at most 15 characters; nothing if it is gone."""
    try:
        return read_text(f"/proc/{pid}/task/{tid}/comm").rstrip("\n")
    except OSError:
        return ""


def threads_of(pid: int) -> list[int]:
    """The thread ids of a process, the main thread's first; none if it is gone."""
    try:
        return sorted(map(int, os.listdir(f"/proc/{pid}/task")))
    except OSError:
        return []


def children_of(pid: int, tids: Iterable[int]) -> list[int]:
    """The processes that these threads of a process have started and that still are."""
    found: list[int] = []
    for tid in tids:
        try:
            found += map(int, read_text(f"/proc/{pid}/task/{tid}/children").split())
        except FileNotFoundError:
            if os.path.exists(f"/proc/{pid}/task/{tid}"):
                # A kernel without CONFIG_PROC_CHILDREN.
                return [child for child in _all_processes() if (stat := read_stat(child)) and stat.parent == pid]
        except OSError:
            continue
    return found


def _all_processes() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def read_executable(pid: int) -> str:
    """The path of the program that a process runs; nothing if it cannot be known."""
    try:
        return os.readlink(f"/proc/{pid}/exe")
    except OSError:
        return ""


def find_interpreter(pid: int) -> Mapped | None:
    """Where CPython lies in the memory of a process: its library, or the executable; None if nowhere."""
    try:
        text = read_text(f"/proc/{pid}/maps")
    except OSError:
        return None
    found: dict[str, tuple[int, int]] = {}
    for line in text.splitlines():
        words = line.split(maxsplit=5)
        if len(words) == 6 and words[5].startswith("/"):
            path = words[5].removesuffix(" (deleted)")
            low, _, high = words[0].partition("-")
            start, _ = found.get(path, (int(low, 16), 0))
            found[path] = (start, int(high, 16))
    executable = read_executable(pid).removesuffix(" (deleted)")
    named = [path for path in found if _PYTHON.match(os.path.basename(path))]
    # An executable is a small shell around the library where there is one.
    named.sort(key=lambda path: (".so" not in path, path != executable))
    if not named:
        return None
    path = named[0]
    inside = f"/proc/{pid}/root{path}"
    opened_as = f"/proc/{pid}/exe" if path == executable else inside if os.path.exists(inside) else path
    return Mapped(path, opened_as, *found[path])


def kind_of_file(pid: int, descriptor: int) -> str:
    """What a process has open there: socket, pipe, file, terminal, epoll, child, timer, other."""
    try:
        target = os.readlink(f"/proc/{pid}/fd/{descriptor}")
    except OSError:
        return "other"
    kind = next((kind for start, kind in _KINDS if target.startswith(start)), "other")
    if kind == "file" and _is_fifo(f"/proc/{pid}/fd/{descriptor}"):
        return "pipe"
    return kind


def _is_fifo(path: str) -> bool:
    try:
        return os.stat(path).st_mode & 0o170000 == 0o010000
    except OSError:
        return False


class Memory:
    """The memory of a process, read without stopping it."""

    def __init__(self, pid: int) -> None:
        """OSError where it may not be read."""
        self._file = os.open(f"/proc/{pid}/mem", os.O_RDONLY | os.O_CLOEXEC)

    def read(self, address: int, size: int) -> bytes:
        """Up to `size` bytes; none where nothing is mapped."""
        try:
            return os.pread(self._file, size, address)
        except (OSError, OverflowError, ValueError):
            return b""

    def close(self) -> None:
        os.close(self._file)


class ThreadFile:  # concurlint: not-thread-safe, one thread watches
    """A file of /proc/PID/task/TID that is read again and again."""

    _open = 0

    def __init__(self, pid: int, tid: int, name: str) -> None:
        """OSError if there is no such thread or file, or it may not be read."""
        self._path = f"/proc/{pid}/task/{tid}/{name}"
        self._file = -1
        if ThreadFile._open < _MOST_OPEN:
            self._file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
            ThreadFile._open += 1

    def read(self) -> bytes:
        """Its present content; OSError when the thread is gone."""
        if self._file >= 0:
            return os.pread(self._file, 256, 0)
        file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            return os.read(file, 256)
        finally:
            os.close(file)

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
            ThreadFile._open -= 1


def parse_syscall(said: bytes) -> Blocked | None:
    """What /proc/…/syscall says: None when the thread runs or is ready to."""
    if said.startswith(b"running"):
        return None
    words = said.split()
    if words[0] == b"-1":
        return Blocked(-1, ())
    return Blocked(int(words[0]), tuple(int(word, 16) for word in words[1:7]))


def parse_schedstat(said: bytes) -> Running:
    """What /proc/…/schedstat says."""
    cpu, queue, turns = said.split()
    return Running(int(cpu), int(queue), int(turns))
