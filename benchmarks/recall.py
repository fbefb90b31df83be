"""Checks releases that shipped a known concurrency bug, and the releases that mended it.

    python benchmarks/recall.py                 says for each bug whether it is found, and silent once mended
    python benchmarks/recall.py --write         renews recall.md
    python benchmarks/recall.py redis kombu     only these packages

`recall.toml` holds the bugs. One is found when the buggy release has a finding of the code on the line with
that text, in that file; the mended release is silent when the same function has no finding of the code.
Exit status 0: everything is as recall.toml says; 1: something is better or worse than it says.
"""

import argparse
import ast
import json
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wheels import CACHE, unpack

BUGS = Path(__file__).with_name("recall.toml")
TABLE = Path(__file__).with_name("recall.md")


class BugError(Exception):
    """An entry of recall.toml that can't be used; the message says which and why."""


@dataclass(frozen=True)
class Bug:
    """A mistake that was released and mended.

    `text` is the line to be flagged in `path` of release `buggy`; `says` what was wrong, `known` where that is
    written; `missed` why it is not found, "" where it is; `source` for a source archive instead of a wheel;
    `fixed_path` where the file moved; `options` are further ones of the command line.
    """

    package: str
    buggy: str
    fixed: str
    code: str
    path: str
    text: str
    says: str
    known: str
    missed: str = ""
    source: bool = False
    fixed_path: str = ""
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What became of a bug: whether its line is flagged, and the lines of its function flagged once mended."""

    bug: Bug
    found: bool
    still: tuple[int, ...]

    @property
    def as_told(self) -> bool:
        """Whether this is what recall.toml says."""
        return self.found != bool(self.bug.missed) and not self.still


def main(arguments: Sequence[str] | None = None) -> int:
    """Check all bugs, print the table, and keep it if asked to; returns the exit status."""
    parser = argparse.ArgumentParser(description="check releases with known concurrency bugs, and mended ones")
    parser.add_argument("packages", nargs="*", metavar="PACKAGE")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where downloads stay")
    parser.add_argument("--write", action="store_true", help=f"write {TABLE.name}; needs all packages")
    options = parser.parse_args(arguments)
    if options.write and options.packages:
        parser.error("--write needs all packages")
    bugs = read_bugs(BUGS.read_text(encoding="utf-8"))
    outcomes = []
    for bug in bugs:
        if not options.packages or bug.package in options.packages:
            outcomes.append(outcome(bug, options.cache))
            print(line(outcomes[-1]), file=sys.stderr)
    text = table(outcomes)
    print(text, end="")
    if options.write:
        # What follows is renewed by mended.py.
        rest = TABLE.read_text(encoding="utf-8").partition("\n## ")
        TABLE.write_text(text + "".join(rest[1:]), encoding="utf-8")
    return int(not all(one.as_told for one in outcomes))


def read_bugs(text: str) -> list[Bug]:
    """The bugs in `text`; raises BugError where an entry is not complete or has what nobody knows."""
    bugs = []
    for entry in tomllib.loads(text).get("bug", []):
        try:
            bugs.append(Bug(**{**entry, "options": tuple(entry.get("options", ()))}))
        except TypeError as error:
            raise BugError(f"{entry.get('package', entry)}: {error}") from None
    return bugs


def outcome(bug: Bug, cache: Path) -> Outcome:
    """What concurlint says of both releases."""
    buggy, fixed = (_unpacked(bug, version, cache) for version in (bug.buggy, bug.fixed))
    path = only(buggy, bug.path)
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    flagged = _flagged(bug, buggy, path)
    hits = [number for number in flagged if lines[number - 1].strip() == bug.text]
    if not any(one.strip() == bug.text for one in lines):
        raise BugError(f"{bug.package} {bug.buggy}: no line {bug.text!r} in {bug.path}")
    where = {function_at(path, number) for number, one in enumerate(lines, 1) if one.strip() == bug.text}
    later = only(fixed, bug.fixed_path or bug.path)
    still = [number for number in _flagged(bug, fixed, later) if function_at(later, number) in where]
    return Outcome(bug, bool(hits), tuple(still))


def _unpacked(bug: Bug, version: str, cache: Path) -> Path:
    folder = cache / "recall" / f"{bug.package}-{version}{'-source' if bug.source else ''}"
    if not folder.exists():
        unpack(bug.package, version, folder, cache, source=bug.source)
    return folder


def only(folder: Path, path: str) -> Path:
    """The file in an unpacked release; a source archive has a folder of its own around everything."""
    found = sorted((folder / path, *folder.glob(f"*/{path}")), key=lambda one: (not one.exists(), one))
    if not found[0].exists():
        raise BugError(f"no {path} in {folder.name}")
    return found[0]


def _flagged(bug: Bug, folder: Path, path: Path) -> list[int]:
    """The lines of a file with findings of the bug's code."""
    command = [sys.executable, "-P", "-m", "concurlint", "check", "--select", bug.code, "--format", "json"]
    done = subprocess.run([*command, *bug.options, "."], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise BugError(f"{bug.package}: {done.stderr.strip()}")
    findings: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
    return [one["line"] for one in findings if folder / one["path"] == path and one["code"] == bug.code]


def function_at(path: Path, number: int) -> str:
    """The qualified name of the innermost function around a line, "" for none; the whole file if it is not Python."""
    try:
        tree = ast.parse(path.read_bytes())
    except SyntaxError:
        return ""
    name: list[str] = []
    body: list[ast.stmt] = tree.body
    while True:
        inner = [n for one in body for n in _definitions(one) if n.lineno <= number <= (n.end_lineno or n.lineno)]
        if not inner:
            return ".".join(name)
        name.append(inner[0].name)
        body = inner[0].body


def _definitions(statement: ast.stmt) -> list[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """The functions and classes in a statement, outermost only."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [statement]
    return [d for child in ast.iter_child_nodes(statement) if isinstance(child, ast.stmt) for d in _definitions(child)]


def line(one: Outcome) -> str:
    """One bug in a line."""
    told = "found" if one.found else "missed"
    still = f", still flagged when mended: {', '.join(map(str, one.still))}" if one.still else ""
    other = "" if one.as_told else "  <-- not as recall.toml says"
    return f"{one.bug.package} {one.bug.buggy} {one.bug.code} {one.bug.path}: {told}{still}{other}"


def table(outcomes: Sequence[Outcome]) -> str:
    """The page: each bug, whether it is found, and why not."""
    found = sum(one.found for one in outcomes)
    rows = [
        f"| {one.bug.package} {one.bug.buggy} | {one.bug.fixed} | {one.bug.code} | {cell(one.bug.says)} "
        f"| {'found' if one.found else 'missed: ' + cell(one.bug.missed)} "
        f"| {'flagged' if one.still else 'silent'} | {cell(one.bug.known)} |"
        for one in outcomes
    ]
    return "\n".join(
        [
            "# Recall",
            "",
            "Concurrency bugs that were really shipped: is the buggy release flagged on the right line,",
            "and is the release that mended it silent there?",
            "",
            f"{found} of {len(outcomes)} are found; {sum(not one.still for one in outcomes)} are silent once mended.",
            "",
            "| buggy release | mended in | code | what was wrong | buggy | mended | known from |",
            "| --- | --- | --- | --- | --- | --- | --- |",
            *rows,
            "",
            "Renew with `python benchmarks/recall.py --write`.",
            "",
        ]
    )


def cell(text: str) -> str:
    """Text for a cell of a table."""
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    sys.exit(main())
