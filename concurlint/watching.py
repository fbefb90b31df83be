"""Who is told how far a run is, and what each part of it took."""

import sys
import time
from dataclasses import dataclass
from typing import Protocol


class Watch(Protocol):
    """Told of each part of a run as it begins, and of each step of it as it is done."""

    def begin(self, part: str, steps: int = 0) -> None:
        """A part of the run begins; the one before is over. `steps`: how many there will be, 0 where nobody knows."""

    def step(self, done: str = "") -> None:
        """A step is done: a file was read, a rule was asked."""


class Unwatched:
    """Nobody wants to know."""

    def begin(self, part: str, steps: int = 0) -> None:
        """Forget it."""

    def step(self, done: str = "") -> None:
        """Forget it."""


@dataclass(slots=True)
class Lap:
    """A part of a run, or one kind of step in it: wall time in seconds, how many steps it had."""

    name: str
    seconds: float = 0.0
    steps: int = 0


class Stopwatch:
    """Keeps what each part of a run took, and each named kind of step; tells another watch too."""

    def __init__(self, also: Watch | None = None) -> None:
        self._also = also or Unwatched()
        self._start = self._last = time.perf_counter()
        self.parts: list[Lap] = []
        self._current: Lap | None = None
        self.kinds: dict[str, Lap] = {}

    def begin(self, part: str, steps: int = 0) -> None:
        """Take the time of the part that is over; a part may come again for other files."""
        self._close()
        self._current = next((lap for lap in self.parts if lap.name == part), None)
        if self._current is None:
            self.parts.append(Lap(part))
            self._current = self.parts[-1]
        self._also.begin(part, steps)

    def step(self, done: str = "") -> None:
        """Take the time of the step, if its kind has a name."""
        now = time.perf_counter()
        if self._current is not None:
            self._current.steps += 1
        if done:
            lap = self.kinds.setdefault(done, Lap(done))
            lap.seconds += now - self._last
            lap.steps += 1
        self._last = now
        self._also.step(done)

    def stop(self) -> float:
        """The run is over; its wall time in seconds."""
        self._close()
        return time.perf_counter() - self._start

    def _close(self) -> None:
        now = time.perf_counter()
        if self._current is not None:
            self._current.seconds = (
                now - self._start - sum(lap.seconds for lap in self.parts if lap is not self._current)
            )
        else:
            self._start = now
        self._last = now


def peak_memory() -> int | None:
    """The most memory this process, or one that it has waited for, has had, in bytes; None where nobody tells."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    most = max(resource.getrusage(kind).ru_maxrss for kind in kinds)
    return most if sys.platform == "darwin" else most * 1024
