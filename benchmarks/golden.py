"""Records every finding on all examples and on released packages, and tells what a change of the engine changed.

    python benchmarks/golden.py                     says how the findings differ from golden/
    python benchmarks/golden.py --write             renews golden/
    python benchmarks/golden.py pages trio redis    only these sources

Findings of every level count, each with its message and its whole trace. Exit status 0: nothing differs;
1: something does; 2: concurlint itself had trouble.
"""

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from precision import PACKAGES as PRECISION  # noqa: E402
from precision import SOURCES  # noqa: E402
from recall import BUGS, read_bugs  # noqa: E402
from tests.pages import PROJECTS, Example, read_page, rule_pages, write_example  # noqa: E402
from wheels import CACHE, unpack  # noqa: E402

GOLDEN = Path(__file__).with_name("golden")
PACKAGES = {
    "anyio": "4.9.0",
    "cachetools": "6.0.0",
    "cheroot": "10.0.1",
    "discord.py": "2.5.2",
    "dramatiq": "1.18.0",
    "filelock": "3.18.0",
    "gunicorn": "23.0.0",
    "httpx": "0.28.1",
    "kombu": "5.5.3",
    "locust": "2.37.5",
    "paho-mqtt": "2.1.0",
    "pika": "1.3.2",
    "pip": "25.1",
    "prometheus-client": "0.22.0",
    "python-telegram-bot": "22.1",
    "redis": "6.2.0",
    "requests": "2.32.3",
    "rich": "14.0.0",
    "sentry-sdk": "2.29.1",
    "sqlalchemy": "2.0.41",
    "streamlink": "7.3.0",
    "structlog": "25.3.0",
    "tenacity": "9.1.2",
    "tornado": "6.5.1",
    "trio": "0.30.0",
    "urllib3": "2.4.0",
    "uvicorn": "0.34.2",
    "waitress": "3.0.2",
    "websockets": "15.0.1",
    "zeroconf": "0.147.0",
}
"""Beside those of precision.py and recall.toml: servers, clients, bots, queues and frameworks."""

Row = tuple[str, str, int, int, str, str, tuple[str, ...]]
"""Source, path, line, column, code, message, trace."""


class GoldenError(Exception):
    """Findings that could not be had; the message says of what, and why."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Check everything asked for, tell the differences, keep the rows if asked to; returns the exit status."""
    parser = argparse.ArgumentParser(description="compare all findings with those recorded")
    parser.add_argument("sources", nargs="*", metavar="SOURCE", help="pages, projects or the name of a package")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where downloads stay")
    parser.add_argument("--write", action="store_true", help="keep what is found as what is expected")
    parser.add_argument("--brief", action="store_true", help="only the places, without messages and traces")
    options = parser.parse_args(arguments)
    differs = 0
    for source in options.sources or ["pages", "projects", *releases()]:
        try:
            rows = sorted(set(found(source, options.cache)))
        except GoldenError as error:
            print(f"{source}: {error}", file=sys.stderr)
            return 2
        differs += compare(source, rows, brief=options.brief)
        if options.write:
            GOLDEN.mkdir(exist_ok=True)
            kept = "".join(json.dumps(row[1:], ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows)
            recorded(source).write_text(kept, encoding="utf-8")
    print(f"{differs} differences", file=sys.stderr)
    return int(bool(differs) and not options.write)


def recorded(source: str) -> Path:
    """Where the rows of a source are kept."""
    return GOLDEN / f"{source}.jsonl"


def compare(source: str, rows: Sequence[Row], *, brief: bool) -> int:
    """Print what came and what went; returns how many rows did."""
    kept: set[Row] = set()
    if recorded(source).exists():
        for line in recorded(source).read_text(encoding="utf-8").splitlines():
            path, at, column, code, message, trace = json.loads(line)
            kept.add((source, path, at, column, code, message, tuple(trace)))
    changes = [("-", row) for row in kept - set(rows)] + [("+", row) for row in set(rows) - kept]
    for sign, row in sorted(changes, key=lambda change: (change[1], change[0])):
        _, path, at, column, code, message, trace = row
        print(f"{sign} {source} {path}:{at}:{column} {code}" + ("" if brief else f" {message}"))
        for step in () if brief else trace:
            print(f"      {step}")
    return len(changes)


def releases() -> dict[str, tuple[str, str, bool]]:
    """The released packages by the name of their rows: name, version, whether a source archive."""
    named = {name: (name, version, name in SOURCES) for name, version in PRECISION.items()}
    for bug in read_bugs(BUGS.read_text(encoding="utf-8")):
        for version in (bug.buggy, bug.fixed):
            named[f"{bug.package}-{version}"] = (bug.package, version, bug.source)
    named.update({name: (name, version, False) for name, version in PACKAGES.items()})
    return named


def found(source: str, cache: Path) -> Iterator[Row]:
    """The rows of one source; raises GoldenError."""
    if source == "pages":
        with ProcessPoolExecutor() as pool:
            for rows in pool.map(of_page, rule_pages()):
                yield from rows
    elif source == "projects":
        for folder in sorted(path for path in PROJECTS.iterdir() if path.is_dir()):
            yield from checked(source, folder, f"{folder.name}/")
    elif source in releases():
        name, version, archive = releases()[source]
        folder = cache / "golden" / f"{name}-{version}{'-source' if archive else ''}"
        if not folder.exists():
            try:
                unpack(name, version, folder, cache, source=archive)
            except (OSError, subprocess.CalledProcessError) as error:
                raise GoldenError(f"cannot be had: {error}") from None
        yield from checked(source, folder, "")
    else:
        raise GoldenError("is neither pages nor projects nor a package named in golden.py, precision.py or recall.toml")


def of_page(path: Path) -> list[Row]:
    """The rows of every example of one page; the path of a row begins with code, heading and title."""
    rows: list[Row] = []
    for example in read_page(path).examples:
        rows += of_example(example)
    return rows


def of_example(example: Example) -> list[Row]:
    """The rows of one example, linted in this process."""
    from concurlint import config
    from concurlint.linting import lint

    with tempfile.TemporaryDirectory() as made:
        folder = Path(made).resolve()
        write_example(example, folder)
        with contextlib.chdir(folder):
            findings = lint([folder], config.load(folder)).findings
    rows: list[Row] = []
    for one in findings:
        trace = tuple(f"{step.span.path}:{step.span.line} {step.message}" for step in one.trace)
        place = f"{example.name}/{one.span.path}"
        rows.append(("pages", place, one.span.line, one.span.column, one.code, one.message, trace))
    return rows


def checked(source: str, folder: Path, within: str) -> Iterator[Row]:
    """The rows of a folder, by the command line, advice included."""
    command = [sys.executable, "-P", "-m", "concurlint", "check", "--advice", "--format", "json", "--exit-zero", "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise GoldenError(done.stderr.strip())
    answer: dict[str, Any] = json.loads(done.stdout)
    for one in answer["findings"]:
        trace = tuple(f"{step['path']}:{step['line']} {step['message']}" for step in one["trace"])
        yield (source, within + one["path"], one["line"], one["column"], one["code"], one["message"], trace)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except tomllib.TOMLDecodeError as error:
        sys.exit(f"golden.py: recall.toml cannot be read: {error}")
