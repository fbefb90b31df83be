"""What an imported name stands for, in every form an import can take."""

from pathlib import Path

import pytest

from concurlint.config import load
from concurlint.facts.reading import Reader
from concurlint.project.modules import Project
from concurlint.source import find_sources
from tests.linked import Files, link, write

JOBS = "def work():\n    pass\n\n\ndef _hidden():\n    pass\n\n\nclass Store:\n    pass\n"


def here(tmp_path: Path, files: Files, module: str = "app") -> str:
    return link(tmp_path, files).here(module)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import jobs\nhere = jobs", "module jobs"),
        ("import jobs\nhere = jobs.work", "def jobs.work"),
        ("import jobs as j\nhere = j.work", "def jobs.work"),
        ("from jobs import work\nhere = work", "def jobs.work"),
        ("from jobs import work as w\nhere = w", "def jobs.work"),
        ("from jobs import (\n    Store,\n    work,\n)\nhere = work", "def jobs.work"),
        ("from jobs import *\nhere = work", "def jobs.work"),
        ("from jobs import *\nhere = Store", "class jobs.Store"),
        ("from jobs import *\nhere = _hidden", "?"),
        ("from jobs import missing\nhere = missing", "?"),
        ("import jobs\nhere = jobs.missing", "?"),
    ],
)
def test_a_module_of_the_project_is_known_however_it_is_imported(tmp_path: Path, text: str, expected: str):
    assert here(tmp_path, {"jobs.py": JOBS, "app.py": text}) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import threading\nhere = threading.Lock", "threading.Lock"),
        ("import threading as t\nhere = t.Lock", "threading.Lock"),
        ("from threading import Lock\nhere = Lock", "threading.Lock"),
        ("from threading import Lock as L\nhere = L", "threading.Lock"),
        ("import concurrent.futures\nhere = concurrent.futures.ThreadPoolExecutor",
         "concurrent.futures.ThreadPoolExecutor"),
        ("import concurrent.futures as f\nhere = f.ThreadPoolExecutor", "concurrent.futures.ThreadPoolExecutor"),
        ("from concurrent import futures\nhere = futures.ThreadPoolExecutor", "concurrent.futures.ThreadPoolExecutor"),
        ("from concurrent.futures.thread import ThreadPoolExecutor\nhere = ThreadPoolExecutor",
         "concurrent.futures.ThreadPoolExecutor"),
        ("from os import path\nhere = path.join", "os.path.join"),
        ("here = sorted", "builtins.sorted"),
        ("import builtins\nhere = builtins.sorted", "builtins.sorted"),
        ("here = nowhere", "?"),
    ],
)  # fmt: skip
def test_a_library_thing_has_its_public_dotted_name(tmp_path: Path, text: str, expected: str):
    assert here(tmp_path, {"app.py": text}) == expected


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("from . import jobs\nhere = jobs.work", "def pkg.inner.jobs.work"),
        ("from .jobs import work\nhere = work", "def pkg.inner.jobs.work"),
        ("from .. import shared\nhere = shared.work", "def pkg.shared.work"),
        ("from ..shared import work as w\nhere = w", "def pkg.shared.work"),
        ("from ..inner.jobs import work\nhere = work", "def pkg.inner.jobs.work"),
        ("from ... import shared\nhere = shared", "?"),
        ("import pkg.inner.jobs\nhere = pkg.inner.jobs.work", "def pkg.inner.jobs.work"),
        ("import pkg.inner.jobs as j\nhere = j", "module pkg.inner.jobs"),
        ("from pkg.inner import jobs\nhere = jobs", "module pkg.inner.jobs"),
    ],
)
def test_relative_and_absolute_imports_of_a_package_meet(tmp_path: Path, statement: str, expected: str):
    files = {
        "pkg/__init__.py": "",
        "pkg/shared.py": JOBS,
        "pkg/inner/__init__.py": "",
        "pkg/inner/jobs.py": JOBS,
        "pkg/inner/app.py": statement,
    }
    assert here(tmp_path, files, "pkg.inner.app") == expected


