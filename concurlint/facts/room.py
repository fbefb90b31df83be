"""A call made with more room on the stack, for programs nested deeper than the interpreter's own limit allows."""

import sys
import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")

_STACK = 512 * 2**20  # bytes; only what is used of it is ever taken
_DEEPEST = 30_000  # calls


def with_room(work: Callable[[], Result]) -> Result:
    """What `work` gives; where it comes to the limit of the stack it is done again, with far more of that."""
    try:
        return work()
    except RecursionError:
        return _in_deep_thread(work)


def _in_deep_thread(work: Callable[[], Result]) -> Result:
    """`work` on a thread of its own: the size of a stack is settled when its thread starts."""
    done: list[Result] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            done.append(work())
        except BaseException as error:  # it is raised again where the result is wanted
            failed.append(error)

    limit, size = sys.getrecursionlimit(), threading.stack_size(_STACK)
    try:
        # Daemonic, so that Ctrl-C ends the process and not only the wait.
        thread = threading.Thread(target=run, daemon=True)
        sys.setrecursionlimit(max(limit, _DEEPEST))
        thread.start()
        threading.stack_size(size)
        thread.join()
    finally:
        sys.setrecursionlimit(limit)
        threading.stack_size(size)
    if failed:
        raise failed[0]
    return done[0]
