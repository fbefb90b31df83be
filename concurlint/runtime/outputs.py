"""Whether two runs of a program did the same, by what they said; times that it prints are no difference."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from concurlint.runtime.trial import Ran

_TOKEN = re.compile(rb"\s+|[^\s]+")
_DECIMAL = re.compile(rb"[^\d]*\d+\.\d+[^\d]*")
_LONGEST = 40


@dataclass(frozen=True, slots=True)
class Comparison:
    """Whether the changed run is right, and that in words."""

    is_same: bool
    says: str


def compare(before: Sequence[Ran], after: Ran) -> Comparison:
    """The changed run against those of the program as it is.

    What differs between those too is no difference, nor is a number with decimals: most are times, and it is told.
    """
    if after.status is None:
        return Comparison(False, "it took too long and was ended")
    statuses = {run.status for run in before}
    if after.status not in statuses:
        return Comparison(False, f"it ended with status {after.status}: {_last_line(after.errors)}".rstrip(": "))
    first = _TOKEN.findall(before[0].output)
    others = [_TOKEN.findall(run.output) for run in before[1:]]
    found = _TOKEN.findall(after.output)
    if any(len(other) != len(first) for other in others):
        return Comparison(True, "the output differs from run to run, with the change and without")
    if len(found) != len(first):
        return Comparison(False, f"it says something else: {len(found)} words and gaps, not {len(first)}")
    steady = [number for number in range(len(first)) if all(other[number] == first[number] for other in others)]
    odd = [(first[number], found[number]) for number in steady if first[number] != found[number]]
    wrong = next((pair for pair in odd if not all(map(_DECIMAL.fullmatch, pair))), None)
    if wrong is not None:
        return Comparison(False, f"it says `{_shown(wrong[1])}` instead of `{_shown(wrong[0])}`")
    if odd:
        pair = f"`{_shown(odd[0][1])}` instead of `{_shown(odd[0][0])}`"
        return Comparison(True, f"same output, but for numbers that may be times: {pair}")
    return Comparison(True, "same output")


def _shown(token: bytes) -> str:
    text = token.decode(errors="replace")
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _last_line(errors: bytes) -> str:
    lines = errors.decode(errors="replace").strip().splitlines()
    return lines[-1][:120] if lines else ""
