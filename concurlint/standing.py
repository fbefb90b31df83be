"""Answers that stand although files have changed: those that nobody opened, and nobody would open now."""

import hashlib
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from concurlint.answers import COMMENT, Answer, content_of, keep_answer, kept_answer, key_of
from concurlint.cache.store import Kind, Store
from concurlint.shares import Share
from concurlint.source import SourceFile

if TYPE_CHECKING:
    from concurlint.catalog.roles import Roles


@dataclass(frozen=True, slots=True)
class Glance:
    """All that was seen of a file that was not opened: what it imports, and that it has none of some words."""

    imports: bytes
    without: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """An answer, the content of every file it was found for, and what was seen of those that were not opened."""

    answer: Answer
    contents: tuple[bytes, ...]
    glances: Mapping[str, Glance]


_packer = msgspec.msgpack.Encoder()
_unpacker = msgspec.msgpack.Decoder(Standing)


def glances_at(files: Sequence[SourceFile], opened: set[str], sought: Mapping[str, set[str]]) -> dict[str, Glance]:
    """What was seen of each file that is not among those `opened`, by its reported name."""
    unopened = [source for source in files if source.name not in opened]
    return {source.name: Glance(_imports(source), tuple(sorted(sought.get(source.name, ())))) for source in unopened}


def keep(
    store: Store,
    files: Sequence[SourceFile],
    shares: Sequence[Share],
    answer: Answer,
    glances: Mapping[str, Glance],
    *,
    alone: bool,
) -> None:
    """Keep the answer for whoever asks the same of the same files, and of some of them with another content."""
    keep_answer(store, key_of(store, files, shares, alone=alone), answer)
    if glances:
        standing = Standing(answer, tuple(map(content_of, files)), glances)
        key = key_of(store, files, shares, alone=alone, contents=False)
        with suppress(UnicodeEncodeError):  # a file's name may be no text
            store.put(Kind.STANDING, key, zlib.compress(_packer.encode(standing), 1))


def kept(store: Store, files: Sequence[SourceFile], shares: Sequence[Share], *, alone: bool) -> Answer | None:
    """The answer to the same question, if it was asked before or all that has changed since is nothing to it."""
    key = key_of(store, files, shares, alone=alone)
    answer = kept_answer(store, key)
    if answer is None and len(shares) == 1:
        answer = _standing(store, files, shares[0], key_of(store, files, shares, alone=alone, contents=False))
        if answer is not None:
            keep_answer(store, key, answer)
    return answer


def _standing(store: Store, files: Sequence[SourceFile], share: Share, key: bytes) -> Answer | None:
    packed = store.get(Kind.STANDING, key)
    if packed is None:
        return None
    try:
        standing = _unpacker.decode(zlib.decompress(packed))
    except (msgspec.MsgspecError, zlib.error):
        return None
    if len(standing.contents) != len(files):
        return None
    pairs = zip(files, standing.contents, strict=True)
    changed = [source for source, content in pairs if content_of(source) != content]
    if any(source.name not in standing.glances or _is_spoken_of(source, standing.answer) for source in changed):
        return None
    from concurlint.catalog.roles import Roles

    roles = Roles(share.config.roles)
    is_same = all(_looks_the_same(source, standing.glances[source.name], roles) for source in changed)
    return standing.answer if is_same else None


def _is_spoken_of(source: SourceFile, answer: Answer) -> bool:
    """Whether the answer says, or would now have to say, something of the file for its own sake."""
    return source.name in answer.shown or source.name in answer.skipped or COMMENT.search(source.data) is not None


def _looks_the_same(source: SourceFile, glance: Glance, roles: "Roles") -> bool:
    """Whether a file that was not opened then would not be opened now; one that is broken now does not."""
    from concurlint.catalog.traits import gil_pattern
    from concurlint.facts.reading import find_trouble
    from concurlint.project.loading import has_trace, mentions

    if gil_pattern().search(source.data) or has_trace(source, roles):
        return False
    if _imports(source) != glance.imports or (glance.without and mentions(glance.without, source.data)):
        return False
    return find_trouble(source) is None


def _imports(source: SourceFile) -> bytes:
    from concurlint.project.loading import imports_in

    return hashlib.blake2b(imports_in(source.data), digest_size=16).digest()
