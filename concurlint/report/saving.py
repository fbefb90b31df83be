"""A report or a source file, written to the disk: all of it or nothing."""

import contextlib
import errno
import os
import stat
from pathlib import Path


def save(path: Path, text: str) -> None:
    """Replace the file at `path` by `text` in UTF-8; see `save_bytes`."""
    save_bytes(path, text.encode("utf-8", errors="backslashreplace"))


def save_bytes(path: Path, data: bytes) -> None:
    """Replace what the file at `path` holds; if that fails, the old file is as it was. Raises OSError.

    A link stays a link, a file keeps its permissions, and a pipe or a device is written to as it is.
    """
    target = Path(os.path.realpath(path))
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        mode = None
    if mode is not None and not os.access(target, os.W_OK):
        # The folder may let it be replaced all the same, but it was closed on purpose.
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    if mode is not None and not stat.S_ISREG(mode):
        # Replacing /dev/null by a file would be a nasty surprise; a folder raises here.
        with target.open("wb") as file:
            file.write(data)
        return
    _replace(target, data, mode)


def _replace(target: Path, data: bytes, mode: int | None) -> None:
    beside = target.with_name(f".{target.name[:100]}.{os.getpid()}.tmp")
    file = beside.open("xb")
    try:
        with file:
            file.write(data)
        if mode is not None:
            beside.chmod(stat.S_IMODE(mode))
        beside.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise
