"""Which package names in a file are a trace of concurrency: those with calls that wait or start something."""

import re
from functools import cache
from pathlib import Path

_CALLS = Path(__file__).parent / "calls"
_TELLING = re.compile(r"block_(?:net|lock|sleep|process|tty)")
_EVERYWHERE = {"builtins", "sys", "os", "logging", "io", "pathlib", "signal", "ssl", "select", "http"}


@cache
def packages_that_block() -> tuple[str, ...]:
    """Top-level packages with calls that block on more than the disk, in alphabetical order."""
    found = [
        path.stem
        for path in _CALLS.glob("*.toml")
        if path.stem not in _EVERYWHERE and _TELLING.search(path.read_text("utf-8"))
    ]
    return tuple(sorted(found))
