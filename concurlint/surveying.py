"""The map of a project: paths → what runs where, what it shares and under which locks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Survey:
    """The maps of a project, one for each target that its files are for, and the text of every file by its name."""

    overviews: tuple[Overview, ...]
    texts: Mapping[str, str]


def survey(paths: Sequence[Path], settings: Settings, *, workers: int | None = 1) -> Survey:
    """Read the files under `paths` within their project, and map them.

    Raises `SourceError` for a path that cannot be read and `CatalogError` for a bad entry of the settings.
    """
    sources = find_sources(paths, settings)
    shares = share_out(sources.files, settings)
    with collection_paused(), Ahead(workers) as ahead:
        reader = Reader(ahead, keep=len(shares) > 1)
        overviews = tuple(_surveyed(share, reader) for share in shares)
    return Survey(overviews, {source.name: source.text for source in sources.files})


def _surveyed(share: Share, reader: Reader) -> Overview:
    project = Project(share.files, reader.facts, reader.expect)
    effects, roles = Effects(share.config.calls), Roles(share.config.roles)
    program = link(project, share.files, share.config, effects, roles, everything=True)
    return overview(program, frozenset(share.configs))
