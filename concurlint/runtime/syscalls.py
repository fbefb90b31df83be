"""What a blocked thread waits for, told from the system call that it is blocked in."""

import struct
from collections.abc import Iterator

from concurlint.runtime.procfs import Blocked, Memory, kind_of_file
from concurlint.runtime.samples import State

# Numbers: arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h of Linux.
_X86_64 = """
read 0 write 1 open 2 stat 4 fstat 5 lstat 6 poll 7 ioctl 16 pread64 17 pwrite64 18 readv 19 writev 20 access 21
select 23 msync 26 pause 34 nanosleep 35 sendfile 40 connect 42 accept 43 sendto 44 recvfrom 45 sendmsg 46
recvmsg 47 shutdown 48 clone 56 vfork 58 execve 59 wait4 61 semop 65 msgsnd 69 msgrcv 70 fcntl 72 flock 73
fsync 74 fdatasync 75 truncate 76 ftruncate 77 getdents 78 rename 82 mkdir 83 rmdir 84 creat 85 link 86 unlink 87
symlink 88 readlink 89 rt_sigtimedwait 128 rt_sigsuspend 130 sync 162 futex 202 getdents64 217 restart_syscall 219
semtimedop 220 clock_nanosleep 230 epoll_wait 232 mq_timedsend 242 mq_timedreceive 243 waitid 247 openat 257
mkdirat 258 newfstatat 262 unlinkat 263 renameat 264 linkat 265 pselect6 270 ppoll 271 splice 275
sync_file_range 277 epoll_pwait 281 fallocate 285 accept4 288 preadv 295 pwritev 296 recvmmsg 299 syncfs 306
sendmmsg 307 renameat2 316 copy_file_range 326 preadv2 327 pwritev2 328 statx 332 clone3 435 openat2 437
epoll_pwait2 441 futex_waitv 449 futex_wait 455
"""
_AARCH64 = """
epoll_pwait 22 fcntl 25 ioctl 29 flock 32 mkdirat 34 unlinkat 35 linkat 37 renameat 38 truncate 45 ftruncate 46
fallocate 47 openat 56 getdents64 61 read 63 write 64 readv 65 writev 66 pread64 67 pwrite64 68 preadv 69 pwritev 70
sendfile 71 pselect6 72 ppoll 73 splice 76 readlinkat 78 newfstatat 79 fstat 80 sync 81 fsync 82 fdatasync 83
sync_file_range 84 waitid 95 futex 98 nanosleep 101 clock_nanosleep 115 restart_syscall 128 rt_sigsuspend 133
rt_sigtimedwait 137 mq_timedsend 182 mq_timedreceive 183 msgrcv 188 msgsnd 189 semtimedop 192 semop 193 accept 202
connect 203 sendto 206 recvfrom 207 shutdown 210 sendmsg 211 recvmsg 212 clone 220 execve 221 msync 227 accept4 242
recvmmsg 243 wait4 260 syncfs 267 sendmmsg 269 renameat2 276 copy_file_range 285 preadv2 286 pwritev2 287 statx 291
clone3 435 openat2 437 epoll_pwait2 441 futex_waitv 449 futex_wait 455
"""
_CLASSES = {
    State.SLEEP: "nanosleep clock_nanosleep",
    State.NETWORK: "connect accept accept4 sendto recvfrom sendmsg recvmsg recvmmsg sendmmsg shutdown",
    State.LOOP_IDLE: "epoll_wait epoll_pwait epoll_pwait2",
    State.CHILD: "wait4 waitid clone clone3 vfork",
    State.LOCK: "futex futex_waitv futex_wait flock fcntl semop semtimedop",
    State.QUEUE: "mq_timedsend mq_timedreceive msgsnd msgrcv",
    State.DISK: (
        "open openat openat2 creat stat fstat lstat newfstatat statx access readlink readlinkat getdents getdents64"
        " pread64 pwrite64 preadv pwritev preadv2 pwritev2 msync sync fsync fdatasync syncfs sync_file_range truncate"
        " ftruncate fallocate rename renameat renameat2 mkdir mkdirat rmdir link linkat unlink unlinkat symlink"
        " copy_file_range execve"
    ),
}
_BY_FILE = frozenset(["read", "write", "readv", "writev", "ioctl", "splice", "sendfile"])
_FUTEXES = frozenset({"futex", "futex_wait"})
_TIMEOUT_AT = {
    "futex": 3,
    "poll": 2,
    "ppoll": 2,
    "select": 4,
    "pselect6": 4,
    "epoll_wait": 3,
    "epoll_pwait": 3,
    "epoll_pwait2": 3,
    "semtimedop": 3,
    "rt_sigtimedwait": 2,
    "mq_timedsend": 4,
    "mq_timedreceive": 4,
}
"""The argument that bounds the wait; elsewhere only sleeps end by themselves."""
_MILLISECONDS = frozenset({"poll", "epoll_wait", "epoll_pwait"})
_FOREVER = 0xFFFFFFFF

