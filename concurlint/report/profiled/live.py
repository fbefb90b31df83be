"""One line on the terminal while a program is measured."""

import contextlib
import sys
import threading
import time
from collections.abc import Iterator

from rich.console import Console
from rich.live import Live
from rich.text import Text

from concurlint.runtime.predict import CPU, HOLDS
from concurlint.runtime.states import Sampler

_REFRESH = 4
_OFTEN = 0.05
"""Seconds between two looks at what the sampler sees."""
_FADES = 0.05
"""What a new look counts: the line shows about the last second."""


@contextlib.contextmanager
def watch(sampler: Sampler) -> Iterator[None]:
    """Show elapsed time, threads, and shares of the GIL, CPU and waiting, where standard error is a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    line = _Line(sampler)
    console = Console(file=sys.stderr)
    # The program's own output must not be taken for ours, nor held back.
    shown = Live(
        get_renderable=line.render,
        console=console,
        refresh_per_second=_REFRESH,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    with line, shown:
        yield


class _Line:
    """Averages over the last second."""

    def __init__(self, sampler: Sampler) -> None:
        self._sampler = sampler
        self._began = time.monotonic()
        self._threads = self._gil = self._cpu = self._waiting = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="concurlint-live", daemon=True)

    def render(self) -> Text:
        told = [
            f"{time.monotonic() - self._began:.0f} s",
            f"{self._threads:.0f} threads",
            f"GIL held {self._gil:.0%}",
            f"computing on {self._cpu:.1f} cores",
            f"waiting {self._waiting:.0%}",
        ]
        return Text("  ".join(told), style="dim", no_wrap=True, overflow="ellipsis")

    def _follow(self) -> None:
        weight = 1.0
        while not self._over.wait(_OFTEN):
            now = self._sampler.now
            count = now.total()
            running = sum(now[state] for state in CPU)
            seen = (
                float(count),
                float(any(now[state] for state in HOLDS)),
                float(running),
                (count - running) / count if count else 0.0,
            )
            before = (self._threads, self._gil, self._cpu, self._waiting)
            averages = [old + weight * (new - old) for old, new in zip(before, seen, strict=True)]
            self._threads, self._gil, self._cpu, self._waiting = averages
            self._threads = float(count)
            weight = max(_FADES, weight / (1 + weight))

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *exception: object) -> None:
        self._over.set()
        self._thread.join()
