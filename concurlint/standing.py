"""Answers that stand although files have changed, in ways that matter to nobody but their readers."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from concurlint.answers import (
    COMMENT,
    Answer,
    Told,
    answer_of,
    asked_of,
    content_of,
    ground_of,
    keep_answer,
    kept_answer,
    key_of,
    names_in,
)
from concurlint.cache.store import Kind, Store
from concurlint.edits import Lines, Quiet, any_of, has_word, quiet_edit
from concurlint.finding import Finding, Span
from concurlint.shares import Share
from concurlint.source import SourceFile

if TYPE_CHECKING:
    from concurlint.catalog.roles import Roles


@dataclass(frozen=True, slots=True)
class Seen:
    """What a run has found, and all that it has seen of files: which were `opened`, and which are `broken`.

    `sought` are the words that a file was looked through for; `mendable` the files with findings that may have a fix,
    which depends on every character. With `everything`, what was asked about was read whether
    it had a trace of concurrency or not.
    """

    told: Told
    opened: frozenset[str]
    sought: Mapping[str, tuple[str, ...]]
    broken: tuple[str, ...]
    mendable: tuple[str, ...]
    everything: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """What a run has seen, the content of every file then, and the settings of each that was asked about."""

    seen: Seen
    contents: tuple[bytes, ...]
    configs: tuple[str, ...]
    settings: Mapping[str, int]


_packer = msgspec.msgpack.Encoder()
_unpacker = msgspec.msgpack.Decoder(Standing)


def keep(
    store: Store,
    files: Sequence[SourceFile],
    shares: Sequence[Share],
    answer: Answer,
    seen: Seen | None,
    *,
    alone: bool,
) -> None:
    """Keep the answer for whoever asks the same of the same files; and what was `seen` for those who ask otherwise."""
    keep_answer(store, key_of(store, files, shares, alone=alone), answer)
    if seen is None:
        return
    spelled = _spelled(shares[0])
    numbers = {text: number for number, text in enumerate(dict.fromkeys(spelled.values()))}
    contents = tuple(map(content_of, files))
    standing = Standing(seen, contents, tuple(numbers), {name: numbers[text] for name, text in spelled.items()})
    with suppress(UnicodeEncodeError):  # a file's name may be no text
        packed = zlib.compress(_packer.encode(standing), 1)
        ground = ground_of(store, files, shares[0])
        for key in {_key(ground, files), *([ground] if all(source.asked for source in files) else [])}:
            store.put(Kind.STANDING, key, packed)
    for source, content in zip(files, contents, strict=True):
        if _is_plain(source) and store.get(Kind.TEXT, content) is None:
            store.put(Kind.TEXT, content, zlib.compress(source.data, 1))


def kept(store: Store, files: Sequence[SourceFile], shares: Sequence[Share], *, alone: bool) -> Answer | None:
    """The answer to the same question, if it was asked before or all that has changed since is nothing to it."""
    key = key_of(store, files, shares, alone=alone)
    answer = kept_answer(store, key)
    if answer is None and len(shares) == 1 and not alone:
        ground = ground_of(store, files, shares[0])
        for kept_under in (_key(ground, files), ground):
            standing = _standing(store, kept_under)
            answer = _Question(store, files, shares[0]).answer(standing) if standing is not None else None
            if answer is not None:
                keep_answer(store, key, answer)
                break
    return answer


def _key(ground: bytes, files: Sequence[SourceFile]) -> bytes:
    return ground + asked_of(files)


def _standing(store: Store, key: bytes) -> Standing | None:
    packed = store.get(Kind.STANDING, key)
    try:
        return _unpacker.decode(zlib.decompress(packed)) if packed is not None else None
    except (msgspec.MsgspecError, zlib.error):
        return None


def _is_plain(source: SourceFile) -> bool:
    """Whether a file is Python as it lies there, not a notebook or the like."""
    return not (source.trouble or source.is_notebook or source.cells or source.shown is not None)


def _spelled(share: Share) -> dict[str, str]:
    """The settings of each file that is asked about, in words; many share theirs."""
    words: dict[int, str] = {}
    for config in share.configs.values():
        if id(config) not in words:
            words[id(config)] = repr(config)
    return {name: words[id(config)] for name, config in share.configs.items()}


class _Question:
    """Files that are asked about now, put to what was seen of them once."""

    def __init__(self, store: Store, files: Sequence[SourceFile], share: Share) -> None:
        self._store = store
        self._files = files
        self._share = share

    def answer(self, standing: Standing) -> Answer | None:
        """What follows from it; None where the files must be looked at again."""
        if len(standing.contents) != len(self._files) or not self._is_part_of(standing):
            return None
        pairs = zip(self._files, standing.contents, strict=True)
        changed = {source.name: (source, content) for source, content in pairs if content_of(source) != content}
        told = self._moved(standing.seen, changed) if changed else standing.seen.told
        return answer_of(told, self._files, self._share.configs) if told is not None else None

    def _is_part_of(self, standing: Standing) -> bool:
        """Whether all that is asked about was asked about then, with the same settings and the same outcome."""
        now = _spelled(self._share)
        then = {name: standing.configs[number] for name, number in standing.settings.items()}
        if any(then.get(name) != text for name, text in now.items()):
            return False
        if len(now) == len(then):
            return True
        return not standing.seen.everything and has_root(self._share.config.root)

    def _moved(self, seen: Seen, changed: Mapping[str, tuple[SourceFile, bytes]]) -> Told | None:
        """What was found, where it is now."""
        from concurlint.catalog.roles import Roles
        from concurlint.facts.reading import find_trouble

        roles = Roles(self._share.config.roles)
        edits: dict[str, Quiet] = {}
        for name, (source, content) in changed.items():
            sought = seen.sought.get(name, ())
            old = self._old(source, content)
            if old is None or name in seen.broken or not _looks_the_same(old, source, sought, roles):
                return None
            if name not in seen.opened:
                if _is_spoken_of(old, source, seen.told) or find_trouble(source) is not None:
                    return None
                continue
            edit = quiet_edit(old.data, source.data) if name not in seen.mendable else None
            if edit is None:
                return None
            edits[name] = edit
        words = {word for edit in edits.values() for word in edit.words}
        if words and not self._are_unheard_of(words, seen, edits):
            return None
        return _moved(seen.told, {name: edit.lines for name, edit in edits.items()})

    def _old(self, source: SourceFile, content: bytes) -> SourceFile | None:
        """The file as it was."""
        packed = self._store.get(Kind.TEXT, content) if _is_plain(source) else None
        with suppress(zlib.error):
            return replace(source, data=zlib.decompress(packed)) if packed is not None else None
        return None

    def _are_unheard_of(self, words: set[str], seen: Seen, edits: Mapping[str, Quiet]) -> bool:
        """Whether nothing that was read, no setting and no fact on libraries has one of the words."""
        from concurlint.catalog.tables import texts

        config = self._share.config
        if config.threads == "assumed" or config.thread_safe:
            return False
        names = any_of(words)
        if any(map(names.search, (repr(config).encode("utf-8", "surrogatepass"), *texts()))):
            return False
        read = [edits[s.name].rest if s.name in edits else s.data for s in self._files if s.name in seen.opened]
        return not any(has_word(text, names) for text in read)


def has_root(folder: Path) -> bool:
    """Whether a file shows that this is the folder of a project, whatever of it is asked about."""
    from concurlint.catalog.purposes import root_files

    return any((folder / name).is_file() for name in root_files())


def _is_spoken_of(old: SourceFile, new: SourceFile, told: Told) -> bool:
    """Whether something is said, or would now have to be said, of a file for its own sake."""
    if COMMENT.search(old.data) or COMMENT.search(new.data) or new.name in told.skipped:
        return True
    return any(finding.span.path == new.name for finding in told.kept)


def _looks_the_same(old: SourceFile, new: SourceFile, sought: Sequence[str], roles: Roles) -> bool:
    """Whether a file looks as it did to those who only look for words in it, or for what it imports."""
    from concurlint.catalog.purposes import file_purpose
    from concurlint.catalog.traits import gil_pattern
    from concurlint.project.loading import guards, has_trace, imports_in, mentions, shares

    def look(source: SourceFile) -> tuple[object, ...]:
        return (
            has_trace(source, roles),
            guards(source),
            shares(source),
            gil_pattern().search(source.data) is not None,
            imports_in(source.data),
            file_purpose(source.path.name, source.data),
            [mentions((word,), source.data) for word in sought],
        )

    return look(old) == look(new)


def _moved(told: Told, moves: Mapping[str, Lines]) -> Told | None:
    """The same findings where their lines are now; None where one of these is gone."""
    try:
        return replace(told, kept=tuple(_finding_moved(finding, moves) for finding in told.kept))
    except KeyError:
        return None


def _finding_moved(finding: Finding, moves: Mapping[str, Lines]) -> Finding:
    if not any(name in moves for name in names_in(finding)):
        return finding
    trace = tuple(replace(step, span=_span_moved(step.span, moves)) for step in finding.trace)
    return replace(finding, span=_span_moved(finding.span, moves), trace=trace)


def _span_moved(span: Span, moves: Mapping[str, Lines]) -> Span:
    lines = moves.get(span.path)
    if lines is None:
        return span
    # What stands on the first line may be meant for the whole file, and stays there then.
    if span.line == 1 and lines[1] != 1:
        raise KeyError(1)
    return replace(span, line=lines[span.line], end_line=lines[span.end_line])
