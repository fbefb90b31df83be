"""The end of a program that a signal ended, passed on."""

import contextlib
import os
import signal


def end_by_signal(number: int) -> None:
    """End this process by the signal that ended the program; the core, if any, is the program's."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
