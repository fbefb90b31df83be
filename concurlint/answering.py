"""The answer to a question: kept from a run before, or worked out for each island of files that is not known yet."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from concurlint.answers import Answer, answer_of, keep_answer, kept_answer, key_of, merged
from concurlint.cache.store import Store
from concurlint.config import Settings
from concurlint.partition import groups
from concurlint.shares import Share, share_out
from concurlint.source import SourceFile
from concurlint.standing import has_root, keep, kept
from concurlint.watching import Watch

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from concurlint.facts.ahead import Ahead
    from concurlint.facts.memory import Memory


_MANY = 8
"""Islands; where there are more, hardly one is worth a process to parse it, and all together may be."""


@dataclass(frozen=True, slots=True)
class Means:
    """What a run works with: who parses, what earlier runs have left, and who is told."""

    workers: int | None
    executor: "Executor | None"
    memory: "Memory | None"
    store: Store | None
    watch: Watch


@dataclass(frozen=True, slots=True)
class _Island:
    """Files that can reach one another, and the shares that some of them are asked about in."""

    files: Sequence[SourceFile]
    shares: Sequence[Share]


def answer(
    files: Sequence[SourceFile], shares: Sequence[Share], settings: Settings, means: Means, *, alone: bool
) -> Answer:
    """What is to be said of those files of a project that are asked about, see `lint_sources`."""
    store = means.store
    if store is None:
        return _worked_out(files, shares, settings, means, alone=alone)
    key = key_of(store, files, shares, alone=alone)
    found = kept_answer(store, key)
    if found is None:
        found = _worked_out(files, shares, settings, means, alone=alone)
        keep_answer(store, key, found)
    return found


def _worked_out(
    files: Sequence[SourceFile], shares: Sequence[Share], settings: Settings, means: Means, *, alone: bool
) -> Answer:
    """What is nothing to do with a change is answered as before; the rest is analysed."""
    found = [(island, _kept(means.store, island, alone=alone)) for island in _islands(files, shares, means.store)]
    if all(known is not None for _, known in found):
        return merged([known for _, known in found if known is not None])
    # Nothing of this is loaded where runs before have found all answers.
    from concurlint.analysing import expect
    from concurlint.facts.ahead import Ahead
    from concurlint.facts.memory import Memory

    store = means.store
    if means.memory is None and store is not None:
        means = replace(means, memory=Memory(store=store))
    wider = _all_asked(files, shares, settings) if store is not None and not alone else None
    with (
        store.turn() if store is not None else nullcontext(False) as has_waited,
        Ahead(means.workers, means.executor) as ahead,
    ):
        answers = []
        left = [share for island, before in found if before is None for share in island.shares]
        if len(left) > _MANY and not alone:
            expect(left, ahead, means.memory)
        for island, before in found:
            known = before or (_kept(store, island, alone=alone) if has_waited else None)
            answers.append(known or _analysed(island, wider, means, ahead, alone=alone))
    return merged(answers)


def _kept(store: Store | None, island: _Island, *, alone: bool) -> Answer | None:
    return kept(store, island.files, island.shares, alone=alone) if store is not None else None


def _analysed(island: _Island, wider: _Island | None, means: Means, ahead: "Ahead", *, alone: bool) -> Answer:
    from concurlint.analysing import analyse

    asked = _part(wider, {source.name for source in island.files}) if wider is not None else island
    found, seen = analyse(asked.files, asked.shares, ahead=ahead, memory=means.memory, alone=alone, watch=means.watch)
    if means.store is not None and not found.troubles:
        keep(means.store, asked.files, asked.shares, found, seen, alone=alone)
    if wider is not None and seen is not None:
        return replace(answer_of(seen.told, island.files, island.shares[0].configs), troubles=found.troubles)
    return found


def _islands(files: Sequence[SourceFile], shares: Sequence[Share], store: Store | None) -> list[_Island]:
    """Those in which something is asked about."""
    whole = _Island(files, shares)
    found = groups(files, store)
    parts = [_part(whole, names) for names in found] if len(found) > 1 else [whole]
    return [part for part in parts if part.shares]


def _part(whole: _Island, names: set[str]) -> _Island:
    parts = [share.within(names) for share in whole.shares]
    return _Island(
        [source for source in whole.files if source.name in names], [share for share in parts if share.configs]
    )


def _all_asked(files: Sequence[SourceFile], shares: Sequence[Share], settings: Settings) -> _Island | None:
    """The same as if all files had been asked about; None where that is another question to those who are.

    It takes hardly longer, and whoever asks for another file next finds the answer.
    """
    from concurlint.analysing import asks_all

    everyone = [replace(source, asked=True) for source in files]
    wider = share_out(everyone, settings)
    if len(shares) != 1 or len(wider) != 1 or len(wider[0].configs) == len(shares[0].configs):
        return None
    config = shares[0].config
    is_same = repr(config) == repr(wider[0].config) and has_root(config.root) and not asks_all(wider[0])
    return _Island(everyone, wider) if is_same else None
