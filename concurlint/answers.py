"""What a run found, and all that it depends on in one key: where nothing has changed, the answer stands."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from concurlint.cache.stamp import of_answers
from concurlint.cache.store import Kind, Store
from concurlint.config import Config
from concurlint.documentation import pages_of
from concurlint.finding import Finding
from concurlint.shares import Share
from concurlint.source import SourceFile

COMMENT = re.compile(rb"(?i)#.*(?:CCL\d|concurlint:)")
"""In a file with such a comment a run may have something to say of it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is found in the files of a project that were asked about.

    `findings` are sorted, those silenced left out; `shown` are the names of the files whose text a report may need;
    `held_back` counts what only `pedantic` shows; `troubles` are what went wrong inside; `skipped`
    are files that only Python's own parser reads.
    """

    findings: tuple[Finding, ...]
    shown: tuple[str, ...]
    held_back: int = 0
    troubles: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """All that was found, before it is chosen from for those who ask.

    `kept` is what no comment silences; `named` are the files that silenced findings name, by the file these are in.
    """

    kept: tuple[Finding, ...]
    named: Mapping[str, tuple[str, ...]]
    skipped: tuple[str, ...]


_packer = msgspec.msgpack.Encoder()
_unpacker = msgspec.msgpack.Decoder(Answer)


def answer_of(told: Told, files: Sequence[SourceFile], configs: Mapping[str, Config]) -> Answer:
    """What is to be said of the files that have settings, which are those asked about."""
    kept = [finding for finding in told.kept if finding.span.path in configs]
    shown = [finding for finding in kept if configs[finding.span.path].pedantic or not finding.is_pedantic]
    names = {source.name for source in files if source.name in configs and COMMENT.search(source.data)}
    names |= {name for path, named in told.named.items() if path in configs for name in (path, *named)}
    names |= {name for finding in kept for name in names_in(finding)}
    return Answer(
        findings=tuple(sorted(shown, key=lambda f: f.sort_key)),
        shown=tuple(sorted(names)),
        held_back=len(kept) - len(shown),
        skipped=tuple(name for name in told.skipped if name in configs),
    )


def merged(answers: Sequence[Answer]) -> Answer:
    """One answer of several, about files that have nothing to do with one another."""
    return Answer(
        findings=tuple(sorted((each for answer in answers for each in answer.findings), key=lambda f: f.sort_key)),
        shown=tuple(sorted({name for answer in answers for name in answer.shown})),
        held_back=sum(answer.held_back for answer in answers),
        troubles=tuple(dict.fromkeys(trouble for answer in answers for trouble in answer.troubles)),
        skipped=tuple(sorted(name for answer in answers for name in answer.skipped)),
    )


def names_in(finding: Finding) -> tuple[str, ...]:
    """The files that a finding names."""
    return (finding.span.path, *(step.span.path for step in finding.trace))


def content_of(source: SourceFile) -> bytes:
    """The fingerprint of what is in a file."""
    found = hashlib.blake2b(source.data, digest_size=16)
    if source.shown is not None or source.cells or source.trouble:
        found.update(repr((source.shown, source.cells, source.trouble)).encode("utf-8", "surrogatepass"))
    return found.digest()


def key_of(store: Store, files: Sequence[SourceFile], shares: Sequence[Share], *, alone: bool = False) -> bytes:
    """The fingerprint of everything that the answer depends on."""
    parts = [b"".join(map(content_of, files)), b"alone" if alone else b"whole", asked_of(files)]
    for share in shares:
        parts += (b"share", *_settings(share), *_purposes(share, alone=alone))
    return _fingerprint(store, parts, files, shares)


def ground_of(store: Store, files: Sequence[SourceFile], share: Share) -> bytes:
    """The same but for the contents of files, and which of them are asked about."""
    settings = repr(share.config).encode("utf-8", "surrogatepass")
    return _fingerprint(store, [settings, *_purposes(share, alone=False)], files, [share])


def asked_of(files: Sequence[SourceFile]) -> bytes:
    """Which of the files are asked about."""
    return bytes(source.asked for source in files)


def _fingerprint(store: Store, parts: list[bytes], files: Sequence[SourceFile], shares: Sequence[Share]) -> bytes:
    whole = hashlib.blake2b(digest_size=20, key=of_answers(store))
    for part in (*parts, *places(files), *_pages({share.config.root: None for share in shares})):
        whole.update(len(part).to_bytes(8, "little"))
        whole.update(part)
    return whole.digest()


def places(files: Sequence[SourceFile]) -> Iterable[bytes]:
    """Where each file is, and by which names it is imported."""
    for source in files:
        named = (source.path.as_posix(), source.name, source.module, *source.aliases)
        yield repr((named, source.is_package, source.is_notebook)).encode("utf-8", "surrogatepass")


def _settings(share: Share) -> Iterable[bytes]:
    configs: dict[int, int] = {}
    for name, config in share.configs.items():
        if id(config) not in configs:
            configs[id(config)] = len(configs)
            yield repr(config).encode("utf-8", "surrogatepass")
        yield f"{name}\0{configs[id(config)]}".encode("utf-8", "surrogatepass")


def _purposes(share: Share, *, alone: bool) -> Iterable[bytes]:
    """What the files are there for, which depends on what else is there."""
    purposes = share.purposes(alone=alone)
    yield " ".join(purposes.of(source.name) for source in share.files).encode()


def _pages(roots: Iterable[Path]) -> Iterable[bytes]:
    for root in roots:
        for path in pages_of(root):
            yield path.as_posix().encode("utf-8", "surrogatepass")
            try:
                yield path.read_bytes()
            except OSError:
                yield b"unreadable"


def kept_answer(store: Store, key: bytes) -> Answer | None:
    """The answer that was kept under a key, if there is one."""
    packed = store.get(Kind.ANSWER, key)
    try:
        return _unpacker.decode(packed) if packed is not None else None
    except msgspec.MsgspecError:
        return None


def keep_answer(store: Store, key: bytes, answer: Answer) -> None:
    """Keep it for whoever asks the same; nothing that broke is kept."""
    if not answer.troubles:
        with suppress(UnicodeEncodeError):  # a file's name may be no text
            store.put(Kind.ANSWER, key, _packer.encode(answer))
