"""What the static side says of the lines that a measured run spent its time on."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from concurlint.config import Nearest
from concurlint.finding import Finding
from concurlint.heat import LEAST, Heat, Mark, by_heat, measure
from concurlint.linting import lint_sources
from concurlint.report.profiled.paths import is_library
from concurlint.runtime.profile import Profile, caller_lines
from concurlint.source import find_sources
from concurlint.trouble import UserError

_MOST_FILES = 20
MOST = 10
"""Findings that are told: those of the rest cost little."""


@dataclass(frozen=True, slots=True)
class HotFinding:
    """A finding of `concurlint check` on a line that took part of the run, and what it took."""

    finding: Finding
    heat: Heat


def hot_findings(profile: Profile, judged: Collection[tuple[str, int]]) -> tuple[HotFinding, ...]:
    """Those of which the run surely spent a part on their lines, most first; advice counts.

    Lines in `judged` (as reported, from the current folder) are left out: a verdict says more. The files are looked
    at with what they call, not with the whole project: a run must not wait for that.
    """
    files = _hot_files(profile)
    if not files:
        return ()
    try:
        settings = Nearest({"advice": True})
        result = lint_sources(find_sources(files, settings), settings, alone=True)
    except UserError:  # settings or sources that cannot be used are for `check` to tell
        return ()
    paths = {frame.path for stack in profile.stacks for frame in stack.frames}

    def path_of(reported: str) -> str:
        here = str(Path.cwd() / reported)
        return str(Path(here).resolve()) if here not in paths else here

    heats = measure(result.findings, profile, result.texts, path_of)
    found = [
        HotFinding(finding, heat)
        for finding, heat in zip(result.findings, heats, strict=True)
        if heat.mark in (Mark.CONFIRMED, Mark.RAN)
        and heat.low >= LEAST * profile.run.seconds
        and (finding.span.path, finding.span.line) not in judged
    ]
    return tuple(sorted(found, key=lambda one: (*by_heat(one.heat), one.finding.sort_key))[:MOST])


def _hot_files(profile: Profile) -> list[Path]:
    """The program's own files in which the run spent its time, most first."""
    sums: dict[str, float] = {}
    for line in caller_lines(profile, lambda path: not is_library(path)):
        sums[line.path] = sums.get(line.path, 0.0) + line.seconds
    ranked = sorted(sums, key=lambda path: -sums[path])
    hot = [path for path in ranked if sums[path] >= LEAST * profile.run.seconds]
    return [Path(path) for path in hot[:_MOST_FILES] if Path(path).is_absolute() and Path(path).is_file()]
