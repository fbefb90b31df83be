"""A run of `concurlint check`: configure, lint, report, exit status."""

import os
import shutil
import sys
import textwrap
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import click

from concurlint.cache.place import Caching
from concurlint.cli.cluster import executor_of
from concurlint.cli.destinations import Destination, deliver, destinations
from concurlint.cli.inspecting import configure, inspect
from concurlint.cli.progress import Bar
from concurlint.config import Nearest
from concurlint.finding import Level
from concurlint.linting import Result, lint, lint_changes
from concurlint.report import formats, statistics
from concurlint.report.formats import FORMATS, PLAIN
from concurlint.report.found import Found
from concurlint.report.next import next_steps
from concurlint.report.statistics import totals
from concurlint.revision import changes_since
from concurlint.source import NOTHING_UNSAVED, Unsaved
from concurlint.streams import CLEAN, FOUND, TROUBLE, complain, is_pretty, make_console, say, show, warn
from concurlint.watching import Stopwatch

STDIN = "-"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for; `settings` by their keys."""

    paths: tuple[str, ...]
    settings: Mapping[str, object]
    configs: tuple[str, ...]
    isolated: bool
    forms: tuple[str, ...]
    output: str | None
    stdin_filename: str | None
    statistics: bool
    show_files: bool
    show_settings: bool
    exit_zero: bool
    fix: bool
    fix_diff: bool
    exit_non_zero_on_fix: bool
    update_baseline: bool
    add_noqa: bool
    reason: str | None
    diff: str | None
    profile: str | None
    quiet: bool
    silent: bool
    verbose: bool
    timings: bool
    jobs: int | None
    no_cache: bool
    scheduler: str | None


def run(asked: Asked) -> int:
    """Check what was asked for and report it; the exit status."""
    paths, unsaved = _given(asked)
    wanted = destinations(asked.forms, asked.output, FORMATS)
    settings = configure(asked.settings, asked.configs, isolated=asked.isolated)
    _refuse(asked, wanted, paths, settings)
    if asked.show_files or asked.show_settings:
        return inspect(paths, settings, unsaved, files=asked.show_files)
    if asked.fix or asked.fix_diff:
        return _fix(asked, wanted, paths, settings, unsaved)
    watch, result = _lint(paths, settings, unsaved, asked)
    if not asked.quiet and not asked.silent:
        for note in result.notes:
            warn(note)
    if not result.troubles and (asked.update_baseline or asked.add_noqa):
        from concurlint.cli.oldcode import add_noqa, update_baseline

        return update_baseline(result) if asked.update_baseline else add_noqa(result, asked.reason or "")
    saved = asked.silent or _report(asked, wanted, result)
    _tell(asked, watch, result)
    return exit_status(result, exit_zero=asked.exit_zero) if saved else TROUBLE


def _tell(asked: Asked, watch: Stopwatch, result: Result) -> None:
    if asked.verbose or asked.timings:
        from concurlint.cli.telling import timings, told

        for line in (told(result),) * asked.verbose + (timings(watch),) * asked.timings:
            say(line)
    for trouble in result.troubles:
        complain(trouble)


def _fix(
    asked: Asked, wanted: Sequence[Destination], paths: Sequence[Path], settings: Nearest, unsaved: Unsaved
) -> int:
    """Mend, and report what is left; with `--fix-diff` show what would be changed. The exit status."""
    from concurlint.cli.fixing import show_diff, tell, write
    from concurlint.repairing import repair

    watches: list[Stopwatch] = []

    def found(changed: Unsaved) -> Result:
        watch, result = _lint(paths, settings, {**unsaved, **changed}, asked)
        watches.append(watch)
        return result

    repaired = repair(found, unsaved)
    result = repaired.result
    is_done = not asked.fix_diff and not result.troubles and write(repaired, unsaved)
    if asked.fix_diff:
        show_diff(repaired)
    elif not is_done and not result.troubles:
        result = found({})  # what could not be written is as it was
    if unsaved and not asked.fix_diff and not asked.silent and result.findings:
        say(formats.render("concise", _found(result)).rstrip("\n"))  # standard output is for the text
    is_reported = asked.silent or asked.fix_diff or bool(unsaved) or _report(asked, wanted, result)
    if not asked.quiet and not asked.silent and not result.troubles:
        tell(repaired, is_written=is_done, is_wanted=asked.fix)
    _tell(asked, watches[-1], result)
    if not is_reported or not (is_done or asked.fix_diff):
        return TROUBLE
    if repaired.fixed and not asked.exit_zero and (asked.fix_diff or asked.exit_non_zero_on_fix):
        return FOUND
    return CLEAN if asked.fix_diff and not result.troubles else exit_status(result, exit_zero=asked.exit_zero)


def _given(asked: Asked) -> tuple[list[Path], Unsaved]:
    """The paths, and what stands for a file that comes through standard input; UsageError where they make no sense."""
    if "" in asked.paths:
        raise click.UsageError("a path is empty")
    if STDIN not in asked.paths:
        if asked.stdin_filename is not None:
            raise click.UsageError("--stdin-filename is for `-`, which is standard input")
        return [Path(path) for path in asked.paths or (".",)], NOTHING_UNSAVED
    if len(asked.paths) > 1:
        raise click.UsageError("standard input is one file; leave out the other paths")
    for name, is_set in (("--add-noqa", asked.add_noqa), ("--diff", asked.diff is not None)):
        if is_set:
            raise click.UsageError(f"{name} is for files on the disk, not for standard input")
    path = Path(asked.stdin_filename or STDIN)
    return [path], {Path(os.path.abspath(path)): sys.stdin.buffer.read()}  # noqa: PTH100 - as `find_sources` has it


def _refuse(asked: Asked, wanted: Sequence[Destination], paths: Sequence[Path], settings: Nearest) -> None:
    """UsageError for options that do not go together."""
    for destination in wanted:
        if asked.statistics and destination.form not in (*PLAIN, "json"):
            raise click.UsageError(f"--statistics are text or JSON, not {destination.form}")
    if asked.update_baseline and all(settings.of(path.absolute()).baseline is None for path in paths):
        raise click.UsageError("no baseline is named; write --baseline FILE, or `baseline` in the table")
    if asked.update_baseline and asked.diff is not None:
        raise click.UsageError("--update-baseline is for all that is found, and --diff leaves out what is not new")
    if asked.fix or asked.fix_diff:
        for name, is_set in (
            ("--diff", asked.diff is not None),
            ("--update-baseline", asked.update_baseline),
            ("--add-noqa", asked.add_noqa),
        ):
            if is_set:
                raise click.UsageError(f"{'--fix' if asked.fix else '--fix-diff'} and {name} are for two runs")
        if asked.fix and asked.fix_diff:
            raise click.UsageError("--fix changes files, --fix-diff shows what it would change: ask for one")
    elif asked.exit_non_zero_on_fix:
        raise click.UsageError("--exit-non-zero-on-fix is for --fix")
    if asked.reason is not None and not asked.add_noqa:
        raise click.UsageError("--reason is for the comments of --add-noqa")


def _lint(paths: Sequence[Path], settings: Nearest, unsaved: Unsaved, asked: Asked) -> tuple[Stopwatch, Result]:
    is_shown = sys.stderr.isatty() and not (asked.quiet or asked.silent)
    with executor_of(asked.scheduler) as executor, Bar() if is_shown else nullcontext() as bar:
        watch = Stopwatch(bar)
        cache = Caching(wanted=not asked.no_cache)
        if asked.diff is None:
            is_plain = not asked.update_baseline
            result = lint(
                paths,
                settings,
                workers=asked.jobs,
                executor=executor,
                unsaved=unsaved,
                baselines=is_plain,
                cache=cache,
                watch=watch,
            )
        else:
            folder = paths[0] if paths[0].is_dir() else paths[0].parent
            changes = changes_since(asked.diff, folder)
            result = lint_changes(
                paths, settings, changes, workers=asked.jobs, executor=executor, cache=cache, watch=watch
            )
        watch.stop()
        return watch, result


def exit_status(result: Result, *, exit_zero: bool = False) -> int:
    """2 if something went wrong inside, 1 if there are errors or warnings, else 0; advice alone is clean."""
    if result.troubles:
        return TROUBLE
    is_bad = any(finding.level is not Level.ADVICE for finding in result.findings)
    return FOUND if is_bad and not exit_zero else CLEAN


def _found(result: Result) -> Found:
    return Found(result.findings, result.texts, result.cells, result.files, result.seconds, result.troubles)


def _report(asked: Asked, wanted: Sequence[Destination], result: Result) -> bool:
    """Print and save the reports; False if one could not be saved, and was printed instead."""
    found = _found(result)
    measured = ""
    if asked.profile is not None:
        from concurlint.cli.ranking import rank

        ranked = rank(found, asked.profile)
        found, measured = ranked.found, ranked.summary
    saved = [deliver(destination, _render(asked, destination, found)) for destination in wanted]
    if not asked.quiet:
        _sum_up(asked, wanted, result, measured)
    return all(saved)


def _sum_up(asked: Asked, wanted: Sequence[Destination], result: Result, measured: str) -> None:
    """How much there is, and what to do next."""
    counts = totals(result.findings, result.files, known=len(result.known))
    is_read = any(each.file is None and each.form in PLAIN for each in wanted)
    if is_read and is_pretty(sys.stdout):
        from concurlint.report import terminal

        show(terminal.render_summary(counts, make_console(sys.stdout)))
    elif is_read or any(each.file is not None for each in wanted):
        say(counts.summary())
    if measured:
        say(measured)
    if is_read:
        findings = result.findings if is_pretty(sys.stdout) and not asked.statistics else ()
        for line in next_steps(findings, result.held_back):
            # A terminal would cut in the middle of a word.
            say(textwrap.fill(line, shutil.get_terminal_size().columns) if sys.stderr.isatty() else line)


def _render(asked: Asked, destination: Destination, found: Found) -> str:
    if destination.file is None and is_pretty(sys.stdout):
        # Loaded where people look at it: drawing takes longer to load than an answer takes that is known already.
        from concurlint.report import terminal
        from concurlint.report.cells import in_cells

        if asked.statistics and destination.form != "json":
            return terminal.render_statistics(found, make_console(sys.stdout))
        if not asked.statistics and destination.form in ("text", "full"):
            return terminal.render(in_cells(found), make_console(sys.stdout))
    if asked.statistics:
        return statistics.render_json(found) if destination.form == "json" else statistics.render(found)
    return formats.render(destination.form, found)
