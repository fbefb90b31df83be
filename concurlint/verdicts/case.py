"""The case: a measured run, what the sources say of it, and the machines that are asked about."""

import ast
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from concurlint.finding import Span, Step
from concurlint.runtime.predict import Plan, Prediction, Tool, predict
from concurlint.runtime.profile import Profile, StackTime, ThreadTimes, interval
from concurlint.runtime.samples import Frame, State
from concurlint.runtime.waits import imports, library_module
from concurlint.verdicts.crew import Crew, below_fork, crew_of
from concurlint.verdicts.known import Known
from concurlint.verdicts.measured import Key, Part, Place, clipped, key, places, share, union
from concurlint.verdicts.patterns import awaits_in_turn
from concurlint.verdicts.slices import Slice, slices
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
        stacks = tuple(replace(stack, frames=below_fork(stack.frames)) for stack in profile.stacks)
        self.profile = replace(profile, stacks=stacks)
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

    # threads

    @cached_property
    def crew(self) -> Crew:
        """Which threads do the program's work."""
        return crew_of(self.profile)

    @cached_property
    def slices(self) -> Sequence[Slice]:
        """The run cut in time, by the threads that do the program's work."""
        return tuple(slices(self.profile, self.crew.works))

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

    def looped(self, frames: Sequence[Frame]) -> Frame | None:
        """The innermost of the user's frames that stands in a loop; without one, the innermost of the user's."""
        own = [frame for frame in reversed(frames) if self.is_own(frame.path)]
        return next((frame for frame in own if self.written(frame.path).is_looped(frame.line)), own[0] if own else None)

    def awaiting(self, frames: Sequence[Frame]) -> Frame | None:
        """The outermost of the user's frames at a line that awaits calls in turn."""
        own = (frame for frame in frames if self.is_own(frame.path))
        return next((frame for frame in own if awaits_in_turn(self.written(frame.path), frame.line)), None)

    def loops(self, states: Collection[State], threads: Collection[Key] | None = None) -> list[Place]:
        """The user's lines in loops by their seconds in these states, or below them."""
        return places(self.stacks(threads, lambda stack: not imports(stack.frames)), states, self.looped)

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

    def line(self, frame: Frame) -> Span:
        """The frame's line as a span."""
        return self.span(Place(frame.path, frame.line, frame.function, 0.0, frozenset()))

    def step(self, place: Place, message: str) -> Step:
        """A link of a trace at that line."""
        return Step(self.span(place), message)

    def text(self, place: Place | None) -> str:
        """What stands on the line, without its indentation."""
        return self.written(place.path).line(place.line).strip() if place is not None else ""

    def reaching(self, frame: Frame) -> str:
        """What is written in the statement that reaches over the frame's line, calls and loops as they are."""
        written = self.written(frame.path)
        calls = [ast.unparse(call) for call in written.calls_at(frame.line)]
        heads = [ast.unparse(block.iter) for block in written.around(frame.line) if isinstance(block, ast.For)]
        return " ".join([written.line(frame.line), *calls, *heads])

    def frame(self, place: Place) -> Frame:
        """The place as the sources are asked for it."""
        return Frame(place.function, self.absolute(place.path), place.line)

    # predictions

    def narrowed(self, threads: Iterable[ThreadTimes], window: Iterable[Part] | None = None) -> Profile:
        """The run as if it had only had these threads, and only had lasted as long as `window`."""
        kept = tuple(threads)
        keys = {key(thread) for thread in kept}
        rows = tuple(row for row in self.profile.timeline if (row.pid, row.tid) in keys)
        whole = replace(self.profile, threads=kept, timeline=rows)
        return whole if window is None else clipped(whole, union(window))

    def changed(self, prediction: Prediction, window: Seconds) -> Prediction:
        """What is predicted for so many seconds of the run, told of all of it: the rest of it stays as it is."""
        rest = max(0.0, self.seconds - window)
        low, middle, high = (
            rest + min(value, window) for value in (prediction.low, prediction.seconds, prediction.high)
        )
        return replace(prediction, seconds=middle, low=low, high=high, now=self.seconds)

    def predictions(self, tool: Tool, plan: Plan | None = None, profile: Profile | None = None) -> list[Prediction]:
        """One for each number of cores asked about."""
        return [predict(profile or self.profile, tool, cores, plan or Plan()) for cores in self.cores]

    def is_worth(self, prediction: Prediction) -> bool:
        """Whether even the slow end of the prediction saves what matters."""
        return prediction.now - prediction.high >= MATTERS * prediction.now


def _called(command: Sequence[str]) -> str:
    """What a run is known by that no file of the user's is seen in: the module, or the program."""
    return next((word for word in command if word != "-m"), "-")
