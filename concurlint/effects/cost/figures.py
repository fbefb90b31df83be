"""What is said of the cost of running something, and what is taken for granted where the text does not tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from concurlint.finding import Step

HEAVY = 5000.0
"""From so many microseconds of computing on, work is called heavy."""


@dataclass(frozen=True, slots=True)
class Assumed:
    """How much there is where nothing states it: items of an iterable, numbers of a range, units of a call's subject.

    `guesses`: the usual size of files and texts is believed, and what a method of a certain name does.
    """

    items: float
    range: float
    units: float
    guesses: bool


USUAL = Assumed(items=100.0, range=1000.0, units=1000.0, guesses=True)
"""For an estimate."""
STATED = Assumed(items=100.0, range=10_000.0, units=100.0, guesses=False)
"""For what surely computes, if a loop over numbers is taken for a long one."""
CAUTIOUS = Assumed(items=10.0, range=100.0, units=100.0, guesses=False)
"""The same where one is not accused on a guess."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Microseconds of computing with the GIL held, of waiting, of C code that computes without it, and of doubt.

    `doubt` is the time of calls of which nothing is known. `what` and `because` tell of the largest part that computes.
    """

    computing: float = 0.0
    waiting: float = 0.0
    released: float = 0.0
    doubt: float = 0.0
    what: str = ""
    because: tuple[Step, ...] = ()
    arithmetic: bool = True

    @property
    def elsewhere(self) -> float:
        """The time that others may use for computing."""
        return self.waiting + self.released

    @property
    def only_computes(self) -> bool:
        """Whether all that it does is known, and none of it waits or gives the GIL up."""
        return not (self.waiting or self.released or self.doubt)

    @property
    def is_heavy(self) -> bool:
        """Whether it is sure to hold the GIL for long."""
        return self.computing >= HEAVY and self.only_computes

    def times(self, count: float) -> Estimate:
        """The same, done so many times."""
        return replace(
            self,
            computing=self.computing * count,
            waiting=self.waiting * count,
            released=self.released * count,
            doubt=self.doubt * count,
        )


FREE = Estimate()


def in_turn(parts: Sequence[Estimate]) -> Estimate:
    """What things cost that are done one after another."""
    biggest = max(parts, key=lambda part: part.computing, default=FREE)
    return replace(
        biggest,
        computing=sum(part.computing for part in parts),
        waiting=sum(part.waiting for part in parts),
        released=sum(part.released for part in parts),
        doubt=sum(part.doubt for part in parts),
        arithmetic=all(part.arithmetic for part in parts if part.computing > biggest.computing / 10),
    )


def either_of(parts: Sequence[Estimate]) -> Estimate:
    """What one of several things costs, whichever it is: of each kind of time, as much as any of them may take."""
    return replace(
        max(parts, key=lambda part: part.computing),
        waiting=max(part.waiting for part in parts),
        released=max(part.released for part in parts),
        doubt=max(part.doubt for part in parts),
    )
