"""Who called whom, and what it cost: the program's own calls, and below them the library's that they wait in."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from concurlint.report.profiled.paths import is_library
from concurlint.runtime.profile import Profile, Seconds
from concurlint.runtime.samples import Frame, State
from concurlint.runtime.waits import library_module

COSTS = frozenset(
    {
        State.HOLDS_GIL,
        State.COMPUTES,
        State.HELD_BLOCKED,
        State.GIL_WAIT,
        State.RUN_QUEUE,
        State.LOCK,
        State.NETWORK,
        State.DISK,
        State.PIPE,
        State.CHILD,
    }
)
"""What takes time from the program: not idling, nor waiting for another thread, whose own time is counted."""
LEAST = 0.02
"""Of the tree: smaller calls are left out."""
_IMPORTING = "<frozen importlib"


@dataclass(slots=True)
class Call:
    """A function called from one place of the tree, with the time below it; `is_own`: it is the program's."""

    function: str
    path: str
    is_own: bool
    states: dict[State, Seconds] = field(default_factory=lambda: defaultdict(float))
    below: dict[tuple[str, str], "Call"] = field(default_factory=dict)

    @property
    def seconds(self) -> Seconds:
        """All time below it."""
        return sum(self.states.values())


@dataclass(frozen=True, slots=True)
class Branch:
    """One row of a drawn tree: for each level above whether more follows there, and whether more follows here."""

    call: Call
    above: tuple[bool, ...]
    is_last: bool


def call_tree(profile: Profile, states: Collection[State] = COSTS) -> Call:
    """All threads' calls in these states, merged; the root has no name."""
    root = Call("", "", is_own=True)
    for stack in profile.stacks:
        spent = {state: seconds for state, seconds in stack.states.items() if state in states}
        if spent:
            _add(root, _shown(stack.frames), spent)
    return root


def branches(root: Call, *, most: int) -> list[Branch]:
    """The rows of the tree, the dearest first, without what is small; of more than `most` those of most time."""
    least = LEAST * root.seconds
    rows = list(_branches(root, (), least))
    while len(rows) > most and least > 0:
        least *= 1.5
        rows = list(_branches(root, (), least))
    return rows


def _branches(call: Call, above: tuple[bool, ...], least: Seconds) -> Iterator[Branch]:
    kept = sorted((each for each in call.below.values() if each.seconds >= least), key=lambda each: -each.seconds)
    for number, each in enumerate(kept):
        is_last = number == len(kept) - 1
        yield Branch(each, above, is_last)
        yield from _branches(each, (*above, not is_last), least)


def _add(root: Call, frames: Sequence[tuple[Frame, bool]], spent: dict[State, Seconds]) -> None:
    node = root
    for state, seconds in spent.items():
        node.states[state] += seconds
    for frame, is_own in frames:
        key = (frame.function, frame.path)
        if key not in node.below:
            node.below[key] = Call(frame.function, frame.path, is_own)
        node = node.below[key]
        for state, seconds in spent.items():
            node.states[state] += seconds


def _shown(frames: Sequence[Frame]) -> list[tuple[Frame, bool]]:
    """The program's own frames, and the first of the library's that the innermost of them called; imports are one."""
    own = [number for number, frame in enumerate(frames) if not is_library(frame.path)]
    kept = [(frames[number], True) for number in own]
    after = frames[own[-1] + 1 :] if own else frames[-1:]
    if after:
        kept.append((_folded(after), False))
    return kept


def _folded(frames: Sequence[Frame]) -> Frame:
    """The call that the program made; an import by the module that it reads, if that is known."""
    first = frames[0]
    if not first.path.startswith(_IMPORTING):
        return first
    module = next((frame for frame in frames if not frame.path.startswith(_IMPORTING)), None)
    name = _module_name(module.path) if module is not None else ""
    return Frame(f"import {name}".rstrip(), module.path if module is not None else first.path, 0)


def _module_name(path: str) -> str:
    inside = library_module(path) or path.rpartition("site-packages/")[2]
    parts = inside.replace("\\", "/").removesuffix(".py").removesuffix("/__init__").split("/")
    return ".".join(part for part in parts if part)
