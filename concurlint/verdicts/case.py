"""The case: a measured run, what the sources say of it, and the machines that are asked about."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from concurlint.finding import Span, Step
from concurlint.runtime.predict import Plan, Prediction, Tool, predict
from concurlint.runtime.profile import Profile, StackTime, ThreadTimes, interval
from concurlint.runtime.samples import Frame, State
from concurlint.runtime.waits import imports, library_module
from concurlint.verdicts.known import Known
from concurlint.verdicts.measured import Key, Place, key, places, share
from concurlint.verdicts.verdict import Figure, Seconds
from concurlint.verdicts.written import Written

DOUBT = 0.1
"""The widest half of a 95 % interval with which anything is judged."""
FEWEST = next(n for n in range(1, 1000) if interval(0.5, n)[1] <= 0.5 + DOUBT)
"""Looks from which on every share is known to within ten points: 93, half a second at 200 looks a second."""

MATTERS = 0.05
"""Of the run: smaller parts are not judged, for a share may be wrong by as much (benchmarks/accuracy.md)."""

_INSTALLED = ("/site-packages/", "/dist-packages/", "\\site-packages\\")


class Case:
    """All that a verdict may ask. `cores` begins with those of the machine that was measured."""

    def __init__(
        self,
        profile: Profile,
        *,
        root: Path | None,
        known: Known | None,
        texts: Mapping[str, Written],
        cores: int | None,
    ) -> None:
        self.profile = profile
        self.root = root
        self.known = known
        self.texts = texts
        others = [cores] if cores is not None and cores != profile.run.cores else []
        self.cores = (max(1, profile.run.cores), *others)

    @property
    def seconds(self) -> Seconds:
        """How long the run took."""
        return self.profile.run.seconds

    @property
    def is_enough(self) -> bool:
        """Whether there are as many looks as an interval needs."""
        return self.profile.run.samples >= FEWEST and self.seconds > 0

    def matters(self, seconds: Seconds) -> bool:
        """Whether so many seconds are surely more than a share may be wrong by."""
        low, _ = interval(min(1.0, seconds / self.seconds), self.profile.run.samples)
        return low >= MATTERS

    def share(self, label: str, seconds: Seconds, of: Seconds | None = None) -> Figure:
        """The part that `seconds` are of so many (the run's without them), with its interval."""
        return share(self.profile, label, seconds, self.seconds if of is None else of)

    # lines

    def is_own(self, path: str) -> bool:
        """Whether the user wrote the file."""
        if path.startswith("<") or any(part in path for part in _INSTALLED) or library_module(path):
            return False
        return self.root is None or not Path(path).is_absolute() or Path(path).is_relative_to(self.root)

    def own(self, frames: Sequence[Frame]) -> Frame | None:
        """The innermost of the frames that the user wrote."""
        return next((frame for frame in reversed(frames) if self.is_own(frame.path)), None)

    def outermost(self, frames: Sequence[Frame]) -> Frame | None:
        """The outermost of the frames that the user wrote: what a thread was given to do."""
        return next((frame for frame in frames if self.is_own(frame.path)), None)

    def stacks(
        self, threads: Collection[Key] | None = None, where: Callable[[StackTime], bool] | None = None
    ) -> list[StackTime]:
        """The stacks of these threads (all without them) of which `where` is true."""
        return [
            stack
            for stack in self.profile.stacks
            if (threads is None or key(stack) in threads) and (where is None or where(stack))
        ]

    def places(self, states: Collection[State], threads: Collection[Key] | None = None) -> list[Place]:
        """The user's lines by their seconds in these states, imports left out."""
        return places(self.stacks(threads, lambda stack: not imports(stack.frames)), states, self.own)

    def first(self, states: Collection[State], threads: Collection[Key] | None = None) -> Place | None:
        """The user's line with most seconds in these states."""
        return next(iter(self.places(states, threads)), None)

    @cached_property
    def script(self) -> str:
        """The user's file that the run begins in, as the report calls it."""
        for stack in self.profile.stacks:
            frame = self.outermost(stack.frames)
            if frame is not None and frame.function == "<module>":
                return self.shown(frame.path)
        own = (frame for stack in self.profile.stacks if (frame := self.outermost(stack.frames)) is not None)
        named = next((word for word in self.profile.run.command if word.endswith(".py")), "")
        return self.shown(next((frame.path for frame in own), named) or _called(self.profile.run.command))

    def shown(self, path: str) -> str:
        """The path as the report names it: relative to the project's folder."""
        if self.root is not None and Path(path).is_absolute() and Path(path).is_relative_to(self.root):
            return Path(path).relative_to(self.root).as_posix()
        return path

    def absolute(self, path: str) -> str:
        """The path as the sources are known by."""
        return str(self.root / path) if self.root is not None else path

    def written(self, path: str) -> Written:
        """The source of one of the user's files, empty where it is not there."""
        return self.texts.get(self.absolute(path), Written(""))

    def span(self, place: Place | None) -> Span:
        """The line as a span; the beginning of the script without one."""
        if place is None:
            return Span(self.script, 1, 1, 1, 1)
        first, last = self.written(place.path).columns(place.line)
        return Span(self.shown(place.path), place.line, first, place.line, last)

    def step(self, place: Place, message: str) -> Step:
        """A link of a trace at that line."""
        return Step(self.span(place), message)

    def text(self, place: Place | None) -> str:
        """What stands on the line, without its indentation."""
        return self.written(place.path).line(place.line).strip() if place is not None else ""

    def frame(self, place: Place) -> Frame:
        """The place as the sources are asked for it."""
        return Frame(place.function, self.absolute(place.path), place.line)

    # predictions

    def narrowed(self, threads: Iterable[ThreadTimes]) -> Profile:
        """The run as if it had only had these threads."""
        kept = tuple(threads)
        keys = {key(thread) for thread in kept}
        rows = tuple(row for row in self.profile.timeline if (row.pid, row.tid) in keys)
        return replace(self.profile, threads=kept, timeline=rows)

    def predictions(self, tool: Tool, plan: Plan | None = None, profile: Profile | None = None) -> list[Prediction]:
        """One for each number of cores asked about."""
        return [predict(profile or self.profile, tool, cores, plan or Plan()) for cores in self.cores]

    def is_worth(self, prediction: Prediction) -> bool:
        """Whether even the slow end of the prediction saves what matters."""
        return prediction.now - prediction.high >= MATTERS * prediction.now


def _called(command: Sequence[str]) -> str:
    """What a run is known by that no file of the user's is seen in: the module, or the program."""
    return next((word for word in command if word != "-m"), "-")
