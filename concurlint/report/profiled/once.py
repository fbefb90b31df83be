"""All threads of a process at one moment, for people and for machines."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

from concurlint.report.frame import split_lines
from concurlint.report.json import VERSION
from concurlint.report.profiled import wording
from concurlint.report.profiled.palette import LOOKS
from concurlint.report.profiled.paths import is_library
from concurlint.report.visible import visible
from concurlint.runtime.once import FrameNow, Now, ThreadNow
from concurlint.runtime.samples import Frame, State

_INDENT = "    "
_MOST_NAMES = 4
_RUNS = (State.HOLDS_GIL, State.COMPUTES, State.RUN_QUEUE)


@dataclass(frozen=True, slots=True)
class _Row:
    """One row, and how it looks on a terminal."""

    text: str
    style: str = ""


def render_text(now: Now, texts: Mapping[str, str]) -> str:
    """Every thread with its whole stack, innermost call first; `texts` maps paths to source."""
    return "".join(f"{row.text}\n" for row in _rows(now, texts))


def render_terminal(now: Now, texts: Mapping[str, str], console: Console) -> str:
    """The same in colour: the program's own calls stand out from those of libraries."""
    with console.capture() as capture:
        for row in _rows(now, texts):
            console.print(Text(row.text, row.style), highlight=False, markup=False, emoji=False, soft_wrap=True)
    return capture.get()


def render_json(now: Now) -> str:
    """One document, with a line end after it; frames are outermost first."""
    document = {
        "version": VERSION,
        "command": list(now.command),
        "python": now.python,
        "at": round(now.at, 3),
        "threads": [_plain(thread) for thread in now.threads],
        "notes": list(now.notes),
    }
    return json.dumps(document, indent=1) + "\n"


def _plain(thread: ThreadNow) -> dict[str, object]:
    return {
        "pid": thread.pid,
        "tid": thread.tid,
        "name": thread.name,
        "state": thread.state.value,
        "timed": thread.is_timed,
        "address": thread.address,
        "idle": round(thread.idle, 3) if thread.idle is not None else None,
        "frames": [
            {
                "function": each.frame.function,
                "path": each.frame.path,
                "line": each.frame.line,
                "locals": {variable.name: variable.value for variable in each.variables},
            }
            for each in thread.frames
        ],
    }


def _rows(now: Now, texts: Mapping[str, str]) -> Iterator[_Row]:
    count = "1 thread" if len(now.threads) == 1 else f"{len(now.threads)} threads"
    yield _Row(f"{visible(' '.join(now.command))}: Python {visible(now.python)}, {count}", "bold")
    for note in now.notes:
        yield _Row(f"note: {visible(note)}", "yellow")
    waiting = defaultdict(list)
    for thread in now.threads:
        if thread.address:
            waiting[thread.pid, thread.address].append(thread)
    for alike in _alike(now.threads):
        yield _Row("")
        yield from _head(alike, waiting[alike[0].pid, alike[0].address], now)
        for frame in reversed(alike[0].frames):
            yield from _frame(frame, texts)
        if not alike[0].frames:
            yield _Row(f"{_INDENT}no Python stack", "dim")


def _alike(threads: Sequence[ThreadNow]) -> list[list[ThreadNow]]:
    """Threads that do the same at the same place, with the same variables; the busy ones first, then as they came."""
    groups: dict[object, list[ThreadNow]] = {}
    for thread in threads:
        groups.setdefault((thread.pid, thread.state, thread.frames or thread.tid), []).append(thread)
    return sorted(groups.values(), key=lambda group: group[0].state not in _RUNS)


def _head(alike: Sequence[ThreadNow], waiting: Sequence[ThreadNow], now: Now) -> Iterator[_Row]:
    first = alike[0]
    names = [visible(thread.name) or f"thread {thread.tid}" for thread in alike]
    shown = ", ".join(names[:_MOST_NAMES]) + (
        f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    )
    ids = f"thread {first.tid}" if len(alike) == 1 else f"{len(alike)} threads"
    process = f" of process {first.pid}" if len({thread.pid for thread in now.threads}) > 1 else ""
    idle = [thread.idle for thread in alike if thread.idle is not None]
    stood = f", for {wording.seconds(min(idle))}" if idle and first.state not in _RUNS else ""
    timed = ", which ends by itself" if first.is_timed and first.state not in _RUNS else ""
    yield _Row(f"{shown} ({ids}{process}): {LOOKS[first.state].label}{stood}{timed}", LOOKS[first.state].terminal)
    others = [visible(thread.name) for thread in waiting if thread not in alike]
    if others and first.state in (State.LOCK, State.QUEUE):
        yield _Row(f"{_INDENT}waits for the same as {', '.join(others[:_MOST_NAMES])}")


def _frame(each: FrameNow, texts: Mapping[str, str]) -> Iterator[_Row]:
    frame = each.frame
    style = "dim" if is_library(frame.path) else ""
    yield _Row(f"{_INDENT}{visible(frame.function)} ({visible(frame.path)}:{frame.line})", style)
    line = _line(frame, texts)
    if line:
        yield _Row(f"{_INDENT * 2}{line}", "bold")
    for variable in each.variables:
        yield _Row(f"{_INDENT * 2}{visible(variable.name)} = {visible(variable.value)}", "cyan")


def _line(frame: Frame, texts: Mapping[str, str]) -> str:
    lines = split_lines(texts.get(frame.path, ""))
    return visible(lines[frame.line - 1].strip().expandtabs(1)) if 0 < frame.line <= len(lines) else ""
