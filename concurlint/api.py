"""What `concurlint` offers to programs: the functions behind the names of the package."""

import sys
from collections.abc import Sequence
from concurrent.futures import Executor
from os import PathLike
from pathlib import Path

from concurlint.config import Nearest
from concurlint.judge import judge
from concurlint.linting import Result
from concurlint.linting import lint as run_lint
from concurlint.profiler import Report
from concurlint.profiling import measure
from concurlint.runtime.states import DEFAULT_RATE
from concurlint.runtime.targets import Module, Script

Where = str | PathLike[str]


def lint(
    *paths: Where,
    select: Sequence[str] | None = None,
    ignore: Sequence[str] | None = None,
    advice: bool | None = None,
    target_python: str | None = None,
    target_platform: str | None = None,
    free_threaded: bool | None = None,
    workers: int | None = 1,
    executor: Executor | None = None,
) -> Result:
    """Check files and folders within their project, as `concurlint check` does; no path is the current folder.

    The options are those of the command line, and what is None stands in the project's pyproject.toml. With more
    than one of `workers` (None: one for each core) files are parsed in as many processes, so the caller's main
    module must be guarded; with an `executor`, such as that of a Dask client, its workers parse them.

    Raises `SourceError` for a path that cannot be checked and `ConfigError` for settings that cannot be used.
    """
    asked = [Path(path) for path in paths or (".",)]
    for codes in (select, ignore):
        if isinstance(codes, str):
            raise TypeError("select and ignore are sequences of codes, not one text")
    settings = Nearest(
        {
            "select": select,
            "ignore": ignore,
            "advice": advice,
            "target-python": target_python,
            "target-platform": target_platform,
            "target-free-threaded": free_threaded,
        }
    )
    return run_lint(asked, settings, workers=workers, executor=executor)


def profile(
    script: Where | None = None,
    *arguments: str,
    module: str | None = None,
    python: str = sys.executable,
    rate: int = DEFAULT_RATE,
    cores: int | None = None,
) -> Report:
    """Run a script, or a `module` as `python -m` does, to its end, and judge what it did with its time.

    The program keeps standard input and output; `cores` asks for predictions for a machine of so many too.
    Linux only. Raises `LaunchError`, `RecordingError` or `SamplingError` where nothing can be measured.
    """
    if (script is None) is (module is None):
        raise TypeError("name either a script or a module")
    target = Module(module, arguments, python) if module is not None else Script(str(script), arguments, python)
    measured = measure(target, rate=rate)
    return Report(measured.profile, judge(measured.profile, cores=cores), measured.status)
