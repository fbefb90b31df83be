"""What a blocked thread waits for, told more exactly from the Python frames it is blocked in."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from concurlint.runtime.samples import Frame, State

BLOCKED = frozenset(
    {
        State.LOCK,
        State.QUEUE,
        State.NETWORK,
        State.LOOP_IDLE,
        State.DISK,
        State.PIPE,
        State.CHILD,
        State.SLEEP,
        State.UNKNOWN,
    }
)
"""The states of a thread that neither computes nor wants to."""

_FUTEX = frozenset({State.LOCK, State.UNKNOWN})
_POLLING = frozenset({State.LOOP_IDLE, State.NETWORK, State.PIPE, State.UNKNOWN})
_WOKEN = BLOCKED - {State.DISK}
_LIBRARY = re.compile(r"[/\\](?:lib(?:64)?/python3\.\d+t?|Lib)[/\\](?!site-packages|dist-packages)(.+)$")


@dataclass(frozen=True, slots=True)
class _Wait:
    """Blocked in `functions` of `module` (all if none is named): a state in `seen` is really `means`."""

    module: str
    functions: frozenset[str]
    seen: frozenset[State]
    means: State


def _wait(module: str, functions: str, seen: frozenset[State], means: State) -> _Wait:
    return _Wait(module, frozenset(functions.split()), seen, means)


_WAITS = (
    _wait("threading.py", "wait wait_for join _wait_for_tstate_lock _shutdown", _FUTEX, State.QUEUE),
    # A semaphore waits on a condition, and is a lock to whoever asks for it.
    _wait("threading.py", "acquire", frozenset({State.QUEUE}), State.LOCK),
    _wait("queue.py", "get put join", _FUTEX, State.QUEUE),
    _wait("concurrent/futures/_base.py", "result exception wait as_completed", _FUTEX, State.QUEUE),
    # The C queue of a thread pool has no frame of its own.
    _wait("concurrent/futures/thread.py", "_worker", _FUTEX, State.QUEUE),
    _wait("multiprocessing/queues.py", "get put", _FUTEX | _POLLING, State.QUEUE),
    _wait("multiprocessing/pool.py", "", _FUTEX, State.QUEUE),
    _wait("multiprocessing/connection.py", "", _FUTEX | _POLLING, State.PIPE),
    _wait("multiprocessing/popen_fork.py", "wait poll", _WOKEN, State.CHILD),
    _wait("multiprocessing/popen_spawn_win32.py", "wait poll", _WOKEN, State.CHILD),
    _wait("multiprocessing/popen_forkserver.py", "wait poll", _WOKEN, State.CHILD),
    # With a timeout `Popen.wait` polls and sleeps between; vfork keeps its caller as if it waited for a disk.
    _wait("subprocess.py", "", BLOCKED, State.CHILD),
    _wait("selectors.py", "select", _POLLING, State.LOOP_IDLE),
    _wait("asyncio/base_events.py", "_run_once", _POLLING, State.LOOP_IDLE),
    _wait("socketserver.py", "serve_forever", _POLLING, State.NETWORK),
)
_BY_MODULE = {wait.module: tuple(w for w in _WAITS if w.module == wait.module) for wait in _WAITS}


def name_wait(state: State, frames: Sequence[Frame]) -> State:
    """The state, or a truer name for it: a futex under `Queue.get` is waiting for the queue, not for a lock.

    Read from the leaf outward as long as the frames belong to modules of the standard library that wait for
    others: the outermost of them says what its caller asked for.
    """
    if state not in BLOCKED:
        return state
    for frame in reversed(frames):
        waits = _BY_MODULE.get(library_module(frame.path))
        if waits is None:
            break
        function = frame.function.rpartition(".")[2]
        for wait in waits:
            if state in wait.seen and (not wait.functions or function in wait.functions):
                state = wait.means
                break
    return state


def can_be(state: State, frame: Frame) -> bool:
    """Whether a thread whose innermost frame this is can be in that state, as the sampler calls it.

    A wait of the standard library hardly ever computes, and waits in its own way; of other lines nothing is known.
    """
    function = frame.function.rpartition(".")[2]
    waits = [wait for wait in _BY_MODULE.get(library_module(frame.path), ()) if function in wait.functions]
    return not waits or any(state is wait.means or state in wait.seen for wait in waits)


_SERVING = {
    "socketserver.py": frozenset({"serve_forever", "get_request", "accept"}),
    "http/server.py": frozenset({"handle", "handle_one_request"}),
    "multiprocessing/managers.py": frozenset({"serve_forever", "accepter", "serve_client"}),
    "multiprocessing/connection.py": frozenset({"accept"}),
    "socket.py": frozenset({"accept"}),
    "wsgiref/handlers.py": frozenset({"run"}),
    "xmlrpc/server.py": frozenset({"serve_forever"}),
}


def serves(frames: Sequence[Frame]) -> bool:
    """Whether this stack waits for whoever may come: a server's wait is no loss, however long."""
    return any(frame.function.rpartition(".")[2] in _SERVING.get(library_module(frame.path), ()) for frame in frames)


def imports(frames: Sequence[Frame]) -> bool:
    """Whether this stack is importing a module: that comes first, and once, whatever tool is used."""
    return any(frame.path.startswith("<frozen importlib") for frame in frames)


def library_module(path: str) -> str:
    """The path inside the standard library, with forward slashes; nothing for files from elsewhere."""
    found = _LIBRARY.search(path)
    return found[1].replace("\\", "/") if found else ""
