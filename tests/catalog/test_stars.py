"""What star imports bring: the listed names are those that the modules themselves export."""

import importlib
import sys
import warnings
from collections.abc import Iterator

import pytest

from concurlint.catalog.stars import star_names
from concurlint.catalog.tables import table

# Not in every Python, or not on every system.
SOME_PYTHONS = {
    "_thread.lock",
    "_thread.start_joinable_thread",
    "ast.ParamSpec",
    "ast.TypeVar",
    "asyncio.EventLoop",
    "asyncio.TaskGroup",
    "asyncio.eager_task_factory",
    "asyncio.tasks.eager_task_factory",
    "base64.z85decode",
    "base64.z85encode",
    "copy.replace",
    "glob.translate",
    "itertools.batched",
    "logging.getHandlerByName",
    "math.fma",
    "math.sumprod",
    "os.path.isdevdrive",
    "os.path.isjunction",
    "os.path.splitroot",
    "os.ptsname",
    "os.setns",
    "os.timerfd_settime",
    "os.unshare",
    "queue.ShutDown",
    "random.binomialvariate",
    "statistics.kde",
    "sys.activate_stack_trampoline",
    "threading.setprofile_all_threads",
    "threading.settrace_all_threads",
    "tokenize.open",
    "typing.override",
    "uuid.main",
    "warnings.deprecated",
}


def missing() -> Iterator[str]:
    """Listed names that a star import does not bring here, of modules that there are here."""
    for module, listed in table("stars")["names"].items():
        try:
            with warnings.catch_warnings(action="ignore"):
                found = vars(importlib.import_module(module))
        except ImportError:
            continue
        public = found.get("__all__", [name for name in found if not name.startswith("_")])
        yield from (f"{module}.{name}" for name in listed if name not in public)


@pytest.mark.skipif(sys.platform != "linux", reason="modules of other systems export other names")
def test_listed_names_are_exported() -> None:
    assert sorted(set(missing()) - SOME_PYTHONS) == []


@pytest.mark.parametrize(
    ("module", "there", "not_there"),
    [
        ("os", {"system", "environ", "path", "_exit"}, {"sys", "waitpid_"}),
        ("tkinter", {"Tk", "Event"}, {"messagebox", "ttk", "wantobjects"}),
        ("time", {"sleep", "time"}, {"struct"}),
        ("requests", {"get", "Session"}, {"Session.get", "adapters"}),
        ("nobody.knows", set(), {"get"}),
    ],
)
def test_a_star_brings_public_names_and_no_modules(module: str, there: set[str], not_there: set[str]) -> None:
    names = star_names(module)
    assert there <= names
    assert not names & not_there
