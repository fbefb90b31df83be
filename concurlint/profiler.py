"""Measuring from within a program: `with Profiler():` around what is to be looked at."""

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

from concurlint.judge import judge
from concurlint.profiling import read_sources
from concurlint.report.profiled import html, json, text
from concurlint.report.profiled.relative import seen_from
from concurlint.runtime import saved
from concurlint.runtime.focus import threads_here, without_idle
from concurlint.runtime.observing import Observer, ObservingError
from concurlint.runtime.profile import Profile
from concurlint.runtime.recorded import Window
from concurlint.runtime.states import DEFAULT_RATE
from concurlint.verdicts.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Report:
    """A measured run and what is to be said of it.

    `profile` holds the seconds of each thread, line and stack in each state, `verdicts` what follows from
    them, those that would save most first; `status` is the exit status of a program that was run: −N for signal N.
    """

    profile: Profile
    verdicts: tuple[Verdict, ...]
    status: int = 0

    def to_text(self) -> str:
        """The report as `concurlint profile` prints it into a pipe."""
        return text.render(self.profile, self.here(), self.sources())

    def to_html(self) -> str:
        """One page with timeline, flame graph, lines and verdicts, which opens without a network."""
        return html.render(self.profile, self.verdicts, self.sources())

    def to_json(self) -> str:
        """The report as `concurlint profile --format json` gives it."""
        return json.render(self.profile, self.here())

    def save(self, path: str | Path) -> None:
        """Keep the run, for `concurlint report`. ProfileError if the file cannot be written."""
        saved.save(self.profile, Path(path))

    def sources(self) -> Mapping[str, str]:
        """Path → text of the program's own files that were seen running and are there."""
        return read_sources(self.profile)

    def here(self) -> tuple[Verdict, ...]:
        """The verdicts with paths relative to the current folder, as `concurlint check` has them."""
        paths = {frame.path for stack in self.profile.stacks for frame in stack.frames}
        return seen_from(Path.cwd(), self.verdicts, paths)


class Profiler:
    """Measures what this program, with all its threads and the processes it starts, does inside a `with` block.

    ```python
    with concurlint.Profiler() as profiler:
        work()
    print(profiler.report.to_text())
    ```

    A process of its own does the looking, which takes about a second to start and is not counted. Linux only.
    """

    def __init__(
        self,
        *,
        rate: int = DEFAULT_RATE,
        cores: int | None = None,
        root: str | Path | None = None,
        name: str = "",
        own: int | None = None,
    ) -> None:
        """Look `rate` times a second; predict for a machine of `cores` too.

        The project is the one around the script unless `root` names its folder; `name` is what the report
        calls the run. `own` is the native id of the thread that is looked at: with it, other threads that are
        there already and do nothing, like those of a server, are left out.
        """
        self._observer = Observer(rate=rate)
        self._cores = cores
        self._root = Path(root) if root is not None else None
        self._name = name
        self._own = own
        self._there: frozenset[int] = frozenset()
        self._hidden: tuple[str, ...] = ()
        self._began = 0
        self._report: Report | None = None

    @property
    def report(self) -> Report:
        """What was measured. ObservingError before the end of the block."""
        if self._report is None:
            raise ObservingError("nothing has been measured yet: the report is there after the `with` block")
        return self._report

    def start(self, frame: FrameType | None = None) -> None:
        """Begin, where `with` does not fit. ObservingError, SamplingError or RecordingError if that cannot be.

        Calls around `frame` (the caller's own without it) are left out of the stacks.
        """
        self._begin(frame or sys._getframe(1))

    def stop(self) -> Report:
        """End, and judge what was seen. ObservingError if nothing was."""
        return self.judge(self.measure())

    def measure(self) -> Profile:
        """End, and give what was seen without judging it. ObservingError if nothing was."""
        window = Window(self._began, time.monotonic_ns(), (self._name or "profiled block",), self._hidden)
        (profile,) = self._observer.stop([window])
        return profile if self._own is None else without_idle(profile, self._there, self._own)

    def judge(self, profile: Profile) -> Report:
        """What is to be said of a run, which is then the report."""
        self._report = Report(profile, judge(profile, root=self._root, cores=self._cores))
        return self._report

    def close(self) -> None:
        """End without a report, if it still looks."""
        self._observer.close()

    def _begin(self, frame: FrameType | None) -> None:
        self._report = None
        self._hidden = outside(frame)
        self._observer.start()
        self._there = threads_here()
        self._began = time.monotonic_ns()

    def __enter__(self) -> Self:
        self._begin(sys._getframe(1))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.stop()
            return
        try:  # the error of the block is what people must see
            self.stop()
        except ObservingError:
            self.close()


def outside(frame: FrameType | None) -> tuple[str, ...]:
    """The files of the calls around a frame, but its own: what runs a test or a cell is no part of it."""
    own = frame.f_code.co_filename if frame is not None else ""
    found: dict[str, None] = {}
    while frame is not None:
        found[frame.f_code.co_filename] = None
        frame = frame.f_back
    found.pop(own, None)
    return tuple(found)
