"""How far a run is, on a terminal, once it takes longer than people like to wait for nothing."""

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

from concurlint.streams import make_console

if TYPE_CHECKING:
    from rich.progress import Progress

_PATIENCE = 0.5
"""Seconds until something is shown."""
_PAUSE = 0.1
"""Seconds between two pictures."""


class Bar:
    """One row at the bottom: what is being done, how much of it, for how long.

    It is drawn when a step is done, not by a thread of its own: a process that has one is not forked safely.
    """

    def __init__(self, patience: float = _PATIENCE) -> None:
        self._patience = patience
        self._start = time.monotonic()
        self._drawn = 0.0
        self._part, self._steps, self._done = "", 0, 0
        self._progress: Progress | None = None

    def __enter__(self) -> "Bar":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def begin(self, part: str, steps: int = 0) -> None:
        """Show the part, from nothing."""
        self._part, self._steps, self._done = part, steps, 0
        self._draw(time.monotonic())

    def step(self, done: str = "") -> None:  # noqa: ARG002 - which one goes by too quickly to be read
        """Show one more."""
        self._done += 1
        now = time.monotonic()
        if now - self._drawn > _PAUSE:
            self._draw(now)

    def _draw(self, now: float) -> None:
        if now - self._start < self._patience:
            return
        self._drawn = now
        if self._progress is None:
            self._progress = _started(self._part)
        task = self._progress.tasks[0]
        # `update` takes no total for "leave it as it is".
        task.total = self._steps or None
        self._progress.update(task.id, description=self._part, completed=self._done)
        self._progress.refresh()


def _started(part: str) -> "Progress":
    # Only a run that takes its time needs it.
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), MofNCompleteColumn(), TimeElapsedColumn())
    progress = Progress(*columns, console=make_console(sys.stderr), transient=True, auto_refresh=False)
    progress.add_task(part, total=None)
    progress.start()
    return progress
