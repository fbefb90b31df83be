"""`check --profile`: findings in the order of what a measured run spent on them."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

import click

from concurlint.finding import Finding, Span
from concurlint.heat import Heat, by_heat, has_run, measure
from concurlint.report.found import Found
from concurlint.report.heated import properties, summary, told
from concurlint.report.profiled.paths import measured_path
from concurlint.runtime.kept import load_run
from concurlint.runtime.profile import Profile


@dataclass(frozen=True)
class Ranked:
    """The findings as they are to be shown, and what is to be said once of all; "" of none."""

    found: Found
    summary: str


def rank(found: Found, run: str) -> Ranked:
    """What costs most in the run first, each with what was measured of it. ProfileError for a bad file."""
    profile = load_run(run)
    if not found.findings:
        return Ranked(found, "")
    paths = _Paths(profile)
    if not has_run(found.findings, profile, paths.of):
        raise click.ClickException(f"{run}: the run and what is checked have no file in common")
    heats = measure(found.findings, profile, found.texts, paths.of)
    ranked = sorted(zip(found.findings, heats, strict=True), key=_order)
    return Ranked(
        replace(
            found,
            findings=[finding for finding, _ in ranked],
            properties=[properties(heat) for _, heat in ranked],
            notes=[told(heat) for _, heat in ranked],
        ),
        f"{summary(heats)}{paths.newer()}",
    )


def _order(one: tuple[Finding, Heat]) -> tuple[int, float, tuple[Span, str, str]]:
    return (*by_heat(one[1]), one[0].sort_key)


class _Paths:
    """The checked files by the names that the run has for them: it may have been made in another folder."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._paths = {frame.path for stack in profile.stacks for frame in stack.frames}
        self._known: dict[str, str] = {}

    def of(self, reported: str) -> str:
        """The path that the run has for a file as it is reported."""
        if reported not in self._known:
            here = os.path.abspath(reported)  # noqa: PTH100 - as the program names it, links and all
            self._known[reported] = here if here in self._paths else measured_path(reported, self._paths)
        return self._known[reported]

    def newer(self) -> str:
        """Which files have changed since the run, whose lines may have moved."""
        ended = self._profile.run.started + self._profile.run.seconds
        changed = [name for name in self._known if _is_newer(Path(name), ended)]
        if not changed:
            return ""
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        return f"; {changed[0]}{more} changed after the run: lines may have moved"


def _is_newer(path: Path, moment: float) -> bool:
    try:
        return path.stat().st_mtime > moment
    except OSError:
        return False
