"""Runs that follow one another on the same projects: a file is read anew only where it has changed."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from concurlint.cache.place import NO_CACHE, Caching
from concurlint.config import Nearest, Settings, find_project
from concurlint.facts.memory import Memory
from concurlint.finding import Finding, Span
from concurlint.linting import Result, lint_sources, opened, without_known
from concurlint.source import SourceFile, Sources, find_sources, project_root
from concurlint.suppress import UNUSED


@dataclass(frozen=True, slots=True)
class Options:
    """What the user of a session has set over the projects' own tables; None leaves it to them."""

    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] | None = None
    advice: bool | None = None
    target_python: str | None = None
    target_platform: str | None = None
    free_threaded: bool | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """The findings by the absolute path of the file they are in, with absolute paths in their spans.

    `disk` is another where the files on the disk are, those left aside that were open and unsaved.
    """

    findings: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
    troubles: tuple[str, ...] = ()
    disk: str = ""

    def of(self, path: Path) -> tuple[Finding, ...]:
        """Those in one file."""
        return self.findings.get(path.as_posix(), ())


class Session:
    """Checks files as they are being edited; what is open and unsaved counts instead of what is on the disk."""

    def __init__(self, options: Options | None = None, caching: Caching = NO_CACHE) -> None:
        self._options = options or Options()
        self._caching = caching
        self._memory = Memory()
        self._unsaved: dict[Path, bytes] = {}
        self._scanned: dict[Path, tuple[Settings, Sources]] = {}

    def write(self, path: Path, data: bytes | None) -> None:
        """What a file is to be taken for; None for what is on the disk."""
        if data is None:
            self._unsaved.pop(path, None)
            self._scanned.clear()
        else:
            self._unsaved[path] = data

    def configure(self, options: Options) -> None:
        """Settings from now on."""
        self._options = options
        self._scanned.clear()

    def rescan(self) -> None:
        """Files or settings on the disk may have changed: look again when next asked."""
        self._scanned.clear()

    def whole(self, path: Path) -> Checked:
        """All findings of the project that a file or folder belongs to. UserError where that cannot be checked."""
        home = project_root([path])
        self._scanned.pop(home, None)
        settings, sources = self._scan(home, path)
        self._memory.begin()
        with opened(self._caching, sources, settings) as self._memory.store:
            result = lint_sources(sources, settings, memory=self._memory, store=self._memory.store)
        checked = _absolute(without_known(result), sources)
        return replace(checked, disk=self._digest(settings, sources))

    def near(self, path: Path) -> Checked:
        """What is to be said of one file by itself and by what it leads to; see `lint_sources`.

        Comments that silence nothing are left to `whole`: who calls the file may yet give them something to silence.
        """
        home = project_root([path])
        settings, sources = self._scan(home, path)
        if not any(source.path == path for source in sources.files):
            return Checked()  # left out by the configuration
        files = tuple(replace(self._now(source), asked=source.path == path) for source in sources.files)
        self._memory.begin()
        # Nothing of what stands there between two keystrokes is worth keeping.
        with opened(self._caching, sources, settings, reading=True) as self._memory.store:
            result = lint_sources(Sources(sources.root, files), settings, memory=self._memory, alone=True)
        result = without_known(result)
        kept = tuple(finding for finding in result.findings if finding.code != UNUSED[0])
        return _absolute(replace(result, findings=kept), sources)

    def _now(self, source: SourceFile) -> SourceFile:
        """A file as it is in the editor."""
        written = self._unsaved.get(source.path)
        return source if written is None else source.holding(written)

    def _digest(self, settings: Settings, sources: Sources) -> str:
        configs = {repr(settings.of(source.path, source.data)) for source in sources.files if source.asked}
        found = hashlib.sha256("\0".join(sorted(configs)).encode(errors="replace"))
        for source in sources.files:
            if source.path not in self._unsaved:
                found.update(f"{source.path}\0{len(source.data)}\0".encode(errors="replace"))
                found.update(source.data)
        return found.hexdigest()

    def _scan(self, home: Path, path: Path) -> tuple[Settings, Sources]:
        """The project's settings and files; of a loose script only what it can import."""
        known = self._scanned.get(home)
        is_project = find_project(home) is not None
        if known is None or (path in self._unsaved and path not in {source.path for source in known[1].files}):
            settings = Nearest(
                {
                    "select": self._options.select,
                    "ignore": self._options.ignore,
                    "advice": self._options.advice,
                    "target-python": self._options.target_python,
                    "target-platform": self._options.target_platform,
                    "target-free-threaded": self._options.free_threaded,
                }
            )
            known = settings, find_sources([home if is_project else path], settings, self._unsaved)
            self._scanned[home] = known
        return known


def _absolute(result: Result, sources: Sources) -> Checked:
    paths = {source.name: source.path.as_posix() for source in sources.files}

    def moved(span: Span) -> Span:
        return replace(span, path=paths[span.path])

    found: dict[str, list[Finding]] = {}
    for finding in result.findings:
        if finding.span.path in result.cells:
            continue  # an editor knows a notebook's cells, not the one text
        trace = tuple(replace(step, span=moved(step.span)) for step in finding.trace)
        span = moved(finding.span)
        found.setdefault(span.path, []).append(replace(finding, span=span, trace=trace))
    return Checked({path: tuple(findings) for path, findings in found.items()}, result.troubles)
