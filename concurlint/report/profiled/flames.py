"""Stacks as a page's flame graph takes them: frames in a table, each stack by number with its states."""

from collections.abc import Mapping, Sequence
from typing import Any

from concurlint.report.profiled.palette import ORDER, ordered
from concurlint.report.visible import visible
from concurlint.runtime.profile import Profile, Seconds, StackTime
from concurlint.runtime.samples import Frame, State

MOST_STACKS = 4000
"""With more, a page would carry megabytes of stacks too short to be seen."""

_NUMBERS = {state: number for number, state in enumerate(ORDER)}
_NO_STACK = "no Python stack"
_RARE = "rare stacks"
_IMPORTS = ("import", "")


def flame_table(profile: Profile, short: Mapping[str, str]) -> dict[str, Any]:
    """`frames`: (function, path); `stacks`: (thread, frames, then state and milliseconds in turn)."""
    numbers: dict[tuple[str, str], int] = {}

    def number(function: str, path: str) -> int:
        return numbers.setdefault((visible(function), path), len(numbers))

    threads = {(thread.pid, thread.tid): place for place, thread in enumerate(profile.threads)}
    stacks: list[list[Any]] = []
    rare: dict[int, dict[State, Seconds]] = {}
    for place, stack in enumerate(profile.stacks):
        thread = threads.get((stack.pid, stack.tid))
        if thread is None:
            continue
        if place >= MOST_STACKS:
            _add(rare.setdefault(thread, {}), stack)
            continue
        # A function is one box, whatever line of it is running: the lines have a list of their own.
        frames = [number(name, path) for name, path in folded(stack.frames, short)]
        stacks.append([thread, frames or [number(_NO_STACK, "")], _times(stack.states)])
    stacks += [[thread, [number(_RARE, "")], _times(states)] for thread, states in rare.items()]
    return {"frames": [list(frame) for frame in numbers], "stacks": stacks}


def folded(frames: Sequence[Frame], short: Mapping[str, str]) -> list[tuple[str, str]]:
    """(function, path) of each call; what the import system does between two of them is one box."""
    boxes: list[tuple[str, str]] = []
    for frame in frames:
        if frame.path.startswith("<frozen importlib"):
            if boxes[-1:] != [_IMPORTS]:
                boxes.append(_IMPORTS)
        else:
            boxes.append((frame.function, short.get(frame.path, frame.path)))
    return boxes


def _add(states: dict[State, Seconds], stack: StackTime) -> None:
    for state, seconds in stack.states.items():
        states[state] = states.get(state, 0.0) + seconds


def _times(states: Mapping[State, Seconds]) -> list[float]:
    return [of for state, seconds in ordered(states).items() for of in (_NUMBERS[state], round(seconds * 1e3, 2))]
