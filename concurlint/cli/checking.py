"""A run of `concurlint check`: configure, lint, report, exit status."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from concurlint.cli.destinations import Destination, deliver, destinations
from concurlint.cli.naming import know
from concurlint.config import Config, load
from concurlint.finding import Level
from concurlint.linting import Result, lint
from concurlint.report import formats, statistics, terminal
from concurlint.report.formats import FORMATS, PLAIN
from concurlint.report.found import Found
from concurlint.report.statistics import totals
from concurlint.source import project_root
from concurlint.streams import CLEAN, FOUND, TROUBLE, complain, is_pretty, make_console, say, show


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for."""

    paths: tuple[str, ...]
    select: tuple[str, ...]
    ignore: tuple[str, ...]
    advice: bool
    forms: tuple[str, ...]
    statistics: bool
    output: str | None
    exit_zero: bool
    target_python: str | None
    target_platform: str | None
    free_threaded: bool


def run(asked: Asked) -> int:
    """Check what was asked for and report it; the exit status."""
    if "" in asked.paths:
        raise click.UsageError("a path is empty")
    paths = [Path(path) for path in asked.paths or (".",)]
    wanted = destinations(asked.forms, asked.output, FORMATS)
    for destination in wanted:
        if asked.statistics and destination.form not in (*PLAIN, "json"):
            raise click.UsageError(f"--statistics are text or JSON, not {destination.form}")
    result = lint(paths, _configure(paths, asked), workers=None)
    saved = _report(asked, wanted, result)
    for trouble in result.troubles:
        complain(trouble)
    return exit_status(result, exit_zero=asked.exit_zero) if saved else TROUBLE


def exit_status(result: Result, *, exit_zero: bool = False) -> int:
    """2 if something went wrong inside, 1 if there are errors or warnings, else 0; advice alone is clean."""
    if result.troubles:
        return TROUBLE
    is_bad = any(finding.level is not Level.ADVICE for finding in result.findings)
    return FOUND if is_bad and not exit_zero else CLEAN


def _configure(paths: list[Path], asked: Asked) -> Config:
    """The project's configuration with the options over it; a rule that nobody knows is an error."""
    for option, codes in (("--select", asked.select), ("--ignore", asked.ignore)):
        know([code for value in codes for code in value.replace(",", " ").split()], option)
    config = load(
        project_root(paths),
        select=asked.select or None,
        ignore=asked.ignore or None,
        advice=asked.advice or None,
        target_python=asked.target_python,
        target_platform=asked.target_platform,
        free_threaded=asked.free_threaded or None,
    )
    where = str(config.root / "pyproject.toml")
    know([*config.select, *config.ignore], where)
    know([code for codes in config.per_file_ignores.values() for code in codes], where)
    return config


def _report(asked: Asked, wanted: Sequence[Destination], result: Result) -> bool:
    """Print and save the reports; False if one could not be saved, and was printed instead."""
    found = Found(result.findings, result.texts, result.files, result.seconds, result.troubles)
    counts = totals(result.findings, result.files)
    saved = [deliver(destination, _render(asked, destination, found)) for destination in wanted]
    if any(each.file is None and each.form in PLAIN for each in wanted) and is_pretty(sys.stdout):
        show(terminal.render_summary(counts, make_console(sys.stdout)))
    elif any(each.file is not None or each.form in PLAIN for each in wanted):
        say(counts.summary())
    return all(saved)


def _render(asked: Asked, destination: Destination, found: Found) -> str:
    is_drawn = destination.file is None and is_pretty(sys.stdout)
    if asked.statistics:
        if destination.form == "json":
            return statistics.render_json(found)
        if is_drawn:
            return terminal.render_statistics(found, make_console(sys.stdout))
        return statistics.render(found)
    if is_drawn and destination.form in ("text", "full"):
        return terminal.render(found, make_console(sys.stdout))
    return formats.render(destination.form, found)
