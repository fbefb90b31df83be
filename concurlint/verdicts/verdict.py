"""What a verdict answers with: a finding on the line it judges, its figures, its remedy and what that would bring."""

from dataclasses import dataclass
from typing import Literal

from concurlint.finding import Finding
from concurlint.runtime.predict import Prediction
from concurlint.verdicts.change import Change
from concurlint.verdicts.trial import Trial

Seconds = float
Unit = Literal["share", "seconds", "count", "times"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured quantity; `low` and `high` are its 95 % interval, equal to `value` where it was counted.

    A "share" lies between 0 and 1, "times" is a ratio, "seconds" and "count" are what they say.
    """

    label: str
    value: float
    low: float
    high: float
    unit: Unit


@dataclass(frozen=True, slots=True)
class Verdict:
    """One judgement of a measured run.

    `instead` names the tool that fits, `why` says so in whole sentences, `predictions` are the run's seconds with
    that tool on this machine's cores and on others asked for, `saves` is between how many of the run's seconds it
    would save on this machine. `change` is the remedy in the program's text, where that can be had;
    `trials` are what came of it where it was tried.
    """

    finding: Finding
    figures: tuple[Figure, ...]
    instead: str
    why: str
    predictions: tuple[Prediction, ...]
    saves: tuple[Seconds, Seconds]
    change: Change | None = None
    trials: tuple[Trial, ...] = ()
