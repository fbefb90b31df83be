"""A profile as Chrome's trace events, for Perfetto and chrome://tracing: threads as tracks, states as slices."""

import json
from collections.abc import Iterator, Mapping

from concurlint.report.profiled.handover import handovers
from concurlint.report.profiled.palette import LOOKS
from concurlint.report.profiled.wording import command
from concurlint.runtime.profile import Profile, Seconds

Event = Mapping[str, object]


def render(profile: Profile) -> str:
    """One JSON document, times in microseconds from the run's start; arrows show the GIL's way."""
    run = profile.run
    document = {
        "displayTimeUnit": "ms",
        "otherData": {
            "command": command(run),
            "python": run.python,
            "platform": run.platform,
            "cores": run.cores,
            "method": run.method,
        },
        "traceEvents": [*_names(profile), *_slices(profile), *_arrows(profile)],
    }
    return json.dumps(document, separators=(",", ":")) + "\n"


def _names(profile: Profile) -> Iterator[Event]:
    pids = list(dict.fromkeys(thread.pid for thread in profile.threads))
    for order, pid in enumerate(pids):
        name = command(profile.run) if order == 0 else "child process"
        yield {"ph": "M", "name": "process_name", "pid": pid, "tid": pid, "args": {"name": name}}
        yield {"ph": "M", "name": "process_sort_index", "pid": pid, "tid": pid, "args": {"sort_index": order}}
    for order, thread in enumerate(profile.threads):
        here = {"pid": thread.pid, "tid": thread.tid}
        yield {"ph": "M", "name": "thread_name", **here, "args": {"name": thread.name or f"thread {thread.tid}"}}
        yield {"ph": "M", "name": "thread_sort_index", **here, "args": {"sort_index": order}}


def _slices(profile: Profile) -> Iterator[Event]:
    for row in profile.timeline:
        for start, end, state in row.stretches:
            yield {
                "ph": "X",
                "name": LOOKS[state].label,
                "cat": state.value,
                "cname": LOOKS[state].chrome,
                "pid": row.pid,
                "tid": row.tid,
                "ts": _micros(start),
                "dur": _micros(end - start),
            }


def _arrows(profile: Profile) -> Iterator[Event]:
    """A flow for each hand-over: it leaves the giver's last slice and ends in the taker's first."""
    for number, one in enumerate(handovers(profile)):
        says = {"name": "GIL", "cat": "gil", "id": number}
        giver, taker = profile.timeline[one.giver], profile.timeline[one.taker]
        # A flow belongs to the slice that it lies in, and a slice's end is no part of it.
        yield {"ph": "s", **says, "pid": giver.pid, "tid": giver.tid, "ts": _micros(one.let_go - 1e-6)}
        yield {"ph": "f", "bp": "e", **says, "pid": taker.pid, "tid": taker.tid, "ts": _micros(one.taken)}


def _micros(seconds: Seconds) -> float:
    return round(seconds * 1e6, 3)
