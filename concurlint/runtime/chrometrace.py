"""The chrome trace that py-spy writes, read back into each thread's stacks over time."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from concurlint.runtime.samples import Frame, Nanoseconds, StackStretch, ThreadStacks

_THREAD = re.compile(r"thread \((0x[0-9A-Fa-f]+|\d+)\)(?:: (.*))?$", re.DOTALL)
_BETWEEN = re.compile(r"\}\s*,\s*\{")
_TAIL = 50_000
"""Characters: longer than any event."""

_Thread = tuple[int, int, str]
"""Process, thread, name of the thread."""


@dataclass(frozen=True, slots=True)
class Event:
    """A frame comes onto a stack or goes; `at` is on py-spy's own clock, `slot` is its name for a thread."""

    at: Nanoseconds
    pid: int
    slot: int
    begins: bool
    frame: Frame


def read_events(text: str, cwd: str = "") -> tuple[list[Event], str]:
    """The events in the order written, and what was wrong with the text in one line, or nothing.

    A text cut short gives the events before the cut. Relative paths start at `cwd`, the target's folder.
    """
    found, trouble = _parse(text)
    frames: dict[tuple[object, object, object], Frame] = {}
    events = [event for record in found if (event := _event(record, cwd, frames))]
    if not trouble and not events:
        trouble = "py-spy saw no stacks"
    return events, trouble


def _parse(text: str) -> tuple[Sequence[object], str]:
    if not text.strip():
        return [], "py-spy's output is empty"
    try:
        found, trouble = json.loads(text), ""
    except ValueError:
        trouble = "py-spy's output is damaged: its end is missing"
        try:
            found = json.loads(text[: _last_whole(text)] + "]")
        except ValueError:
            found = []
    if not isinstance(found, list):
        return [], "py-spy's output is damaged: it is not a list of events"
    return found, trouble


def _last_whole(text: str) -> int:
    """Where the last event ends that another one follows."""
    tail = max(0, len(text) - _TAIL)
    ends = [found.start() + 1 for found in _BETWEEN.finditer(text, tail)]
    return ends[-1] if ends else 0


def _event(record: object, cwd: str, frames: dict[tuple[object, object, object], Frame]) -> Event | None:
    """The record as an event; None for what tells of no frame."""
    if not isinstance(record, dict) or record.get("ph") not in ("B", "E"):
        return None
    name, args = record.get("name"), record.get("args")
    ts, pid, slot = record.get("ts"), record.get("pid"), record.get("tid")
    if not (isinstance(name, str) and isinstance(args, dict)):
        return None
    if not (isinstance(ts, int) and isinstance(pid, int) and isinstance(slot, int)):
        return None
    known = (name, args.get("filename"), args.get("line"))
    if known not in frames:
        path, line = str(args.get("filename") or ""), args.get("line")
        if cwd and path and not path.startswith(("/", "<")):
            path = str(Path(cwd, path))
        frames[known] = Frame(name, path, line if isinstance(line, int) else 0)
    return Event(ts * 1000, pid, slot, record["ph"] == "B", frames[known])


def stacks_of(events: Iterable[Event], started: Nanoseconds) -> tuple[ThreadStacks, ...]:
    """Each thread's stacks, in order of first appearance; `started` is the zero of the events' clock.

    py-spy keeps one open stack per pthread id, and processes made by fork share those ids: their events are
    interleaved on one stack, and each group of events leaves there the stack of the process it is stamped
    with. A thread that is gone keeps its last stack until its id is used again or the recording ends: whoever
    knows the life of the thread must cut it.
    """
    reader = _Reader(started)
    for (at, pid, slot), group in groupby(events, key=lambda event: (event.at, event.pid, event.slot)):
        reader.take(started + at, pid, slot, group)
    return reader.finish()


class _Reader:
    """The stacks py-spy had in mind while it wrote its events."""

    def __init__(self, started: Nanoseconds) -> None:
        self._now = started
        self._shared: dict[int, list[Frame]] = {}
        self._last: dict[tuple[int, int], _Thread] = {}
        self._open: dict[_Thread, tuple[Nanoseconds, tuple[Frame, ...]]] = {}
        self._done: dict[_Thread, list[StackStretch]] = {}
        self._stacks: dict[tuple[Frame, ...], tuple[Frame, ...]] = {}

    def take(self, now: Nanoseconds, pid: int, slot: int, group: Iterable[Event]) -> None:
        """One sample of one thread: the events by which the stack differs from the one before."""
        self._now = max(self._now, now)
        stack = self._shared.setdefault(slot, [])
        for event in group:
            if event.begins:
                stack.append(event.frame)
            elif stack:
                stack.pop()
        depth, thread = _thread_in(stack)
        key = (pid, *thread) if thread else None
        before = self._last.pop((pid, slot), None)
        if before is not None and before != key:
            self._close(before)
        if key is not None:
            self._last[pid, slot] = key
            frames = tuple(stack[depth + 1 :])
            self._put(key, self._stacks.setdefault(frames, frames))

    def finish(self) -> tuple[ThreadStacks, ...]:
        """All threads seen; what is still open ends with the last event."""
        for key in list(self._open):
            self._close(key)
        return tuple(ThreadStacks(*key, tuple(stretches)) for key, stretches in self._done.items())

    def _put(self, key: _Thread, frames: tuple[Frame, ...]) -> None:
        if key in self._open and self._open[key][1] is frames:
            return
        self._close(key)
        self._open[key] = (self._now, frames)
        self._done.setdefault(key, [])

    def _close(self, key: _Thread) -> None:
        start, frames = self._open.pop(key, (self._now, ()))
        if self._now > start:
            self._done[key].append(StackStretch(start, self._now, frames))


def _thread_in(stack: Sequence[Frame]) -> tuple[int, tuple[int, str] | None]:
    """Where in a stack py-spy's own frame for the thread stands, and the thread's id and name."""
    for depth, frame in enumerate(stack):
        found = None if frame.path else _THREAD.match(frame.function)
        if found:
            return depth, (int(found[1], 0), found[2] or "")
    return 0, None
