"""A framework of the user's own, named in `[tool.concurlint.roles]`: what is found then, and what was silent before."""

from pathlib import Path

import pytest

from concurlint.cli import main

JOBS = """\
_JOBS = []


def job(function):
    _JOBS.append(function)
    return function


class Worker:
    def work(self):
        raise NotImplementedError


class Bus:
    def subscribe(self, topic, handler):
        _JOBS.append(handler)
"""
COUNT = """\
from .jobs import job

done = 0


@job
def count():
    global done
    done += 1
"""
CRUNCH = """\
import time

from framework import Bus, Worker, at_start

bus = Bus()


class Crunch(Worker):
    total = 0

    def work(self):
        Crunch.total += 1


def listen():
    time.sleep(1)


bus.subscribe("news", listen)
"""
FILLED = """\
from concurrent.futures import ProcessPoolExecutor

from framework import at_start


@at_start
def fill():
    with ProcessPoolExecutor() as pool:
        print(list(pool.map(abs, [-1])))
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a package that has a framework of its own."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ours").mkdir()
    for name, text in {"__init__": "from .jobs import job\n", "jobs": JOBS, "count": COUNT}.items():
        (tmp_path / "ours" / f"{name}.py").write_text(text, encoding="utf-8")
    return tmp_path


def found(folder: Path, roles: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Place and code of each finding with these lines in the table."""
    (folder / "pyproject.toml").write_text(f"[tool.concurlint.roles]\n{roles}\n", encoding="utf-8")
    status = main(["check"])
    out, err = capsys.readouterr()
    assert status < 2, err
    lines = [line for line in out.splitlines() if not line.startswith(" ")]
    return [f"{line.split(':')[0]}:{line.split(':')[1]} {line.split()[1]}" for line in lines]


def test_without_roles_nobody_runs_a_framework_s_functions(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "crunch.py").write_text(CRUNCH, encoding="utf-8")
    (folder / "filled.py").write_text(FILLED, encoding="utf-8")
    assert found(folder, "", capsys) == []


@pytest.mark.parametrize("name", ["ours.jobs.job", "ours.job"])
def test_a_decorator_of_the_project_runs_functions_on_threads(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str
):
    assert found(folder, f'"{name}" = {{ on = "thread", many = true }}', capsys) == ["ours/count.py:9 CCL301"]


def test_one_thread_at_a_time_changes_nothing_behind_another_s_back(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert found(folder, '"ours.job" = { on = "thread" }', capsys) == []


def test_a_base_class_and_its_methods(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "crunch.py").write_text(CRUNCH, encoding="utf-8")
    line = '"framework.Worker" = { on = "thread", methods = ["work"], many = true }'
    assert found(folder, line, capsys) == ["crunch.py:12 CCL301"]


def test_a_base_class_of_the_project(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "crunch.py").write_text(CRUNCH.replace("from framework", "from ours.jobs"), encoding="utf-8")
    line = '"ours.jobs.Worker" = { on = "thread", methods = ["work"], many = true }'
    assert found(folder, line, capsys) == ["crunch.py:12 CCL301"]


@pytest.mark.parametrize("framework", ["framework", "ours.jobs"])
def test_a_callback_runs_on_the_loop(folder: Path, capsys: pytest.CaptureFixture[str], framework: str):
    (folder / "crunch.py").write_text(CRUNCH.replace("from framework", f"from {framework}"), encoding="utf-8")
    line = f'"{framework}.Bus.subscribe" = {{ on = "task", callback = "handler", position = 1 }}'
    assert found(folder, line, capsys) == ["crunch.py:16 CCL501"]


def test_what_a_decorator_runs_at_import_starts_processes_then(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "filled.py").write_text(FILLED, encoding="utf-8")
    assert found(folder, '"framework.at_start" = { on = "import" }', capsys) == ["filled.py:9 CCL101"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('"ours.job" = { on = "threads" }', "roles: `ours.job`: `on` can't be `threads`; did you mean `thread`?"),
        (
            '"ours.job" = { many = true }',
            "roles: `ours.job`: `on` is missing; known are `thread`, `process`, `task`, `main`, `import`",
        ),
        ('"ours.job" = { on = "task", method = [] }', "roles: `ours.job`: no field `method`; did you mean `methods`?"),
        ('"ours.job" = { on = "task", many = 1 }', "roles: `ours.job`: `many` must be true or false, not 1"),
        ('"job" = { on = "task" }', "roles: `job` is not a dotted name such as `ourlib.jobs.job`"),
        (
            '"ours.J" = { on = "task", methods = ["a b"] }',
            "roles: `ours.J`: `methods` holds 'a b', which is no name",
        ),
        (
            '"ours.J" = { on = "task", methods = [] }',
            "roles: `ours.J`: `methods` names none; without it the entry is that of a decorator",
        ),
        (
            '"ours.J" = { on = "task", methods = ["f"], callback = "f" }',
            "roles: `ours.J` is a base class with `methods` or a call with a `callback`, not both",
        ),
        (
            '"ours.job" = { on = "task", position = 1 }',
            "roles: `ours.job`: `position` says more about `callback`, which is missing",
        ),
        (
            'ours.job = { on = "task" }',
            'roles: `ours`: write the dotted name in quotes: "ours.job"',
        ),
    ],
)
def test_a_wrong_entry_is_told_in_one_line(folder: Path, capsys: pytest.CaptureFixture[str], line: str, said: str):
    (folder / "pyproject.toml").write_text(f"[tool.concurlint.roles]\n{line}\n", encoding="utf-8")
    status = main(["check"])
    told = capsys.readouterr()
    assert (status, told.out, told.err) == (2, "", f"concurlint: {said}\n")
