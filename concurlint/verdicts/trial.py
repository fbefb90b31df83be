"""What came of trying a verdict's change: how long it took, what was said, and what had been predicted."""

from dataclasses import dataclass

from concurlint.runtime.predict import Prediction

Seconds = float


@dataclass(frozen=True, slots=True)
class Trial:
    """Runs with one change, taken in turn with runs of the program as it is.

    `code` is the verdict's, `label` says what was changed, `outcome` whether the program did the same; `predicted` is
    what the verdict had said, where this is the very change that it meant.
    """

    code: str
    label: str
    before: tuple[Seconds, ...]
    after: tuple[Seconds, ...]
    outcome: str
    is_same: bool
    predicted: Prediction | None = None

    @property
    def speed_up(self) -> tuple[float, float, float]:
        """How many times as fast it was: least, in the middle and most, pair by pair."""
        found = sorted(one / other for one, other in zip(self.before, self.after, strict=False) if other > 0)
        return (found[0], found[len(found) // 2], found[-1]) if found else (0.0, 0.0, 0.0)
