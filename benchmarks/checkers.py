"""What linters say of small projects side by side: each is started its own way, with everything on that it has."""

import json
import subprocess
import sys
import venv
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import distribution
from pathlib import Path

from concurlint import __version__
from wheels import CACHE

PEERS = ("ruff", "bandit", "pylint", "flake8", "flake8-async")
Said = Counter[str]
"""How often each code is said of a project."""
Place = tuple[str, str]
"""The path of a file as a tool names it, and a code."""
# In one process, because starting pylint takes longer than what it does here.
_PYLINT = """\
import glob, json, os, sys
from pylint.lint import Run
from pylint.reporters.json_reporter import JSONReporter

top, found = os.getcwd(), []
class Reporter(JSONReporter):
    def display_messages(self, layout):
        found.extend((f"{name}/{one.path}", one.msg_id) for one in self.messages)

for name in sorted(os.listdir(top)):
    os.chdir(os.path.join(top, name))
    Run(["--enable=all", "--clear-cache-post-run=y", *glob.glob("*.py")], reporter=Reporter(), exit=False)
print(json.dumps(found))
"""


@dataclass(frozen=True)
class Checker:
    """A linter: how a table calls it, its version, and what it says of all files below a folder."""

    name: str
    version: str
    says: Callable[[Path], list[Place]]

    def of(self, folder: Path) -> dict[str, Said]:
        """What it says of each of the projects in a folder, by their names."""
        found: dict[str, Said] = {path.name: Counter() for path in folder.iterdir()}
        for path, code in self.says(folder):
            relative = Path(path).relative_to(folder) if Path(path).is_absolute() else Path(path)
            found[relative.parts[0]][code] += 1
        return found


def checkers() -> Iterator[Checker]:
    """concurlint and its peers."""
    yield Checker("concurlint", __version__, _concurlint)
    yield Checker("ruff", _version("ruff"), _ruff)
    yield Checker("bandit", _version("bandit"), _bandit)
    yield Checker("pylint", _version("pylint"), _pylint)
    yield Checker("flake8-async", _version("flake8-async"), _flake8_async)


@cache
def _home() -> Path:
    """The peers' environment, made the first time."""
    home = CACHE / "checkers"
    if not (home / "bin" / "pylint").exists():
        venv.create(home, with_pip=True)
        subprocess.run([str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", *PEERS], check=True)
    return home


def _version(name: str) -> str:
    (packages,) = _home().glob("lib/python*/site-packages")
    found = next(iter(packages.glob(f"{name.replace('-', '_')}-*.dist-info")))
    return distribution("packaging").at(found).version


def _output(command: Sequence[str], folder: Path) -> str:
    """What a command prints; a linter's status says only whether it found something."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if not done.stdout and done.stderr:
        raise SystemExit(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def _peer(name: str, *arguments: str) -> list[str]:
    return [str(_home() / "bin" / name), *arguments]


def _concurlint(folder: Path) -> list[Place]:
    command = [sys.executable, "-P", "-m", "concurlint", "check", "--isolated", "--advice", "--pedantic"]
    found = json.loads(_output([*command, "--format", "json", "."], folder))["findings"]
    return [(one["path"], one["code"]) for one in found]


def _ruff(folder: Path) -> list[Place]:
    every = ("--isolated", "--no-cache", "--preview", "--select", "ALL", "--output-format", "json", "--quiet")
    found = json.loads(_output(_peer("ruff", "check", *every, "."), folder))
    return [(one["filename"], one["code"]) for one in found]


def _bandit(folder: Path) -> list[Place]:
    found = json.loads(_output(_peer("bandit", "-r", "-q", "-f", "json", "."), folder))["results"]
    return [(one["filename"], one["test_id"]) for one in found]


def _pylint(folder: Path) -> list[Place]:
    found = json.loads(_output([str(_home() / "bin" / "python"), "-c", _PYLINT], folder).splitlines()[-1])
    return [(path, code) for path, code in found]


def _flake8_async(folder: Path) -> list[Place]:
    command = _peer("flake8", "--isolated", "--select", "ASYNC", "--format", "%(path)s %(code)s", "--exit-zero", ".")
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return [(path, code) for path, _, code in (line.rpartition(" ") for line in done.stdout.splitlines())]
