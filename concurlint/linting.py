"""The static run on one page: paths → findings."""

import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from concurlint.answering import Means, answer
from concurlint.baseline import compare, entries, gone_note, part
from concurlint.cache.place import NO_CACHE, Caching
from concurlint.cache.store import Store
from concurlint.config import Config, Settings, find_project
from concurlint.documents import Cell
from concurlint.finding import Finding
from concurlint.revision import Changes
from concurlint.shares import share_out
from concurlint.source import NOTHING_UNSAVED, Sources, Unsaved, find_sources, shown_path
from concurlint.watching import Unwatched, Watch

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from concurlint.facts.memory import Memory


@dataclass(frozen=True, slots=True)
class Result:
    """What a run found.

    `findings` are sorted and those silenced by comments or configuration left out; `files` is how many
    were checked; `seconds` the wall time; `troubles` one line each for what went wrong inside, `notes` for what
    the user should know; `texts` the source of every file that a finding or its trace names; `cells` those of
    notebooks, whose lines are counted through all of them; `configs` the settings of every file that was checked,
    by its name. Not among `findings` are those `known` from a baseline, and the `held_back`, which only `pedantic`
    shows.
    """

    findings: tuple[Finding, ...]
    files: int
    seconds: float
    troubles: tuple[str, ...]
    texts: Mapping[str, str]
    cells: Mapping[str, tuple[Cell, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    configs: Mapping[str, Config] = field(default_factory=dict)
    known: tuple[Finding, ...] = ()
    held_back: int = 0


def lint(
    paths: Sequence[Path],
    settings: Settings,
    *,
    workers: int | None = 1,
    executor: "Executor | None" = None,
    unsaved: Unsaved = NOTHING_UNSAVED,
    baselines: bool = True,
    cache: Caching = NO_CACHE,
    watch: Watch | None = None,
) -> Result:
    """Check the files under `paths` within their project; what is `unsaved` counts as if it were on the disk.

    `settings` are one `Config` for all, or whoever knows that of each file. Without `baselines`, what they hold is
    found like anything else.

    With more than one of `workers` (None: one for each usable core), many files are parsed in as many
    processes; the caller's main module must be guarded then, as for any use of `multiprocessing`. With an
    `executor` it is its workers that parse, in processes or on other machines. The result is the same.

    Raises `SourceError` for a path that cannot be checked and `CatalogError` for a bad entry of
    `[tool.concurlint.calls]` or `[tool.concurlint.roles]`.
    """
    start = time.perf_counter()
    watch = watch or Unwatched()
    watch.begin("looking for files")
    sources = find_sources(paths, settings, unsaved)
    with opened(cache, sources, settings) as store:
        result = lint_sources(sources, settings, workers=workers, executor=executor, store=store, watch=watch)
    result = without_known(result) if baselines else result
    return replace(result, seconds=time.perf_counter() - start)


def lint_changes(
    paths: Sequence[Path],
    settings: Settings,
    changes: Changes,
    *,
    workers: int | None = 1,
    executor: "Executor | None" = None,
    cache: Caching = NO_CACHE,
    watch: Watch | None = None,
) -> Result:
    """Check as `lint` does, and leave out what was there before the changes: a finding far away may be due to them."""
    start = time.perf_counter()
    sources = find_sources(paths, settings), find_sources(paths, settings, changes.before)
    with opened(cache, sources[0], settings) as store:
        from concurlint.facts.memory import Memory

        memory = Memory(store=store)
        now, before = (
            lint_sources(each, settings, workers=workers, executor=executor, memory=memory, store=store, watch=watch)
            for each in sources
        )
    called = {shown_path(old): shown_path(new) for old, new in changes.renamed.items()}
    there = [replace(e, path=called.get(e.path, e.path)) for e in entries(before.findings, before.texts)]
    compared = compare(now.findings, entries(now.findings, now.texts), there, set(now.configs))
    result = without_known(replace(now, findings=compared.new))
    return replace(result, seconds=time.perf_counter() - start)


def opened(
    cache: Caching, sources: Sources, settings: Settings, *, reading: bool = False
) -> AbstractContextManager[Store | None]:
    """The store that is for these files, if one is wanted; see `Caching.opened`."""
    is_project = find_project(sources.root) is not None
    return cache.opened(sources.root, settings.of(sources.root).cache_dir, is_project=is_project, reading=reading)


def without_known(result: Result) -> Result:
    """Leave out what the baselines of the settings hold, and note what of it is gone."""
    parted = part(result.findings, result.texts, result.configs)
    gone = (gone_note(kept) for kept in parted.baselines if kept.gone)
    return replace(result, findings=parted.new, known=parted.known, notes=(*result.notes, *gone))


def lint_sources(
    sources: Sources,
    settings: Settings,
    *,
    workers: int | None = 1,
    executor: "Executor | None" = None,
    memory: "Memory | None" = None,
    store: Store | None = None,
    alone: bool = False,
    watch: Watch | None = None,
) -> Result:
    """Check the files of a project that are asked about; `memory` has what earlier runs have read.

    In the `store` is what other processes have found and read, and it gets what this one does.

    `alone`: start from these files and see what they lead to, but not who else leads to them or shares what
    they use. That is quick, and not the whole truth.
    """
    start = time.perf_counter()
    watch = watch or Unwatched()
    shares = share_out(sources.files, settings)
    by_name = {source.name: source for source in sources.files}
    means = Means(workers, executor, memory, store, watch)
    told = answer(sources.files, shares, settings, means, alone=alone)
    return Result(
        findings=told.findings,
        files=sum(len(share.configs) for share in shares),
        seconds=time.perf_counter() - start,
        troubles=told.troubles,
        texts={name: by_name[name].text for name in told.shown},
        cells={name: by_name[name].cells for name in told.shown if by_name[name].cells},
        configs={name: config for share in shares for name, config in share.configs.items()},
        notes=(
            *(f"no Python files to check under {path}" for path in sources.barren),
            *(f"{name} was skipped: Python reads it, concurlint's parser does not" for name in told.skipped),
        ),
        held_back=told.held_back,
    )
