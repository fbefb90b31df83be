"""The changes that verdicts ask for, tried: the program runs with and without them, turn by turn."""

import contextlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from concurlint.changes.making import make_variations
from concurlint.judge import case_of
from concurlint.runtime.outputs import compare
from concurlint.runtime.predict import Prediction
from concurlint.runtime.profile import Profile
from concurlint.runtime.targets import Target
from concurlint.runtime.trial import Ran, Trials, Variant
from concurlint.verdicts.case import Case
from concurlint.verdicts.change import Change
from concurlint.verdicts.trial import Trial
from concurlint.verdicts.verdict import Verdict

Seconds = float
Tell = Callable[[str], None]

THE_CHANGE = "the change"
MOST = 12
"""Variants of all verdicts together: each is one more run of the program in every round."""
_SETTING = re.compile(r"\b([A-Z][A-Z_]*_NUM_THREADS)=(\d+)")
_SLOWER = 3.0
_GRACE: Seconds = 10.0
"""A run that takes so many times as long as the program as it is, and so much longer, is ended."""


@dataclass(slots=True)
class _Entry:
    """One variant of one verdict, and what has come of it so far."""

    verdict: int
    variant: Variant
    predicted: Prediction | None = None
    runs: list[tuple[Seconds, Ran]] = field(default_factory=list)
    is_over: bool = False


def try_changes(
    target: Target, profile: Profile, verdicts: Sequence[Verdict], *, pairs: int, tell: Tell
) -> tuple[Verdict, ...]:
    """The verdicts with what came of their changes; each is run `pairs` times beside the program as it is.

    LaunchError for a program that cannot be run again. Ctrl-C ends the trying, not the report.
    """
    case = case_of(profile)
    entries = [entry for number, verdict in enumerate(verdicts) for entry in _entries(case, number, verdict)][:MOST]
    if not entries:
        tell("nothing to try: no verdict comes with a change")
        return tuple(verdicts)
    runs = pairs * (1 + len(entries))
    tell(f"trying {len(entries)} variants: {runs} runs, each of about {profile.run.seconds:.1f} s as it is")
    before: list[Ran] = []
    with Trials(target) as trials, contextlib.suppress(KeyboardInterrupt):
        for turn in range(pairs):
            _round(trials, turn, entries, before, profile.run.seconds)
    found: dict[int, list[Trial]] = defaultdict(list)
    for entry in entries:
        if entry.runs:
            found[entry.verdict].append(_trial(entry, verdicts[entry.verdict], before))
    return tuple(replace(verdict, trials=tuple(found[number])) for number, verdict in enumerate(verdicts))


def _round(trials: Trials, turn: int, entries: Sequence[_Entry], before: list[Ran], seconds: Seconds) -> None:
    """Everything once; every other time in the other order, for what comes first finds a cooler machine."""
    patience = _SLOWER * seconds + _GRACE
    base = trials.run(Variant("as it is"), patience * _SLOWER)
    before.append(base)
    for entry in entries if turn % 2 == 0 else reversed(entries):
        if not entry.is_over:
            ran = trials.run(entry.variant, patience)
            entry.runs.append((base.seconds, ran))
            entry.is_over = ran.status != base.status


def _entries(case: Case, number: int, verdict: Verdict) -> Iterator[_Entry]:
    predicted = next((each for each in verdict.predictions if each.cores == case.cores[0]), None)
    if verdict.change is not None:
        yield _Entry(number, _variant(THE_CHANGE, verdict.change), predicted)
        for varied in make_variations(case, verdict):
            yield _Entry(number, _variant(varied.label, varied.change))
    for name, value in dict.fromkeys(_SETTING.findall(f"{verdict.instead} {verdict.finding.help}")):
        yield _Entry(number, Variant(f"{name}={value}", environment={name: value}), predicted)


def _variant(label: str, change: Change) -> Variant:
    return Variant(label, {file.path: file.after for file in change.files})


def _trial(entry: _Entry, verdict: Verdict, before: Sequence[Ran]) -> Trial:
    compared = [compare(before, ran) for _, ran in entry.runs]
    worst = next((each for each in compared if not each.is_same), compared[-1])
    return Trial(
        code=verdict.finding.code,
        label=entry.variant.label,
        before=tuple(seconds for seconds, _ in entry.runs),
        after=tuple(ran.seconds for _, ran in entry.runs),
        outcome=worst.says,
        is_same=worst.is_same,
        predicted=entry.predicted,
    )
