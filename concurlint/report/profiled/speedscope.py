"""A profile in speedscope's file format: one profile for each state, one for each thread."""

import json
from collections.abc import Iterator, Mapping, Sequence

from concurlint.report.profiled.palette import LOOKS, ordered
from concurlint.report.profiled.wording import command
from concurlint.runtime.profile import Profile, Seconds
from concurlint.runtime.samples import Frame, State
from concurlint.version import __version__

SCHEMA = "https://www.speedscope.app/file-format-schema.json"

Stacks = Sequence[tuple[Sequence[int], Seconds]]


def render(profile: Profile) -> str:
    """One JSON document; of a thread's profile the last frame of each stack says its state."""
    frames = _Frames()
    profiles = [*_by_state(profile, frames), *_by_thread(profile, frames)]
    document = {
        "$schema": SCHEMA,
        "name": command(profile.run),
        "exporter": f"concurlint {__version__}",
        "activeProfileIndex": 0,
        "shared": {"frames": frames.table},
        "profiles": profiles,
    }
    return json.dumps(document, separators=(",", ":")) + "\n"


class _Frames:
    """The table of frames that stacks name by number."""

    def __init__(self) -> None:
        self.table: list[dict[str, object]] = []
        self._numbers: dict[object, int] = {}

    def of(self, frame: Frame) -> int:
        return self._number(frame, {"name": frame.function, "file": frame.path, "line": frame.line})

    def called(self, name: str) -> int:
        return self._number(name, {"name": name})

    def _number(self, key: object, entry: dict[str, object]) -> int:
        if key not in self._numbers:
            self._numbers[key] = len(self.table)
            self.table.append(entry)
        return self._numbers[key]


def _by_state(profile: Profile, frames: _Frames) -> Iterator[dict[str, object]]:
    totals: dict[State, Seconds] = {}
    for stack in profile.stacks:
        for state, seconds in stack.states.items():
            totals[state] = totals.get(state, 0.0) + seconds
    names = _thread_names(profile)
    for state in ordered(totals):
        root = {key: frames.called(name) for key, name in names.items()}
        stacks = [
            ([root[stack.pid, stack.tid], *(frames.of(frame) for frame in stack.frames)], stack.states[state])
            for stack in profile.stacks
            if stack.states.get(state, 0.0) > 0
        ]
        yield _profile(f"all threads: {LOOKS[state].label}", stacks)


def _by_thread(profile: Profile, frames: _Frames) -> Iterator[dict[str, object]]:
    for (pid, tid), name in _thread_names(profile).items():
        stacks = [
            ([*(frames.of(frame) for frame in stack.frames), frames.called(f"[{LOOKS[state].label}]")], seconds)
            for stack in profile.stacks
            if (stack.pid, stack.tid) == (pid, tid)
            for state, seconds in ordered(stack.states).items()
        ]
        if stacks:
            yield _profile(name, stacks)


def _profile(name: str, stacks: Stacks) -> dict[str, object]:
    # Viewers draw them in this order: equal callers beside each other make one box.
    stacks = sorted(stacks, key=lambda stack: list(stack[0]))
    weights = [round(seconds, 6) for _, seconds in stacks]
    return {
        "type": "sampled",
        "name": name,
        "unit": "seconds",
        "startValue": 0,
        "endValue": round(sum(weights), 6),
        "samples": [list(numbers) for numbers, _ in stacks],
        "weights": weights,
    }


def _thread_names(profile: Profile) -> Mapping[tuple[int, int], str]:
    several = len({thread.pid for thread in profile.threads}) > 1
    names: dict[tuple[int, int], str] = {}
    for thread in profile.threads:
        process = f", process {thread.pid}" if several else ""
        names[thread.pid, thread.tid] = f"{thread.name or 'thread'} ({thread.tid}{process})"
    return names
