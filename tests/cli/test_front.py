"""The front door: what is loaded for a question that needs little, and what each command says of itself."""

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import click
import pytest

from concurlint.cli.front import COMMANDS
from concurlint.runtime.states import DEFAULT_RATE
from tests.pages import ROOT

HEAVY = {"libcst", "jinja2", "rich", "pathspec", "packaging", "sqlite3", "multiprocessing", "asyncio"}


def loaded(*arguments: str) -> set[str]:
    """The modules that are loaded once a command has run, in a process of its own."""
    program = (
        "import sys\n"
        "from concurlint.cli import main\n"
        f"status = main({list(arguments)!r})\n"
        "import json\n"
        "sys.stderr.write(json.dumps([status, sorted(sys.modules)]))\n"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, env=env, check=True, cwd=ROOT)
    status, modules = json.loads(done.stderr)
    assert status == 0
    return set(modules)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--version",),
        ("--help",),
        ("check", "--help"),
        ("profile", "--help"),
        ("rules",),
        ("rules", "--format", "json"),
        ("explain", "CCL402"),
        ("explain", "CCL5", "--format", "json"),
        ("rules", "CCL4", "--format", "csv"),
    ],
    ids=" ".join,
)
def test_a_question_that_needs_little_loads_little(arguments: tuple[str, ...]):
    modules = loaded(*arguments)
    assert {name for name in modules if name.partition(".")[0] in HEAVY} == set()
    rooms = {name.split(".")[1] for name in modules if name.startswith("concurlint.")}
    assert rooms <= {"cli", "finding", "keys", "report", "rulebook", "streams", "trouble", "version"}


def test_a_program_is_not_kept_waiting_for_what_its_report_needs():
    program = "import sys, concurlint.cli.front, concurlint.cli.asked, concurlint.cli.profiling; print(*sys.modules)"
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, env=env, check=True, text=True)
    modules = set(done.stdout.split())
    assert {name for name in modules if name.partition(".")[0] in HEAVY} == set()
    rooms = {name.split(".")[1] for name in modules if name.startswith("concurlint.")}
    assert not rooms & {"changes", "checks", "config", "effects", "facts", "project", "registry", "verdicts"}


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_list_of_commands_says_what_each_says_of_itself(name: str):
    where, says = COMMANDS[name]
    module, _, attribute = where.partition(":")
    command = getattr(import_module(module), attribute)
    assert isinstance(command, click.Command)
    assert (command.name, command.get_short_help_str(1000)) == (name, says)


def test_the_rate_of_a_profile_is_that_of_the_sampler():
    command = import_module("concurlint.cli.profile").profile
    assert {param.name: param.default for param in command.params}["rate"] == DEFAULT_RATE


def test_no_command_is_missing_from_the_list():
    found = {
        value.name
        for path in sorted(Path(ROOT, "concurlint", "cli").glob("*.py"))
        for value in vars(import_module(f"concurlint.cli.{path.stem}")).values()
        if isinstance(value, click.Command) and not isinstance(value, click.Group)
    }
    assert found == set(COMMANDS)
