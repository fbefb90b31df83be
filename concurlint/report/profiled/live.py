"""One line at the foot of the terminal while a program is measured."""

import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from concurlint.runtime.predict import CPU, HOLDS
from concurlint.runtime.states import Sampler

_OFTEN = 0.05
"""Seconds between two looks at what the sampler sees."""
_FADES = 0.05
"""What a new look counts: the line shows about the last second."""
_DRAWN_EVERY = 5
_LEAST_ROWS, _LEAST_COLUMNS = 5, 20


@contextlib.contextmanager
def watch(sampler: Sampler) -> Iterator[None]:
    """Show elapsed time, threads, and shares of the GIL, CPU and waiting, where standard error is a terminal."""
    foot = _Foot() if sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb" else None
    if foot is None:
        yield
        return
    with _Line(sampler, foot):
        yield


class _Foot:
    """The last row of the terminal, kept from scrolling.

    The program writes to the same terminal: a line redrawn where the cursor is would wipe out its prompts.
    """

    def __init__(self) -> None:
        self._console = Console(file=sys.stderr)
        self._rows = 0

    def show(self, text: Text) -> None:
        """Draw the row anew; the cursor stays where the program has it."""
        columns, rows = self._size()
        if rows != self._rows:
            self.clear()
            if rows < _LEAST_ROWS or columns < _LEAST_COLUMNS:
                return
            # Index (a line feed that keeps the column) makes room if the cursor is in the last row, and is taken back.
            self._write(f"\x1bD\x1b7\x1b[1;{rows - 1}r\x1b8\x1b[1A")
            self._rows = rows
        if self._rows:
            text.truncate(columns - 1)
            with self._console.capture() as capture:
                self._console.print(text, end="", no_wrap=True, width=columns, highlight=False)
            self._write(f"\x1b7\x1b[{rows};1H\x1b[2K{capture.get()}\x1b8")

    def clear(self) -> None:
        """Give the row back."""
        if self._rows:
            self._write(f"\x1b7\x1b[r\x1b[{self._rows};1H\x1b[2K\x1b8")
            self._rows = 0

    def _size(self) -> os.terminal_size:
        try:
            return os.get_terminal_size(sys.stderr.fileno())
        except OSError:
            return os.terminal_size((0, 0))

    def _write(self, what: str) -> None:
        # At one go, past all buffers: between two pieces the program might write.
        with contextlib.suppress(OSError):
            os.write(sys.stderr.fileno(), what.encode(errors="replace"))


class _Line:
    """What the line says: averages over the last second."""

    def __init__(self, sampler: Sampler, foot: _Foot) -> None:
        self._sampler = sampler
        self._foot = foot
        self._began = time.monotonic()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="concurlint-live", daemon=True)

    def _follow(self) -> None:
        weight, looks = 1.0, 0
        gil = cpu = waiting = 0.0
        while not self._over.wait(_OFTEN):
            now = self._sampler.now
            count, running = now.total(), sum(now[state] for state in CPU)
            gil += weight * (any(now[state] for state in HOLDS) - gil)
            cpu += weight * (running - cpu)
            waiting += weight * ((count - running) / max(1, count) - waiting)
            weight = max(_FADES, weight / (1 + weight))
            looks += 1
            if looks % _DRAWN_EVERY == 0:
                self._foot.show(self._told(count, gil, cpu, waiting))

    def _told(self, threads: int, gil: float, cpu: float, waiting: float) -> Text:
        told = (
            f"{time.monotonic() - self._began:.0f} s",
            f"{threads} thread{'s' * (threads != 1)}",
            f"GIL held {gil:.0%}",
            f"computing on {cpu:.1f} cores",
            f"waiting {waiting:.0%}",
        )
        return Text("  ".join(told), style="dim")

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *exception: object) -> None:
        self._over.set()
        self._thread.join()
        self._foot.clear()
