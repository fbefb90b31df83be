"""concurlint: true findings about threads, processes, coroutines and subprocesses in Python code."""

from concurlint.version import __version__ as __version__

# Every run begins here: `typing` is not worth its time for one name, which type checkers know.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from concurlint.api import lint as lint
    from concurlint.api import profile as profile
    from concurlint.finding import Finding as Finding
    from concurlint.finding import Level as Level
    from concurlint.finding import Span as Span
    from concurlint.finding import Step as Step
    from concurlint.linting import Result as Result
    from concurlint.profiler import Profiler as Profiler
    from concurlint.profiler import Report as Report
    from concurlint.rule import Rule as Rule
    from concurlint.runtime.profile import Profile as Profile
    from concurlint.trouble import UserError as UserError
    from concurlint.verdicts.verdict import Verdict as Verdict

_HOMES = {
    "lint": "concurlint.api",
    "profile": "concurlint.api",
    "Profiler": "concurlint.profiler",
    "Finding": "concurlint.finding",
    "Rule": "concurlint.rule",
    "Level": "concurlint.finding",
    "Span": "concurlint.finding",
    "Step": "concurlint.finding",
    "Result": "concurlint.linting",
    "Report": "concurlint.profiler",
    "Profile": "concurlint.runtime.profile",
    "Verdict": "concurlint.verdicts.verdict",
    "UserError": "concurlint.trouble",
}
"""Where each name lives; it is imported when first asked for, so that `import concurlint` costs nothing."""

__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found: object = getattr(import_module(_HOMES[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def load_ipython_extension(shell: "InteractiveShell") -> None:
    """What `%load_ext concurlint` calls: the cell magic `%%concurlint`."""
    from concurlint.notebook import Concurlint

    shell.register_magics(Concurlint)