def test_a_relative_import_in_an_init_starts_at_its_own_package(tmp_path: Path):
    files = {"pkg/__init__.py": "from .jobs import work\nhere = work", "pkg/jobs.py": JOBS}
    assert here(tmp_path, files, "pkg") == "def pkg.jobs.work"


@pytest.mark.parametrize(
    "init",
    [
        "from .jobs import work",
        "from pkg.jobs import work",
        "from pkg import jobs\nwork = jobs.work",
        "from .jobs import *",
        "from .jobs import work as _work\nwork = _work",
        "from .front import work",
    ],
)
def test_a_name_passed_on_by_an_init_is_the_thing_itself(tmp_path: Path, init: str):
    files = {
        "pkg/__init__.py": init,
        "pkg/front.py": "from pkg.jobs import work",
        "pkg/jobs.py": JOBS,
        "app.py": "from pkg import work\nhere = work",
    }
    assert here(tmp_path, files) == "def pkg.jobs.work"


def test_a_star_import_gives_just_what_the_module_exports(tmp_path: Path):
    files = {
        "jobs.py": "__all__ = ['_hidden']\n" + JOBS,
        "app.py": "from jobs import *\nhere = _hidden\nhere = work",
    }
    assert here(tmp_path, files) == "def jobs._hidden\n?"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("from threading import *\nhere = Thread", "threading.Thread"),
        ("from os import *\nhere = open", "os.open"),
        ("from os import *\nhere = print", "builtins.print"),
        ("from tkinter import *\nfrom threading import *\nhere = Event", "threading.Event"),
        ("from threading import *\nfrom tkinter import *\nhere = Event", "tkinter.Event"),
        ("from threading import *\nhere = excepthook", "threading.excepthook"),
        ("from tkinter import *\nhere = messagebox", "?"),
        ("from requests import *\nhere = get", "requests.get"),
        ("from nobody.knows import *\nhere = get", "?"),
        ("from threading import *\nfrom nobody.knows import *\nhere = Thread", "threading.Thread | ?"),
    ],
)
def test_a_star_import_of_a_library_gives_its_public_names(tmp_path: Path, text: str, shown: str):
    assert link(tmp_path, {"app.py": text}).here() == shown


def test_a_chain_of_star_imports_is_followed_and_a_circle_of_them_ends(tmp_path: Path):
    files = {
        "jobs.py": "from middle import *\n" + JOBS,
        "middle.py": "from jobs import *",
        "app.py": "from middle import *\nhere = work\nhere = nowhere",
    }
    assert here(tmp_path, files) == "def jobs.work\n?"


def test_modules_that_import_each_other_are_no_trouble(tmp_path: Path):
    files = {
        "one.py": "from two import second\n\n\ndef first():\n    return second\n",
        "two.py": "from one import first\n\n\ndef second():\n    return first\n",
        "app.py": "from one import first, second\nhere = first()\nhere = second()",
    }
    assert here(tmp_path, files) == "def two.second\ndef one.first"


def test_a_name_that_imports_itself_in_a_circle_is_unknown(tmp_path: Path):
    assert here(tmp_path, {"one.py": "from app import here", "app.py": "from one import here"}) == "?"


def test_a_circle_through_star_imports_is_unknown_and_what_else_a_name_is_bound_to_still_counts(tmp_path: Path):
    files = {
        "one.py": "from app import *",
        "app.py": """
            from one import here
            from one import *

            def same(value):
                return value

            made = 1
            made = same(made)
            here = made
            """,
    }
    assert here(tmp_path, files) == "1 | ?\n1 | ?"


