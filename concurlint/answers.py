"""What a run found, and all that it depends on in one key: where nothing has changed, the answer stands."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from concurlint.cache.stamp import of_answers
from concurlint.cache.store import Kind, Store
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


_packer = msgspec.msgpack.Encoder()
_unpacker = msgspec.msgpack.Decoder(Answer)


def content_of(source: SourceFile) -> bytes:
    """The fingerprint of what is in a file."""
    found = hashlib.blake2b(source.data, digest_size=16)
    if source.shown is not None or source.cells or source.trouble:
        found.update(repr((source.shown, source.cells, source.trouble)).encode("utf-8", "surrogatepass"))
    return found.digest()


def key_of(
    store: Store, files: Sequence[SourceFile], shares: Sequence[Share], *, alone: bool = False, contents: bool = True
) -> bytes:
    """The fingerprint of everything that the answer depends on; or of all but the `contents` of the files."""
    whole = hashlib.blake2b(digest_size=20, key=of_answers(store))
    for content in map(content_of, files) if contents else ():
        whole.update(content)
    for part in _parts(files, shares, alone=alone):
        whole.update(len(part).to_bytes(8, "little"))
        whole.update(part)
    return whole.digest()


def _parts(files: Sequence[SourceFile], shares: Sequence[Share], *, alone: bool) -> Iterable[bytes]:
    yield b"alone" if alone else b"whole"
    for source in files:
        named = (source.path.as_posix(), source.name, source.module, *source.aliases)
        marks = (source.is_package, source.asked, source.is_notebook)
        yield repr((named, marks)).encode("utf-8", "surrogatepass")
    configs: dict[int, bytes] = {}
    roots: dict[Path, None] = {}
    for share in shares:
        yield b"share"
        for name, config in share.configs.items():
            if id(config) not in configs:
                configs[id(config)] = repr(config).encode("utf-8", "surrogatepass")
                yield configs[id(config)]
            yield f"{name}\0{list(configs).index(id(config))}".encode("utf-8", "surrogatepass")
        roots[share.config.root] = None
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
