"""A profile without the threads that stood by: those of a server or kernel around what was to be looked at."""

from collections.abc import Container
from dataclasses import replace
from pathlib import Path

from concurlint.runtime.predict import CPU
from concurlint.runtime.profile import LineTime, Profile, Row, StackTime, ThreadTimes

_BUSY = 0.02
"""Of its time, what a thread must have computed, or wanted to, to be more than a bystander."""


def threads_here() -> frozenset[int]:
    """The threads of this process, as the system numbers them; none where it does not tell."""
    try:
        return frozenset(int(entry.name) for entry in Path("/proc/self/task").iterdir())
    except OSError:
        return frozenset()


def without_idle(profile: Profile, there: Container[int], own: int) -> Profile:
    """The profile without those of the threads that were there before, but `own`, which had nothing to do."""
    idle = {
        (thread.pid, thread.tid)
        for thread in profile.threads
        if thread.tid in there
        and thread.tid != own
        and sum(thread.states.get(state, 0.0) for state in CPU) < _BUSY * thread.seconds
    }

    def kept(one: ThreadTimes | LineTime | StackTime | Row) -> bool:
        return (one.pid, one.tid) not in idle

    return replace(
        profile,
        threads=tuple(filter(kept, profile.threads)),
        lines=tuple(filter(kept, profile.lines)),
        stacks=tuple(filter(kept, profile.stacks)),
        timeline=tuple(filter(kept, profile.timeline)),
    )
