"""A run of `concurlint check`: configure, lint, report, exit status."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from concurlint.cli.destinations import Destination, deliver, destinations
from concurlint.cli.inspecting import configure, inspect
from concurlint.cli.oldcode import add_noqa, update_baseline
from concurlint.cli.ranking import rank
from concurlint.config import Nearest
from concurlint.finding import Level
from concurlint.linting import Result, lint, lint_changes
from concurlint.report import formats, statistics, terminal
from concurlint.report.formats import FORMATS, PLAIN
from concurlint.report.found import Found
from concurlint.report.statistics import totals
from concurlint.revision import changes_since
from concurlint.streams import CLEAN, FOUND, TROUBLE, complain, is_pretty, make_console, say, show, warn


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for; `settings` by their keys."""

    paths: tuple[str, ...]
    settings: Mapping[str, object]
    configs: tuple[str, ...]
    isolated: bool
    forms: tuple[str, ...]
    output: str | None
    statistics: bool
    show_files: bool
    show_settings: bool
    exit_zero: bool
    update_baseline: bool
    add_noqa: bool
    reason: str | None
    diff: str | None
    profile: str | None


def run(asked: Asked) -> int:
    """Check what was asked for and report it; the exit status."""
    if "" in asked.paths:
        raise click.UsageError("a path is empty")
    paths = [Path(path) for path in asked.paths or (".",)]
    wanted = destinations(asked.forms, asked.output, FORMATS)
    for destination in wanted:
        if asked.statistics and destination.form not in (*PLAIN, "json"):
            raise click.UsageError(f"--statistics are text or JSON, not {destination.form}")
    settings = configure(asked.settings, asked.configs, isolated=asked.isolated)
    if asked.update_baseline and all(settings.of(path.absolute()).baseline is None for path in paths):
        raise click.UsageError("no baseline is named; write --baseline FILE, or `baseline` in the table")
    if asked.reason is not None and not asked.add_noqa:
        raise click.UsageError("--reason is for the comments of --add-noqa")
    if asked.show_files or asked.show_settings:
        return inspect(paths, settings, files=asked.show_files)
    result = _lint(paths, settings, asked)
    for note in result.notes:
        warn(note)
    if not result.troubles and (asked.update_baseline or asked.add_noqa):
        return update_baseline(result) if asked.update_baseline else add_noqa(result, asked.reason or "")
    saved = _report(asked, wanted, result)
    for trouble in result.troubles:
        complain(trouble)
    return exit_status(result, exit_zero=asked.exit_zero) if saved else TROUBLE


def _lint(paths: Sequence[Path], settings: Nearest, asked: Asked) -> Result:
    if asked.diff is None:
        return lint(paths, settings, workers=None, baselines=not asked.update_baseline)
    if asked.update_baseline:
        raise click.UsageError("--update-baseline is for all that is found, and --diff leaves out what is not new")
    folder = paths[0] if paths[0].is_dir() else paths[0].parent
    return lint_changes(paths, settings, changes_since(asked.diff, folder), workers=None)


def exit_status(result: Result, *, exit_zero: bool = False) -> int:
    """2 if something went wrong inside, 1 if there are errors or warnings, else 0; advice alone is clean."""
    if result.troubles:
        return TROUBLE
    is_bad = any(finding.level is not Level.ADVICE for finding in result.findings)
    return FOUND if is_bad and not exit_zero else CLEAN


def _report(asked: Asked, wanted: Sequence[Destination], result: Result) -> bool:
    """Print and save the reports; False if one could not be saved, and was printed instead."""
    found = Found(result.findings, result.texts, result.files, result.seconds, result.troubles)
    ranked = rank(found, asked.profile) if asked.profile is not None else None
    found = ranked.found if ranked is not None else found
    counts = totals(result.findings, result.files, known=len(result.known))
    saved = [deliver(destination, _render(asked, destination, found)) for destination in wanted]
    if any(each.file is None and each.form in PLAIN for each in wanted) and is_pretty(sys.stdout):
        show(terminal.render_summary(counts, make_console(sys.stdout)))
    elif any(each.file is not None or each.form in PLAIN for each in wanted):
        say(counts.summary())
    if ranked is not None and ranked.summary:
        say(ranked.summary)
    if result.held_back and any(each.file is None and each.form in PLAIN for each in wanted) and not asked.statistics:
        say(_held_back(result.held_back))
    return all(saved)


def _held_back(count: int) -> str:
    if count == 1:
        return "1 more finding is less sure or does little harm: `--pedantic` shows it"
    return f"{count} more findings are less sure or do little harm: `--pedantic` shows them"


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
