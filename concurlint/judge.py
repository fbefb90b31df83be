"""The judging of a measured run on one page: profile → verdicts."""

import contextlib
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from concurlint.catalog.effects import CatalogError, Effects
from concurlint.catalog.roles import Roles
from concurlint.config import Config, ConfigError, load
from concurlint.effects.linking import link
from concurlint.facts.ahead import Ahead
from concurlint.facts.parsing import collection_paused
from concurlint.facts.reading import Reader
from concurlint.project.modules import Project
from concurlint.registry import VERDICTS
from concurlint.runtime.profile import Profile
from concurlint.source import SourceError, decode, find_sources, project_root
from concurlint.suppress import silence
from concurlint.verdicts import machine_is_the_limit, nothing_to_gain
from concurlint.verdicts.case import Case
from concurlint.verdicts.known import Known
from concurlint.verdicts.verdict import Verdict
from concurlint.verdicts.written import Written


def judge(profile: Profile, *, root: Path | None = None, cores: int | None = None) -> tuple[Verdict, ...]:
    """The verdicts on a run, those that would save most first; none on one that was too short to say.

    `root` is the folder of the project the script is in (found by the script without it); where its sources
    are not there, the verdicts say less. With `cores`, predictions are also made for a machine of so many.
    """
    paths = _own_paths(profile, root)
    if root is None and paths:
        root = project_root(paths)
    case = _case(profile, root, paths, cores)
    if not case.is_enough:
        return ()
    found = [verdict for rule in VERDICTS if rule is not nothing_to_gain.rule for verdict in rule.ask(case)]
    found = _silenced(case, found or list(nothing_to_gain.rule.ask(case)))
    return tuple(sorted(_doubted(found), key=lambda verdict: -sum(verdict.saves)))


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
        return Known(link(project, files, config, Effects(config.calls), Roles()), files)


def _own_paths(profile: Profile, root: Path | None) -> list[Path]:
    """The user's files that were seen running, and are there."""
    case = Case(profile, root=root, known=None, texts={}, cores=None)
    seen = {frame.path for stack in profile.stacks for frame in stack.frames if case.is_own(frame.path)}
    paths = [Path(case.absolute(path)) for path in sorted(seen)]
    return [path for path in paths if path.is_absolute() and path.is_file()]
