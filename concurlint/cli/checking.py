"""A run of `concurlint check`: configure, lint, report, exit status."""

import sys
from dataclasses import dataclass
from pathlib import Path

import click

from concurlint.cli.naming import know
from concurlint.config import Config, load
from concurlint.finding import Level
from concurlint.linting import Result, lint
from concurlint.report import json, terminal, text
from concurlint.report.saving import save
from concurlint.report.statistics import totals
from concurlint.source import project_root
from concurlint.streams import CLEAN, FOUND, TROUBLE, complain, is_pretty, make_console, reason, say, show


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for."""

    paths: tuple[str, ...]
    select: tuple[str, ...]
    ignore: tuple[str, ...]
    advice: bool
    form: str
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
    result = lint(paths, _configure(paths, asked), workers=None)
    output = None if asked.output == "-" else asked.output
    saved = _report(result, asked.form, statistics=asked.statistics, output=output)
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


def _report(result: Result, form: str, *, statistics: bool, output: str | None) -> bool:
    """Print or save the report; False if it could not be saved, and was printed instead."""
    findings = result.findings
    if form == "text" and output is None and is_pretty(sys.stdout):
        console = make_console(sys.stdout)
        show(terminal.render(findings, result.texts, console, files=result.files, statistics=statistics))
        return True
    if form == "json":
        report = json.render(findings, files=result.files, seconds=result.seconds)
    else:
        report = text.render(findings, statistics=statistics)
    saved = True
    if output is not None:
        try:
            save(Path(output), report)
        except OSError as error:
            complain(f"cannot write {output}: {reason(error)}; the report follows here")
            saved = False
    if output is None or not saved:
        show(report)
    if form == "text" or output is not None:
        say(totals(findings, result.files).summary())
    return saved
