"""Findings of the static side beside a measured run: which lines cost time, which the run confirms, which are cold."""

import ast
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from concurlint.finding import Finding, Span
from concurlint.runtime.profile import Profile, Seconds, interval
from concurlint.runtime.samples import State
from concurlint.runtime.waits import BLOCKED

LEAST = 0.01
"""Of the run, what a line must surely have taken to matter."""

_COMPUTING = frozenset({State.HOLDS_GIL, State.COMPUTES, State.GIL_WAIT, State.RUN_QUEUE})
_WAITING = BLOCKED | {State.HELD_BLOCKED}


class Mark(StrEnum):
    """What a run says of a finding."""

    CONFIRMED = "confirmed"
    RAN = "ran"
    UNSEEN = "unseen"
    COLD = "cold"


class _Claim(StrEnum):
    """What must be seen for a finding to be confirmed, and where."""

    WAITS = "its line waits"
    COMPUTES = "its line computes"
    WORK_WAITS = "the work at the end of its chain waits"
    WORK_COMPUTES = "the work at the end of its chain computes"
    SHARED = "several threads run its line"


_CLAIMS: Mapping[str, _Claim] = {
    **dict.fromkeys(("CCL405", "CCL408", "CCL501", "CCL505", "CCL509", "CCL511"), _Claim.WAITS),
    **dict.fromkeys(("CCL105", "CCL204", "CCL309", "CCL313", "CCL512", "CCL602", "CCL607"), _Claim.WAITS),
    **dict.fromkeys(("CCL502", "CCL603", "CCL604", "CCL605", "CCL606"), _Claim.COMPUTES),
    **dict.fromkeys(("CCL107",), _Claim.WORK_WAITS),
    **dict.fromkeys(("CCL109", "CCL201"), _Claim.WORK_COMPUTES),
    **dict.fromkeys(("CCL301", "CCL302", "CCL303", "CCL310", "CCL311", "CCL312"), _Claim.SHARED),
    **dict.fromkeys(("CCL304", "CCL307", "CCL701", "CCL702"), _Claim.SHARED),
}
"""By code; a finding of another rule is about something that time does not show, and can only have run."""
_STATES = {
    _Claim.WAITS: _WAITING,
    _Claim.WORK_WAITS: _WAITING,
    _Claim.COMPUTES: _COMPUTING,
    _Claim.WORK_COMPUTES: _COMPUTING,
}
_OF_WORK = frozenset({_Claim.WORK_WAITS, _Claim.WORK_COMPUTES})


@dataclass(frozen=True, slots=True)
class Heat:
    """What a run spent on a finding's lines and below them, all threads together.

    `low` and `high` are the 95 % interval of `seconds`; `threads` is how many were seen there.
    """

    mark: Mark
    seconds: Seconds
    low: Seconds
    high: Seconds
    states: Mapping[State, Seconds]
    threads: int


def measure(
    findings: Sequence[Finding], profile: Profile, texts: Mapping[str, str], path_of: Callable[[str], str]
) -> list[Heat]:
    """For each finding what the run says of it.

    `texts` has the source by the findings' paths, `path_of` gives such a path as the profile has it.
    """
    statements = {path: _statements(text) for path, text in texts.items()}
    wanted: dict[tuple[str, int], set[int]] = defaultdict(set)
    for number, finding in enumerate(findings):
        for span in _spans(finding):
            for line in _lines(span, statements.get(span.path, {})):
                wanted[path_of(span.path), line].add(number)
    spent: list[dict[State, Seconds]] = [defaultdict(float) for _ in findings]
    threads: list[set[tuple[int, int]]] = [set() for _ in findings]
    for stack in profile.stacks:
        there = {number for frame in stack.frames for number in wanted.get((frame.path, frame.line), ())}
        for number in there:
            threads[number].add((stack.pid, stack.tid))
            for state, seconds in stack.states.items():
                spent[number][state] += seconds
    return [
        _heat(finding, profile, states, len(seen))
        for finding, states, seen in zip(findings, spent, threads, strict=True)
    ]


def by_heat(heat: Heat) -> tuple[int, Seconds]:
    """What costs most first; what is surely cold last."""
    order = (Mark.CONFIRMED, Mark.RAN, Mark.UNSEEN, Mark.COLD)
    return (order.index(heat.mark), -heat.seconds)


def has_run(findings: Iterable[Finding], profile: Profile, path_of: Callable[[str], str]) -> bool:
    """Whether the run has a file in common with the findings."""
    paths = {frame.path for stack in profile.stacks for frame in stack.frames}
    return any(path_of(finding.span.path) in paths for finding in findings)


def _heat(finding: Finding, profile: Profile, states: Mapping[State, Seconds], threads: int) -> Heat:
    claim = _CLAIMS.get(finding.code)
    relevant = _STATES.get(claim) if claim is not None else None
    total = sum(states.values())
    seconds = total if relevant is None else sum(of for state, of in states.items() if state in relevant)
    low, high = _between(profile, seconds, max(1, threads))
    return Heat(_mark(claim, total, low, high, threads, profile), seconds, low, high, dict(states), threads)


def _mark(claim: _Claim | None, total: Seconds, low: Seconds, high: Seconds, threads: int, profile: Profile) -> Mark:
    if claim is _Claim.SHARED:
        # So short a step is seldom met: not to have seen it says nothing.
        return Mark.CONFIRMED if threads > 1 else Mark.RAN if total else Mark.UNSEEN
    if claim is not None and low >= LEAST * profile.run.seconds:
        return Mark.CONFIRMED
    if high < LEAST * profile.run.seconds:
        return Mark.COLD
    return Mark.RAN if total else Mark.UNSEEN


def _between(profile: Profile, seconds: Seconds, threads: int) -> tuple[Seconds, Seconds]:
    """The 95 % interval of seconds that so many threads spent."""
    whole = profile.run.seconds * threads
    if whole <= 0:
        return (0.0, 0.0)
    low, high = interval(min(1.0, seconds / whole), profile.samples_of(whole))
    return (min(low * whole, seconds), max(high * whole, seconds))


def _spans(finding: Finding) -> Iterator[Span]:
    """Where the time would be: at the finding, or in the work that its chain leads to."""
    if _CLAIMS.get(finding.code) in _OF_WORK and finding.trace:
        yield from (step.span for step in finding.trace)
    else:
        yield finding.span


def _statements(text: str) -> Mapping[int, int]:
    """First line → last line of the largest statement that begins there, body and all."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    ends: dict[int, int] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt):
            ends[node.lineno] = max(ends.get(node.lineno, 0), node.end_lineno or node.lineno)
    return ends


def _lines(span: Span, statements: Mapping[int, int]) -> range:
    return range(span.line, max(span.end_line, statements.get(span.line, 0)) + 1)