_KINDS = {
    "socket": State.NETWORK,
    "pipe": State.PIPE,
    "terminal": State.PIPE,
    "file": State.DISK,
    "child": State.CHILD,
    "timer": State.SLEEP,
    "epoll": State.LOOP_IDLE,
    "other": State.UNKNOWN,
}
# Of several files in one call, what the thread waits for is rather the first of these than a later one.
_TELLING = ("socket", "pipe", "terminal", "child", "file", "timer", "epoll", "other")

_POLLFD = struct.Struct("<ihh")
_MOST_FILES = 64


def _numbers(text: str) -> dict[int, str]:
    words = text.split()
    return {int(number): name for name, number in zip(words[::2], words[1::2], strict=True)}


_TABLES = {"x86_64": _numbers(_X86_64), "aarch64": _numbers(_AARCH64), "arm64": _numbers(_AARCH64)}
_MEANS = {name: state for state, names in _CLASSES.items() for name in names.split()}


class Waits:
    """Names what the threads of one process are blocked in; without `memory`, poll and select stay unknown."""

    def __init__(self, pid: int, machine: str, memory: Memory | None) -> None:
        self._pid = pid
        self._table = _TABLES.get(machine, {})
        self._memory = memory

    def is_futex(self, call: Blocked) -> bool:
        """Whether the first argument is an address waited on."""
        return self._table.get(call.number) in _FUTEXES

    def is_restart(self, call: Blocked) -> bool:
        """Whether an interrupted wait goes on, and which one it was is no longer to be seen."""
        return self._table.get(call.number) == "restart_syscall"

    def epoll_of(self, call: Blocked) -> int:
        """The descriptor of the epoll that the call waits for; −1 if it waits for something else."""
        return call.arguments[0] if self._table.get(call.number, "").startswith("epoll_") else -1

    def is_timed(self, call: Blocked) -> bool:
        """Whether the wait ends by itself some time."""
        name = self._table.get(call.number, "")
        if name not in _TIMEOUT_AT:
            return _MEANS.get(name) is State.SLEEP or not name
        bound = call.arguments[_TIMEOUT_AT[name]]
        # Milliseconds below zero are forever; elsewhere it is the address of a time, if there is one.
        return bound & _FOREVER != _FOREVER if name in _MILLISECONDS else bound != 0

    def state_of(self, call: Blocked) -> State:
        """The class of the wait; a futex is a lock here: who knows the GIL's address asks before."""
        name = self._table.get(call.number, "")
        if name in _MEANS:
            return _MEANS[name]
        if name in _BY_FILE:
            return _KINDS[kind_of_file(self._pid, call.arguments[0])]
        if name in ("poll", "ppoll"):
            return self._telling(self._polled(call), call.arguments[1])
        if name in ("select", "pselect6"):
            return self._telling(self._selected(call), call.arguments[0])
        return State.UNKNOWN

    def _telling(self, descriptors: Iterator[int], count: int) -> State:
        if not count:
            # Python ≤ 3.10 sleeps by a select on nothing.
            return State.SLEEP
        kinds = {kind_of_file(self._pid, descriptor) for descriptor in descriptors}
        return next((_KINDS[kind] for kind in _TELLING if kind in kinds), State.UNKNOWN)

    def _polled(self, call: Blocked) -> Iterator[int]:
        if self._memory is None:
            return
        data = self._memory.read(call.arguments[0], _POLLFD.size * min(call.arguments[1], _MOST_FILES))
        for descriptor, _, _ in _POLLFD.iter_unpack(data[: len(data) // _POLLFD.size * _POLLFD.size]):
            if descriptor >= 0:
                yield descriptor

    def _selected(self, call: Blocked) -> Iterator[int]:
        if self._memory is None:
            return
        size = (min(call.arguments[0], 1024) + 63) // 64 * 8
        for address in filter(None, call.arguments[1:4]):
            bits = int.from_bytes(self._memory.read(address, size), "little")
            while bits:
                lowest = bits & -bits
                yield lowest.bit_length() - 1
                bits ^= lowest
