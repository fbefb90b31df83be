"""The same findings as flake8 tuples; flake8 asks file by file, the project is checked once per process."""

import argparse
import ast
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from flake8.exceptions import ExecutionError, PluginExecutionFailed

from concurlint.cache.place import Caching
from concurlint.config import ConfigError, Nearest
from concurlint.finding import Finding
from concurlint.linting import lint
from concurlint.version import __version__

STDIN = "-"
_PATIENCE = 300
"""Seconds that one of flake8's processes waits for the answer of another, before it finds out for itself."""
Row = tuple[int, int, str, type["Plugin"]]


class Plugin:
    """What flake8 makes for each file, and asks for its findings.

    A file that cannot be parsed is E999 to flake8, which then asks no plugin about it: here is no CCL001.
    """

    name = "concurlint"
    version = __version__
    _run: ClassVar["_Run | None"] = None

    # flake8 tells by the names of the parameters that it has to be asked once for each file.
    def __init__(self, tree: ast.AST, filename: str, lines: Sequence[str]) -> None:  # noqa: ARG002
        self._filename = filename
        self._lines = lines

    @classmethod
    def parse_options(cls, options: argparse.Namespace) -> None:
        """Take note of the paths flake8 was given; ExecutionError, one line, if our table cannot be used."""
        cls._run = _Run(options)
        try:
            for path in cls._run.asked().paths or (Path(),):
                Nearest().of(_absolute(path))
        except ConfigError as error:
            raise ExecutionError(f"concurlint: {error}") from error

    def run(self) -> Iterator[Row]:
        """Line from 1, column from 0, `CODE message`, this class."""
        run = type(self)._run or _Run(argparse.Namespace())
        try:
            findings = run.findings(self._filename, self._lines)
        except Exception as error:
            raise PluginExecutionFailed(self._filename, self.name, error) from error
        for finding in findings:
            span = finding.span
            yield (span.line, span.column - 1, f"{finding.code} {finding.message}", type(self))


@dataclass(frozen=True)
class _Asked:
    """What flake8 was asked to check: its arguments, and those that are there, as they are and absolute."""

    names: Sequence[str]
    paths: tuple[Path, ...]
    absolute: frozenset[Path]

    def covers(self, path: Path) -> bool:
        return path in self.absolute or not self.absolute.isdisjoint(path.parents)


class _Run:
    """One run of flake8: what it was asked to check, and the findings once they are there."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._asked: _Asked | None = None
        self._found: dict[tuple[Path, ...], dict[Path, list[Finding]]] = {}

    def asked(self) -> _Asked:
        # Read anew for each file: flake8's own API sets the paths after the options were parsed.
        names: Sequence[str] = getattr(self._options, "filenames", ())
        if self._asked is None or self._asked.names is not names:
            given = [Path(name) for name in names or (".",) if name != STDIN]
            # flake8 says itself (E902) that a path is not there.
            paths = tuple(path for path in given if os.path.exists(path))  # noqa: PTH110
            self._asked = _Asked(names, paths, frozenset(map(_absolute, paths)))
        return self._asked

    def findings(self, filename: str, lines: Sequence[str]) -> list[Finding]:
        """The findings in one file; none in a buffer of an editor that is not yet as the file on disk."""
        path = _absolute(Path(filename))
        asked = self.asked()
        if STDIN in asked.names and not asked.covers(path) and not _is_saved(path, lines):
            return []
        paths = asked.paths if asked.covers(path) else (Path(filename),)
        if paths not in self._found:
            self._found[paths] = _lint(paths)
        return self._found[paths].get(path, [])


def _lint(paths: tuple[Path, ...]) -> dict[Path, list[Finding]]:
    """Findings by absolute path."""
    result = lint(paths, Nearest(), cache=Caching(patience=_PATIENCE))
    for trouble in result.troubles:
        sys.stderr.write(f"concurlint: {trouble}\n")
    found: dict[Path, list[Finding]] = {}
    for finding in result.findings:
        found.setdefault(_absolute(Path(finding.span.path)), []).append(finding)
    return found


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 - Path.absolute keeps `..`


def _is_saved(path: Path, lines: Sequence[str]) -> bool:
    """Whether `lines` are what is in the file."""
    try:
        on_disk = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return False
    return on_disk.splitlines() == "".join(lines).splitlines()
