"""What is true of the target interpreters and platforms, in words."""

from concurlint.config import Config
from concurlint.finding import Level


def breaking_start_method(config: Config) -> str:
    """The start methods of the target platforms that import the main module again, in words."""
    platform = config.target_platform
    if platform == "linux":
        return "forkserver (Linux, from Python 3.14)"
    if platform in ("macos", "windows"):
        return f"spawn ({'macOS' if platform == 'macos' else 'Windows'})"
    return "spawn (Windows, macOS) or forkserver (Linux, from 3.14)"


def bare_update(config: Config) -> str:
    """What is true of a bare `+=` on the target interpreter (facts A3 to A5)."""
    if config.free_threaded:
        return "without the GIL a bare `+=` loses updates all the time"
    if config.target_python >= (3, 10):
        return "a bare `+=` is whole on GIL builds by accident only, and torn on free-threaded ones"
    return "`+=` reads and writes in separate steps, and loses updates"


def race_level(config: Config) -> Level | None:
    """The level of races: threads that really run at the same time meet where others only might.

    None leaves the rule its own.
    """
    return Level.ERROR if config.free_threaded else None
