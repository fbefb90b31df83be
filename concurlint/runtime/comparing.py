"""Two measured runs side by side: what takes more time, what less, and how sure that is."""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from concurlint.runtime.profile import Profile, Run, Seconds, caller_lines, interval
from concurlint.runtime.samples import State

LEAST = 0.01
"""Of a run, what must have been spent in it for a row of its own."""


@dataclass(frozen=True, slots=True)
class Amount:
    """Seconds with their 95 % interval; the three are equal where they were counted."""

    value: Seconds
    low: Seconds
    high: Seconds


@dataclass(frozen=True, slots=True)
class Change:
    """Before and after, and how much more it is after; negative where it is less."""

    before: Amount
    after: Amount

    @property
    def by(self) -> Amount:
        """The difference. Its interval comes from those of both (Newcombe's, of independent samples)."""
        value = self.after.value - self.before.value
        less = math.hypot(self.after.value - self.after.low, self.before.high - self.before.value)
        more = math.hypot(self.after.high - self.after.value, self.before.value - self.before.low)
        return Amount(value, value - less, value + more)

    @property
    def is_sure(self) -> bool:
        """Whether there surely is a difference."""
        return self.by.low > 0 or self.by.high < 0


@dataclass(frozen=True, slots=True)
class FunctionChange:
    """A function of the program's own, with what it calls of libraries."""

    path: str
    name: str
    change: Change


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs: their wall time, all threads' time by state, and the functions whose time has changed most.

    The intervals tell how well each run was seen; how much one run differs from the next they cannot tell.
    """

    before: Run
    after: Run
    wall: Change
    states: Mapping[State, Change]
    functions: tuple[FunctionChange, ...]
    notes: tuple[str, ...]

    @property
    def speed_up(self) -> float:
        """How many times as fast the second is."""
        return self.before.seconds / self.after.seconds if self.after.seconds > 0 else math.inf


Called = Callable[[str], str]
"""A path of a run → what it is called in both, "" for a file that is not the program's own."""


def compare(before: Profile, after: Profile, called_before: Called, called_after: Called) -> Comparison:
    """What has changed from one run to the other; functions are the same where file and name are."""
    return Comparison(
        before=before.run,
        after=after.run,
        wall=Change(_counted(before.run.seconds), _counted(after.run.seconds)),
        states=_states(before, after),
        functions=_functions(before, after, called_before, called_after),
        notes=tuple(_notes(before.run, after.run)),
    )


def _counted(seconds: Seconds) -> Amount:
    return Amount(seconds, seconds, seconds)


def _amount(profile: Profile, seconds: Seconds) -> Amount:
    """Seconds of all threads together, with the interval of a share of all their time."""
    whole = sum(thread.seconds for thread in profile.threads)
    if whole <= 0:
        return _counted(0.0)
    low, high = interval(min(1.0, seconds / whole), profile.samples_of(whole))
    return Amount(seconds, min(seconds, low * whole), max(seconds, high * whole))


def _states(before: Profile, after: Profile) -> dict[State, Change]:
    found = {}
    for state in State:
        one, other = before.seconds_in(state), after.seconds_in(state)
        if max(one / max(before.run.seconds, 1e-9), other / max(after.run.seconds, 1e-9)) >= LEAST:
            found[state] = Change(_amount(before, one), _amount(after, other))
    return found


def _functions(
    before: Profile, after: Profile, called_before: Called, called_after: Called
) -> tuple[FunctionChange, ...]:
    one, other = _by_function(before, called_before), _by_function(after, called_after)
    least = LEAST * max(before.run.seconds, after.run.seconds)
    found = [
        FunctionChange(path, name, Change(_amount(before, spent), _amount(after, spends)))
        for path, name in {**one, **other}
        if max(spent := one.get((path, name), 0.0), spends := other.get((path, name), 0.0)) >= least
    ]
    return tuple(sorted(found, key=lambda row: (-abs(row.change.by.value), row.path, row.name)))


def _by_function(profile: Profile, called: Called) -> dict[tuple[str, str], Seconds]:
    sums: dict[tuple[str, str], Seconds] = defaultdict(float)
    for line in caller_lines(profile, lambda path: bool(called(path))):
        sums[called(line.path), line.function] += line.seconds
    return sums


def _notes(before: Run, after: Run) -> list[str]:
    """Why the two may differ for another reason than the program."""
    notes = []
    if before.command != after.command:
        notes.append(f"other commands: {' '.join(before.command)[:60]} and {' '.join(after.command)[:60]}")
    for what, one, other in (
        ("Python", before.python, after.python),
        ("platform", before.platform, after.platform),
        ("cores", str(before.cores), str(after.cores)),
    ):
        if one != other:
            notes.append(f"{what}: {one} before, {other} after")
    return notes
