"""Stacks recorded as often as they may cost: where that is too much, py-spy is begun anew and looks less often."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from concurlint.runtime.samples import Stacks, StackStretch, ThreadStacks
from concurlint.runtime.stacks import Recording, RecordingError, StackRecorder

Seconds = float

SHARE = 0.03
"""Of a core: what py-spy may cost. It reads every thread at every look, so with many threads it looks less often."""
_EVERY: Seconds = 0.25
_ENOUGH: Seconds = 1.0
_MUCH: Seconds = 0.1
"""CPU time is counted in ticks of 10 ms: a shorter time, or a smaller cost, says too little about it."""
_TOO_MUCH = 1.5
"""Times its share: to begin anew leaves some tenths of a second without stacks, so it must be worth it."""
_READS = 300
"""Stacks a second that are read whatever it costs: with few threads it is not their number that makes it dear."""


class PacedRecorder:
    """One py-spy after another on the same process, each slower than the one before; used as a `StackRecorder` is."""

    def __init__(
        self, make: Callable[[int], StackRecorder], rate: int, threads: Callable[[], int], *, share: float = SHARE
    ) -> None:
        """`make` makes a recorder that looks so many times a second, `threads` tells how many threads there are."""
        self._make = make
        self._threads = threads
        self._share = share
        self._rates = [rate]
        self._recorder: StackRecorder | None = make(rate)
        self._past: list[Recording] = []
        self._over = threading.Event()
        self._pacer = threading.Thread(target=self._pace, name="concurlint-pacer", daemon=True)

    @property
    def rate(self) -> int:
        """Looks a second, now."""
        return self._rates[-1]

    def start(self) -> None:
        """As the first recorder does: RecordingError if it cannot."""
        assert self._recorder is not None
        self._recorder.start()
        self._pacer.start()

    def stop(self) -> Recording:
        """All that was recorded, as one."""
        self._end_pacing()
        if self._recorder is not None:
            self._past.append(self._recorder.stop())
            self._recorder = None
        return replace(_as_one(self._past), pace=self._pace_told())

    def close(self) -> None:
        """End what still runs."""
        self._end_pacing()
        if self._recorder is not None:
            self._recorder.close()

    def _end_pacing(self) -> None:
        self._over.set()
        if self._pacer.ident is not None:
            self._pacer.join()

    def _pace(self) -> None:
        while self._recorder is not None and not self._over.wait(_EVERY):
            slower = self._slower(self._recorder)
            if slower < self._rates[-1]:
                self._recorder = self._begin_anew(self._recorder, slower)

    def _slower(self, recorder: StackRecorder) -> int:
        """How often it may look by what it has cost so far; as often as now, if that is not known or fair."""
        elapsed, cost = recorder.spent()
        share = cost / elapsed if elapsed >= _ENOUGH or cost >= _MUCH else 0.0
        if share <= _TOO_MUCH * self._share:
            return self._rates[-1]
        least = _READS // max(1, self._threads())
        return max(1, least, int(self._rates[-1] * self._share / share))

    def _begin_anew(self, recorder: StackRecorder, rate: int) -> StackRecorder | None:
        self._past.append(recorder.stop())
        after = self._make(rate)
        try:
            after.start()
        except RecordingError:
            # The program has ended meanwhile, most likely; what was seen of it is kept.
            after.close()
            return None
        self._rates.append(rate)
        return after

    def _pace_told(self) -> str:
        if len(self._rates) == 1:
            return ""
        now = "once a second" if self._rates[-1] == 1 else f"{self._rates[-1]} times a second"
        return f"stacks recorded {now}, not {self._rates[0]} times: more would cost over {self._share:.0%} of a core"


def _as_one(recordings: Sequence[Recording]) -> Recording:
    """The recordings one after the other; how far their clocks are off is that of the worst."""
    if len(recordings) == 1:
        return recordings[0]
    last = recordings[-1].stacks
    return Recording(
        stacks=Stacks(
            threads=_threads(recording.stacks for recording in recordings),
            started=recordings[0].stacks.started,
            rate=last.rate,
            errors=sum(recording.stacks.errors for recording in recordings),
        ),
        trouble=next((recording.trouble for recording in recordings if recording.trouble), ""),
        doubt=max(recording.doubt for recording in recordings),
        cost_ns=sum(recording.cost_ns for recording in recordings),
    )


def _threads(parts: Iterable[Stacks]) -> tuple[ThreadStacks, ...]:
    stretches: dict[tuple[int, int], list[StackStretch]] = defaultdict(list)
    names: dict[tuple[int, int], str] = {}
    for part in parts:
        for thread in part.threads:
            stretches[thread.pid, thread.tid] += thread.stretches
            names[thread.pid, thread.tid] = thread.name or names.get((thread.pid, thread.tid), "")
    return tuple(ThreadStacks(*key, names[key], tuple(found)) for key, found in stretches.items())