@pytest.mark.parametrize(
    "text",
    [
        """
        try:
            from quick import work
        except ImportError:
            from slow import work
        here = work
        """,
        """
        import sys
        if sys.version_info >= (3, 12):
            from quick import work
        else:
            from slow import work
        here = work
        """,
    ],
)
def test_imports_by_condition_may_both_be_meant(tmp_path: Path, text: str):
    assert here(tmp_path, {"quick.py": JOBS, "slow.py": JOBS, "app.py": text}) == "def quick.work | def slow.work"


def test_an_import_inside_a_function_is_local_to_it(tmp_path: Path):
    text = """
        def inside():
            from jobs import work
            here = work

        def outside():
            here = work
        """
    assert here(tmp_path, {"jobs.py": JOBS, "app.py": text}) == "def jobs.work\n?"


def test_an_import_for_type_checking_serves_the_annotations(tmp_path: Path):
    text = """
        from __future__ import annotations
        from typing import TYPE_CHECKING

        if TYPE_CHECKING:
            from jobs import Store

        def fill(store: Store):
            here = store
        """
    assert here(tmp_path, {"jobs.py": JOBS, "app.py": text}) == "<jobs.Store>"


def test_a_folder_without_an_init_is_a_package_too(tmp_path: Path):
    files = {"space/jobs.py": JOBS, "app.py": "import space.jobs\nhere = space\nhere = space.jobs.work"}
    assert here(tmp_path, files) == "package space\ndef space.jobs.work"


def test_files_below_src_are_imported_without_it(tmp_path: Path):
    files = {
        "src/pkg/__init__.py": "",
        "src/pkg/jobs.py": JOBS,
        "src/pkg/app.py": "from pkg.jobs import work\nhere = work",
        "tests/test_app.py": "from pkg.jobs import work\nhere = work",
    }
    linked = link(tmp_path, files)
    assert linked.here("pkg.app") == "def pkg.jobs.work"
    assert linked.here("tests.test_app") == "def pkg.jobs.work"


def test_a_script_imports_its_neighbour_before_a_namesake_elsewhere(tmp_path: Path):
    files = {
        "one/jobs.py": JOBS,
        "one/app.py": "import jobs\nhere = jobs.work",
        "two/jobs.py": JOBS,
        "two/app.py": "import jobs\nhere = jobs.work",
        "three/app.py": "import jobs\nhere = jobs",
    }
    linked = link(tmp_path, files)
    assert linked.here("one.app") == "def one.jobs.work"
    assert linked.here("two.app") == "def two.jobs.work"
    assert linked.here("three.app") == "jobs"


def test_a_module_of_the_project_hides_a_library_of_its_name(tmp_path: Path):
    files = {"queue.py": JOBS, "app.py": "import queue\nhere = queue.work"}
    assert here(tmp_path, files) == "def queue.work"


def test_a_submodule_is_an_attribute_of_its_package(tmp_path: Path):
    files = {"pkg/__init__.py": "", "pkg/jobs.py": JOBS, "app.py": "import pkg\nimport pkg.jobs\nhere = pkg.jobs.work"}
    assert here(tmp_path, files) == "def pkg.jobs.work"


def test_a_global_set_by_a_function_may_be_either_value(tmp_path: Path):
    text = """
        from jobs import Store

        store = None

        def start():
            global store
            store = Store()

        here = store
        """
    assert here(tmp_path, {"jobs.py": JOBS, "app.py": text}) == "<jobs.Store> | None"


def test_a_file_is_parsed_only_when_a_name_leads_into_it(tmp_path: Path):
    write(tmp_path, {"jobs.py": JOBS, "app.py": "import jobs", "other.py": JOBS})
    project = Project(find_sources([tmp_path], load(tmp_path)).files, Reader().facts)
    assert project.module("app") is not None
    assert [module.name for module in project.loaded] == ["app"]
    assert project.knows("jobs")
    assert [module.name for module in project.loaded] == ["app"]


def test_a_file_that_cannot_be_parsed_leaves_its_names_unknown(tmp_path: Path):
    assert here(tmp_path, {"jobs.py": "def work(:\n", "app.py": "from jobs import work\nhere = work"}) == "?"
