"""The map of a project: paths → what runs where, what it shares and under which locks."""

from collections.abc import Sequence
from pathlib import Path

from concurlint.catalog.effects import Effects
from concurlint.catalog.roles import Roles
from concurlint.config import Settings
from concurlint.effects.linking import link
from concurlint.effects.overview.records import Overview
from concurlint.effects.overview.tables import overview
from concurlint.facts.ahead import Ahead
from concurlint.facts.reading import Reader, collection_paused
from concurlint.project.modules import Project
from concurlint.shares import Share, share_out
from concurlint.source import find_sources


def survey(paths: Sequence[Path], settings: Settings, *, workers: int | None = 1) -> list[Overview]:
    """One map for each target that the files under `paths` are for; most projects have one.

    Raises `SourceError` for a path that cannot be read and `CatalogError` for a bad entry of the settings.
    """
    sources = find_sources(paths, settings)
    shares = share_out(sources.files, settings)
    with collection_paused(), Ahead(workers) as ahead:
        reader = Reader(ahead, keep=len(shares) > 1)
        return [_surveyed(share, reader) for share in shares]


def _surveyed(share: Share, reader: Reader) -> Overview:
    project = Project(share.files, reader.facts, reader.expect)
    effects, roles = Effects(share.config.calls), Roles(share.config.roles)
    program = link(project, share.files, share.config, effects, roles, everything=True)
    return overview(program, frozenset(share.configs))
