"""What `--verbose` and `--timings` tell of a run."""

import platform

from concurlint.config import Config
from concurlint.linting import Result
from concurlint.report.statistics import counted
from concurlint.version import __version__
from concurlint.watching import Lap, Stopwatch, peak_memory

_SLOWEST = 8
_MEBIBYTE = 1 << 20


def told(result: Result) -> str:
    """Which settings were used for how many files, and how long it took."""
    groups: dict[int, tuple[Config, int]] = {}
    for config in result.configs.values():
        groups[id(config)] = (config, groups.get(id(config), (config, 0))[1] + 1)
    lines = [f"concurlint {__version__} on Python {platform.python_version()}"]
    for config, count in groups.values():
        target = f"Python {'.'.join(map(str, config.target_python))}, {_platform(config)}"
        lines.append(f"{counted(count, 'file', 'files')} with the settings of {config.root}: for {target}")
    lines.append(f"{counted(result.files, 'file', 'files')} checked in {result.seconds:.2f} s")
    return "\n".join(lines)


def _platform(config: Config) -> str:
    where = "all platforms" if config.target_platform == "all" else config.target_platform
    return f"{where}, without the GIL" if config.free_threaded else where


def timings(watch: Stopwatch) -> str:
    """What each part took, the rules that took most, and the memory; a table in plain text."""
    lines = []
    for part in watch.parts:
        lines.append(_row(part, f" ({part.steps:,})" if part.steps else ""))
        if part.name.endswith("rules"):
            slowest = sorted(watch.kinds.values(), key=lambda lap: -lap.seconds)[:_SLOWEST]
            lines += [_row(lap, "", "  ") for lap in slowest]
    memory = peak_memory()
    most = f", {memory / _MEBIBYTE:,.0f} MiB in the largest process" if memory is not None else ""
    lines.append(f"{sum(part.seconds for part in watch.parts):8.2f} s  in all{most}")
    return "\n".join(lines)


def _row(lap: Lap, steps: str, indent: str = "") -> str:
    return f"{lap.seconds:8.2f} s  {indent}{lap.name}{steps}"
