"""Findings that are known already: kept in a file, and known again when their lines have moved."""

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from concurlint.config import Config
from concurlint.finding import Finding
from concurlint.fingerprint import mark
from concurlint.rulebook import read_page
from concurlint.trouble import UserError

VERSION = 1


class BaselineError(UserError):
    """A baseline cannot be used; the text is one line."""


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """What a finding is known again by: no line number, so that lines above it may come and go."""

    path: str
    code: str
    scope: str
    written: str
    message: str


@dataclass(frozen=True, slots=True)
class Compared:
    """Findings without an entry, those with one, and the entries that are left."""

    new: tuple[Finding, ...]
    known: tuple[Finding, ...]
    gone: tuple[Entry, ...]


_Key = Callable[[Entry], tuple[str, ...]]
# From the surest on: a line that was edited, a function that got another name.
_IN_FILE: tuple[_Key, ...] = (
    lambda entry: (entry.path, entry.code, entry.scope, entry.written),
    lambda entry: (entry.path, entry.code, entry.scope, entry.message),
    lambda entry: (entry.path, entry.code, entry.written),
)


def _elsewhere(entry: Entry) -> tuple[str, ...]:
    """For a file that got another name."""
    return (entry.code, entry.scope, entry.written)


def entries(findings: Sequence[Finding], texts: Mapping[str, str], folder: Path | None = None) -> list[Entry]:
    """One entry for each finding; paths as seen from `folder`, or as they are."""
    seen = {path: path if folder is None else _seen_from(folder, path) for path in {f.span.path for f in findings}}
    return [
        Entry(seen[finding.span.path], finding.code, each.scope, each.written, finding.message)
        for finding, each in zip(findings, mark(findings, texts), strict=True)
    ]


def compare(findings: Sequence[Finding], now: Sequence[Entry], before: Iterable[Entry], present: set[str]) -> Compared:
    """Which of `findings`, whose entries are `now`, were there before.

    Each entry of before stands for one finding. `present` are the paths of the files that are still there: an entry
    of another one may have moved with its file.
    """
    left = sorted(before)
    known: set[int] = set()
    for key in _IN_FILE:
        left = _match(now, left, known, key)
    moved = _match(now, [entry for entry in left if entry.path not in present], known, _elsewhere)
    gone = [entry for entry in left if entry.path in present] + moved
    return Compared(
        tuple(finding for index, finding in enumerate(findings) if index not in known),
        tuple(finding for index, finding in enumerate(findings) if index in known),
        tuple(sorted(gone)),
    )


def _match(now: Sequence[Entry], before: Sequence[Entry], known: set[int], key: _Key) -> list[Entry]:
    """Add to `known` the indices of those of `now` that have a partner; the entries that have none."""
    waiting: dict[tuple[str, ...], list[int]] = {}
    for index, entry in enumerate(now):
        if index not in known:
            waiting.setdefault(key(entry), []).append(index)
    left = []
    for entry in before:
        found = waiting.get(key(entry))
        if found:
            known.add(found.pop(0))
        else:
            left.append(entry)
    return left


@dataclass(frozen=True, slots=True)
class Kept:
    """A baseline after a run: entries of what was found now, of what is gone, and those nobody asked about."""

    path: Path
    now: tuple[Entry, ...]
    gone: tuple[Entry, ...]
    unasked: tuple[Entry, ...]

    def renewed(self) -> str:
        """The content it should have from now on."""
        return render((*self.now, *self.unasked))


@dataclass(frozen=True, slots=True)
class Parted:
    """Findings that no baseline has, those that one has, and what became of the baselines."""

    new: tuple[Finding, ...]
    known: tuple[Finding, ...]
    baselines: tuple[Kept, ...]


def part(
    findings: Sequence[Finding],
    texts: Mapping[str, str],
    configs: Mapping[str, Config],
    *,
    made_anew: bool = False,
) -> Parted:
    """Take the findings apart by the baseline of the file they are in; `configs` are those of all checked files.

    A baseline that is not there is an error, unless it is about to be `made_anew`.
    """
    new = [finding for finding in findings if configs[finding.span.path].baseline is None]
    known: list[Finding] = []
    baselines: list[Kept] = []
    for path in sorted({config.baseline for config in configs.values() if config.baseline is not None}):
        of_this = {name: config for name, config in configs.items() if config.baseline == path}
        here = [finding for finding in findings if finding.span.path in of_this]
        before = () if made_anew and not path.exists() else read(path)
        seen = {_seen_from(path.parent, name): config for name, config in of_this.items()}
        asked = [entry for entry in before if _is_asked(entry, path.parent, seen)]
        now = entries(here, texts, path.parent)
        compared = compare(here, now, asked, set(seen))
        new += compared.new
        known += compared.known
        unasked = set(before) - set(asked)
        baselines.append(Kept(path, tuple(now), compared.gone, tuple(e for e in before if e in unasked)))
    new.sort(key=lambda finding: finding.sort_key)
    return Parted(tuple(new), tuple(known), tuple(baselines))


def _is_asked(entry: Entry, folder: Path, configs: Mapping[str, Config]) -> bool:
    """Whether this run would have found it again: its file was checked, or is no more, and its rule was asked."""
    config = configs.get(entry.path)
    if config is None:
        return not (folder / entry.path).exists()
    page = read_page(entry.code)
    return page is not None and config.wants(page.code, page.name, page.level, entry.path)


def read(path: Path) -> tuple[Entry, ...]:
    """The entries of a baseline; BaselineError where it cannot be read."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["version"] != VERSION:
            raise BaselineError(f"{path}: is of another version of concurlint; make it anew with --update-baseline")
        return tuple(Entry(**{key: str(value) for key, value in entry.items()}) for entry in document["findings"])
    except FileNotFoundError as error:
        raise BaselineError(f"{path}: no such baseline; make it with --update-baseline") from error
    except OSError as error:
        raise BaselineError(f"{path}: cannot be read ({(error.strerror or str(error)).lower()})") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BaselineError(f"{path}: is no baseline; make it anew with --update-baseline") from error


def render(known: Iterable[Entry]) -> str:
    """The content of a baseline, the same whatever order the entries are in."""
    document = {"version": VERSION, "findings": [asdict(entry) for entry in sorted(known)]}
    return json.dumps(document, indent=1, ensure_ascii=True) + "\n"


def gone_note(kept: Kept) -> str:
    """What to say of a baseline that holds more than there is."""
    count = len(kept.gone)
    entry = kept.gone[0]
    first = f"{entry.code} in {entry.path}"
    what = f"{first} is gone" if count == 1 else f"{first} and {count - 1} more are gone"
    return f"{_shown(kept.path)}: {what}; --update-baseline takes {'it' if count == 1 else 'them'} out"


def _shown(path: Path) -> str:
    return str(path).removeprefix(f"{Path.cwd()}{os.sep}")


def _seen_from(folder: Path, path: str) -> str:
    whole = os.path.abspath(path)  # noqa: PTH100 - a link stays what the user called it
    try:
        return os.path.relpath(whole, folder).replace(os.sep, "/")
    except ValueError:  # another drive
        return whole.replace(os.sep, "/")
