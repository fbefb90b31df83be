"""How each state looks and what it is called, the same in every report."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from concurlint.runtime.samples import State


class Kind(IntEnum):
    """What sort of time it is, from busy to idle; a page draws the busier one taller, so that colour is not all."""

    RUNS = 5
    READY = 4
    THREADS = 3
    OUTSIDE = 2
    IDLE = 1


@dataclass(frozen=True, slots=True)
class Look:
    """One state's words and colours.

    `label` goes after a thread's name ("worker waits for the GIL"), `short` into narrow places; `letter` stands for
    it where there is no colour. `light` and `dark` keep 3:1 against those pages and apart for the colour-blind;
    `terminal` is a colour of the 16 that every terminal has, `chrome` one that chrome://tracing knows.
    """

    label: str
    short: str
    letter: str
    kind: Kind
    light: str
    dark: str
    terminal: str
    chrome: str


LOOKS: Mapping[State, Look] = {
    State.HOLDS_GIL: Look(
        "holds the GIL", "holds GIL", "G", Kind.RUNS, "#0b62b8", "#4a9df0", "blue", "thread_state_running"
    ),
    State.COMPUTES: Look(
        "computes without the GIL", "CPU, no GIL", "C", Kind.RUNS, "#00805f", "#1fbf94", "green", "good"
    ),
    State.HELD_BLOCKED: Look(
        "holds the GIL while blocked", "blocks with GIL", "B", Kind.RUNS, "#6b0f2b", "#ff6b8f", "bright_red", "terrible"
    ),
    State.GIL_WAIT: Look("waits for the GIL", "GIL wait", "w", Kind.READY, "#bf3606", "#f5793b", "red", "bad"),
    State.RUN_QUEUE: Look(
        "waits for a CPU", "CPU wait", "r", Kind.READY, "#ad8800", "#f0cf4a", "yellow", "thread_state_runnable"
    ),
    State.LOCK: Look(
        "waits for a lock", "lock", "l", Kind.THREADS, "#8d2f9f", "#cf7fe0", "magenta", "vsync_highlight_color"
    ),
    State.QUEUE: Look(
        "waits for another thread",
        "thread wait",
        "q",
        Kind.THREADS,
        "#b9578c",
        "#f0a5cd",
        "bright_magenta",
        "rail_idle",
    ),
    State.NETWORK: Look(
        "waits for the network", "network", "n", Kind.OUTSIDE, "#1787a8", "#63cdea", "cyan", "thread_state_iowait"
    ),
    State.DISK: Look(
        "waits for the disk", "disk", "d", Kind.OUTSIDE, "#80552b", "#c9925c", "bright_yellow", "cq_build_running"
    ),
    State.PIPE: Look("waits for a pipe", "pipe", "p", Kind.OUTSIDE, "#5f7a1a", "#a8c653", "bright_cyan", "olive"),
    State.CHILD: Look(
        "waits for a child process", "child", "c", Kind.OUTSIDE, "#2f5a5e", "#7fb3b3", "bright_green", "rail_load"
    ),
    State.SLEEP: Look("sleeps", "sleep", "s", Kind.IDLE, "#6e7681", "#8b949e", "bright_black", "thread_state_sleeping"),
    State.LOOP_IDLE: Look("event loop idle", "loop idle", "i", Kind.IDLE, "#7a70c4", "#a3a7d1", "bright_blue", "grey"),
    State.STOPPED: Look("stopped", "stopped", "t", Kind.IDLE, "#33373e", "#e3e7ec", "bright_white", "black"),
    State.UNKNOWN: Look("not known", "not known", "u", Kind.IDLE, "#857f78", "#a39d96", "white", "generic_work"),
}

ORDER: tuple[State, ...] = tuple(LOOKS)
"""From busy to idle: how the parts of a bar follow each other."""

BUSY = (State.HOLDS_GIL, State.COMPUTES)
HOLDING = (State.HOLDS_GIL, State.HELD_BLOCKED)


def ordered(states: Mapping[State, float]) -> dict[State, float]:
    """What there is of each state, in the order of a bar."""
    return {state: states[state] for state in ORDER if states.get(state, 0.0) > 0}


def largest(states: Mapping[State, float]) -> list[State]:
    """The states there are, most first."""
    found = ordered(states)
    return sorted(found, key=lambda state: -found[state])
