"""The judging of a measured run on one page: profile → verdicts."""

import contextlib
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from concurlint.catalog.effects import Effects
from concurlint.catalog.roles import Roles
from concurlint.catalog.trouble import CatalogError
from concurlint.changes.making import make_change
from concurlint.config import Config, ConfigError, load
from concurlint.decoding import decode
from concurlint.effects.linking import link
from concurlint.facts.ahead import Ahead
from concurlint.facts.reading import Reader, collection_paused
from concurlint.project.modules import Project
from concurlint.proof import holds
from concurlint.registry import VERDICTS
from concurlint.runtime.profile import Profile
from concurlint.source import SourceError, find_sources, project_root
from concurlint.suppress import silence
from concurlint.verdicts import left_undecided, machine_is_the_limit, no_progress, nothing_to_gain
from concurlint.verdicts.case import Case
from concurlint.verdicts.known import Known
from concurlint.verdicts.verdict import Verdict
from concurlint.verdicts.written import Written


def judge(profile: Profile, *, root: Path | None = None, cores: int | None = None) -> tuple[Verdict, ...]:
    """The verdicts on a run, those that would save most first; none on one that was too short to say.

    `root` is the folder of the project the script is in (found by the script without it); where its sources
    are not there, the verdicts say less. With `cores`, predictions are also made for a machine of so many.
    """
    case = case_of(profile, root=root, cores=cores)
    # Who waits for whom is seen at one look; all else is told by shares.
    found = list(no_progress.rule.ask(case)) or (_found(case) if case.is_enough else [])
    found = _silenced(case, found)
    found = [_with_change(case, verdict) for verdict in _doubted(found)]
    return tuple(sorted(found, key=lambda verdict: -sum(verdict.saves)))


def case_of(profile: Profile, *, root: Path | None = None, cores: int | None = None) -> Case:
    """The run with what its sources say of it; the parameters are those of `judge`."""
    paths = _own_paths(profile, root)
    if root is None and paths:
        root = project_root(paths)
    return _case(profile, root, paths, cores)


def _with_change(case: Case, verdict: Verdict) -> Verdict:
    """The verdict with the change that it asks for, where that can be made and has been tried on the rules."""
    change = make_change(case, verdict)
    if change is None or case.known is None or case.root is None:
        return verdict
    config = load(case.root, select=["CCL"], advice=True)
    if not holds(change, case.known.files, config):
        return verdict
    return replace(verdict, change=change)


_LAST = (nothing_to_gain.rule, left_undecided.rule)
"""What is said where nothing else is: that nothing is to be gained, if that can be claimed, or that it is not known."""


def _found(case: Case) -> list[Verdict]:
    found = [verdict for rule in VERDICTS if rule not in _LAST for verdict in rule.ask(case)]
    for rule in _LAST:
        found = found or list(rule.ask(case))
    return found


def _silenced(case: Case, found: list[Verdict]) -> list[Verdict]:
    """Those that no comment on their line silences."""
    texts = {case.shown(path): written.text for path, written in case.texts.items()}
    kept = silence([verdict.finding for verdict in found], texts).kept
    return [verdict for verdict in found if verdict.finding in kept]


def _doubted(found: list[Verdict]) -> list[Verdict]:
    """On a full machine the verdicts stay, but nobody may rely on their figures, and nothing is predicted."""
    if not any(verdict.finding.code == machine_is_the_limit.rule.code for verdict in found):
        return found
    warning = "The machine was full (CCL911): these figures are not to be trusted."
    return [
        verdict
        if verdict.finding.code == machine_is_the_limit.rule.code
        else replace(verdict, why=f"{verdict.why} {warning}", predictions=(), saves=(0.0, verdict.saves[1]))
        for verdict in found
    ]


def _case(profile: Profile, root: Path | None, paths: Collection[Path], cores: int | None) -> Case:
    """The run with its sources, as far as they are there."""
    texts: dict[str, Written] = {}
    for path in paths:
        with contextlib.suppress(OSError, SyntaxError, UnicodeDecodeError):
            texts[str(path)] = Written(decode(path.read_bytes()))
    known = None
    if root is not None and texts:
        # Without the static side a verdict says less, and is no less true.
        with contextlib.suppress(SourceError, ConfigError, CatalogError, OSError):
            known = _known([Path(path) for path in texts], load(root))
    return Case(profile, root=root, known=known, texts=texts, cores=cores)


def _known(paths: list[Path], config: Config) -> Known:
    """The files that were seen running, linked: the rest of the project has no part in the run's time."""
    with collection_paused():
        files = [source for source in find_sources(paths, config).files if source.asked]
        reader = Reader(Ahead(1))
        project = Project(files, reader.facts, reader.expect)
        program = link(project, files, config, Effects(config.calls), Roles(config.roles), everything=True)
        return Known(program, files)


def _own_paths(profile: Profile, root: Path | None) -> list[Path]:
    """The user's files that were seen running, and are there."""
    case = Case(profile, root=root, known=None, texts={}, cores=None)
    seen = {frame.path for stack in profile.stacks for frame in stack.frames if case.is_own(frame.path)}
    paths = [Path(case.absolute(path)) for path in sorted(seen)]
    return [path for path in paths if path.is_absolute() and path.is_file()]
