"""The settings that hold for a file, and which rules they want there."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from pathspec import GitIgnoreSpec

from concurlint.rulebook import closeness

Platform: TypeAlias = Literal["linux", "macos", "windows", "all"]
Threads: TypeAlias = Literal["evidence", "assumed"]
THREADS: tuple[Threads, ...] = ("evidence", "assumed")
PLATFORMS: tuple[Platform, ...] = ("linux", "macos", "windows", "all")
UNREADABLE = "CCL001"
_FREE_THREADING = "CCL7"
# What decides how code is seen: files for which these are the same are analysed together.
_SEEN = (
    "target_python",
    "target_platform",
    "free_threaded",
    "calls",
    "roles",
    "threads",
    "thread_safe",
    "not_thread_safe",
)


def running_python() -> tuple[int, int]:
    """Major and minor version of the Python that runs concurlint."""
    return sys.version_info[:2]


@lru_cache(maxsize=256)
def globs(*patterns: str) -> GitIgnoreSpec:
    """The patterns, read as the lines of a .gitignore; ValueError where one means nothing."""
    return GitIgnoreSpec.from_lines(patterns)


class Settings(Protocol):
    """Whoever knows the settings of each file: one `Config` for all of them, or the nearest table for each."""

    def of(self, path: Path, data: bytes = b"") -> "Config":
        """The settings of the file at the absolute `path`, which holds `data`; of a folder without."""


@dataclass(frozen=True)
class Config:
    """What the user wants of a run; `root` is the folder that relative paths start from."""

    root: Path
    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    advice: bool = False
    pedantic: bool = False
    threads: Threads = "evidence"
    thread_safe: tuple[str, ...] = ()
    not_thread_safe: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    force_exclude: bool = False
    respect_gitignore: bool = True
    per_file_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    baseline: Path | None = None
    cache_dir: Path | None = None
    target_python: tuple[int, int] = field(default_factory=running_python)
    target_platform: Platform = "all"
    free_threaded: bool = False
    calls: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    roles: Mapping[str, Mapping[str, object]] = field(default_factory=dict)

    def of(self, path: Path, data: bytes = b"") -> "Config":  # noqa: ARG002 - the same for all
        """These settings, for any file."""
        return self

    def wants(self, code: str, name: str, level: str, relpath: str) -> bool:
        """Whether findings of this rule are wanted in the file at `relpath`, as seen from `root` with `/`.

        Where both `select` and `ignore` name the rule, the closer one wins, and `ignore` wins a draw.
        """
        named = closeness(self.extend_select, code, name)
        chosen = max(closeness(self.select, code, name), named)
        # A file nobody could read was not checked for the selected rules either: that must be said.
        if self.select and not chosen and code != UNREADABLE:
            return False
        if chosen <= len("CCL") and not self._is_on(code, level):
            return False
        refused = closeness(self.ignore, code, name)
        if refused and refused >= chosen:
            return False
        return not any(
            closeness(codes, code, name) and globs(pattern).match_file(relpath)
            for pattern, codes in self.per_file_ignores.items()
        )

    def sees_as(self, other: "Config") -> bool:
        """Whether the code is for the same Python and platform, and libraries are known to do the same."""
        return all(getattr(self, name) == getattr(other, name) for name in _SEEN)

    def _is_on(self, code: str, level: str) -> bool:
        """Whether the rule speaks without being asked for: the family of free threading where that is the target."""
        if code.startswith(_FREE_THREADING):
            return self.free_threaded
        return level != "advice" or self.advice
