"""Where a project's cache is, how it is opened, and how it is taken away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from concurlint.cache.store import FILE, Seconds, Store

FOLDER = ".concurlint_cache"
_TAG = """\
Signature: 8a477f597d28d172789f06886806bc55
# https://bford.info/cachedir: of concurlint, which makes it anew when it is gone.
"""
_FILES = (FILE, f"{FILE}-wal", f"{FILE}-shm", ".gitignore", "CACHEDIR.TAG")


@dataclass(frozen=True, slots=True)
class Caching:
    """Whether runs leave something for those that follow, and in which folder; None for that of the project.

    With `patience`, runs take turns: for so long one waits for another, which may be finding the same.
    """

    wanted: bool = True
    folder: Path | None = None
    patience: Seconds = 0

    @contextmanager
    def opened(
        self, root: Path, configured: Path | None, *, is_project: bool, reading: bool = False
    ) -> Iterator[Store | None]:
        """The store for the files of `root`, if one is wanted; what a run puts there is written at its end.

        With `reading` it is not, and none is made where there is none.
        """
        if not self.wanted:
            yield None
            return
        folder = self.folder or folder_of(root, configured, is_project=is_project)
        with Store(folder if reading else _prepared(folder), patience=self.patience, reading=reading) as store:
            yield store


NO_CACHE = Caching(wanted=False)


def folder_of(root: Path, configured: Path | None, *, is_project: bool) -> Path:
    """Where the cache for the files of `root` is, unless the one who asks wants another."""
    return configured or (root / FOLDER if is_project else _of_user())


def remove(folder: Path) -> bool:
    """Take a cache away, and nothing else that lies there; whether there was one. OSError where that is not allowed."""
    if not (folder / FILE).exists():
        return False
    for name in _FILES:
        (folder / name).unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()
    return True


def _of_user() -> Path:
    """For scripts that lie in no project: beside them nothing is left behind."""
    from platformdirs import user_cache_path

    return user_cache_path("concurlint", appauthor=False) / "scripts"


def _prepared(folder: Path) -> Path:
    """The folder, made if it is not there, with what keeps it out of repositories and backups."""
    try:
        if not folder.exists():
            folder.mkdir(parents=True)
            (folder / ".gitignore").write_text("*\n", encoding="utf-8")
            (folder / "CACHEDIR.TAG").write_text(_TAG, encoding="utf-8")
    except OSError:
        pass  # a disk that cannot be written on; whoever opens the store finds out
    return folder
