"""The command line: parse, call one function, print, exit code."""

import atexit
import gc
import io
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

import click

from concurlint import __version__, cli_profile
from concurlint.catalog.effects import CatalogError
from concurlint.config import PLATFORMS, Config, ConfigError, closeness, load
from concurlint.finding import Level
from concurlint.linting import Result, lint
from concurlint.registry import CATALOGUE, find_rule, nearest_rule
from concurlint.report import json, rules, terminal, text
from concurlint.report.saving import save
from concurlint.report.statistics import totals
from concurlint.rulebook import Page, read_page
from concurlint.source import SourceError, project_root
from concurlint.streams import (
    CLEAN,
    FOUND,
    INTERRUPTED,
    TROUBLE,
    complain,
    fill_closed,
    is_pretty,
    make_console,
    reason,
    say,
    show,
)

TRACEBACK = "CONCURLINT_TRACEBACK"

_CODES = "CODES"
_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class _Commands(click.Group):
    """The commands; whoever forgets `check` before a path is told so."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and self.get_command(ctx, args[0]) is None and Path(args[0]).exists():
            raise click.ClickException(f"no such command: {args[0]}; write `concurlint check {args[0]}`")
        return super().resolve_command(ctx, args)


@click.group(cls=_Commands, context_settings=_CONTEXT, invoke_without_command=True)
@click.version_option(__version__, message="%(prog)s %(version)s")
@click.pass_context
def concurlint(ctx: click.Context) -> None:
    """True findings about threads, processes, coroutines and subprocesses in Python code."""
    if ctx.invoked_subcommand is None:
        say(ctx.get_help())
        ctx.exit(TROUBLE)


concurlint.add_command(cli_profile.profile)
concurlint.add_command(cli_profile.report)


@concurlint.command()
@click.argument("paths", nargs=-1)
@click.option("--select", multiple=True, metavar=_CODES, help="Only these rules: CCL2, CCL301 or names, with commas.")
@click.option("--ignore", multiple=True, metavar=_CODES, help="Not these rules; the closer of both options wins.")
@click.option("--advice", is_flag=True, help="Also say where another tool would serve better.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--statistics", is_flag=True, help="Count the findings of each rule (text only).")
@click.option("--output", metavar="FILE", help="Write the report there; `-` is standard output.")
@click.option("--exit-zero", is_flag=True, help="Exit 0 even if there are findings.")
@click.option("--target-python", metavar="3.X", help="The oldest Python the code is for.")
@click.option("--target-platform", type=click.Choice(PLATFORMS), help="Where the code is to run.")
@click.option("--free-threaded", is_flag=True, help="The code is to run on a build without the GIL.")
def check(
    paths: tuple[str, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    advice: bool,
    form: str,
    statistics: bool,
    output: str | None,
    exit_zero: bool,
    target_python: str | None,
    target_platform: str | None,
    free_threaded: bool,
) -> int:
    """Check files and folders; no path is the current folder.

    Exit status: 0 clean or advice only, 1 errors or warnings, 2 trouble.
    """
    if "" in paths:
        raise click.UsageError("a path is empty")
    asked = [Path(path) for path in paths or (".",)]
    config = _configure(
        asked,
        select=select or None,
        ignore=ignore or None,
        advice=advice or None,
        target_python=target_python,
        target_platform=target_platform,
        free_threaded=free_threaded or None,
    )
    result = lint(asked, config, workers=None)
    saved = _report(result, form, statistics=statistics, output=None if output == "-" else output)
    for trouble in result.troubles:
        complain(trouble)
    return exit_status(result, exit_zero=exit_zero) if saved else TROUBLE


@concurlint.command()
@click.argument("rule", metavar="CODE|NAME")
@click.option("--pager", is_flag=True, help="Show the page in a pager.")
def explain(rule: str, pager: bool) -> int:
    """Print the page of a rule.

    Why it is wrong, what is flagged and what is good, and what the rule does not see.
    """
    page = _page(rule)
    console = make_console(sys.stdout)
    shown = rules.render_page(page.text, console) if is_pretty(sys.stdout) else page.text
    if pager:
        # less shows colours only if it is told to; who has set LESS knows better.
        os.environ.setdefault("LESS", "-R")
        click.echo_via_pager(shown, color=console.color_system is not None)
    else:
        show(shown if shown.endswith("\n") else shown + "\n")
    return CLEAN


@concurlint.command("rules")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def list_rules(form: str) -> int:
    """List all rules: code, name, level, what they say, fixable or not."""
    listed = []
    for rule in CATALOGUE:
        page = read_page(rule.code)
        summary = page.summary if page is not None else ""
        listed.append(rules.RuleSummary(rule.code, rule.name, rule.level, summary, rule.fixable))
    if form == "json":
        show(rules.render_json(listed))
    elif is_pretty(sys.stdout):
        show(rules.render_table(listed, make_console(sys.stdout)))
    else:
        show(rules.render_text(listed))
    return CLEAN


def exit_status(result: Result, *, exit_zero: bool = False) -> int:
    """2 if something went wrong inside, 1 if there are errors or warnings, else 0; advice alone is clean."""
    if result.troubles:
        return TROUBLE
    is_bad = any(finding.level is not Level.ADVICE for finding in result.findings)
    return FOUND if is_bad and not exit_zero else CLEAN


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line (`sys.argv` without `arguments`); the exit status, never a traceback."""
    if arguments is None:  # the process ends with this call, and takes its garbage with it
        gc.disable()
        atexit.register(gc.freeze)
        fill_closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A console of another encoding shows an escape for what it lacks.
            stream.reconfigure(errors="backslashreplace")
    try:
        status = int(concurlint.main(arguments, prog_name="concurlint", standalone_mode=False) or CLEAN)
        return status if status >= 0 else _die_of(-status, outright=arguments is None)
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx is not None else "concurlint"
        complain(f"{_small(error.format_message())} (see `{command} --help`)")
    except click.ClickException as error:
        complain(_small(error.format_message()))
    except (ConfigError, SourceError, CatalogError) as error:
        complain(str(error))
    except (click.Abort, KeyboardInterrupt):
        complain("interrupted")
        return INTERRUPTED
    except Exception as error:
        _explain_crash(error)
    return TROUBLE


def _die_of(number: int, *, outright: bool) -> int:
    """The end of a program that a signal ended: ours is the same, so that who started us sees no difference."""
    if outright:
        sys.stdout.flush()
        cli_profile.end_by_signal(number)
    return 128 + number


def _explain_crash(error: Exception) -> None:
    if os.environ.get(TRACEBACK):
        say("".join(traceback.format_exception(error)).rstrip())
    try:
        Path.cwd()
    except OSError:
        complain("the current folder is gone; go to another one")
    else:
        says = f"internal error: {type(error).__name__}: {error}"
        complain(f"{says}; please report it, with the output of {TRACEBACK}=1")


def _configure(
    paths: Sequence[Path],
    *,
    select: Sequence[str] | None,
    ignore: Sequence[str] | None,
    advice: bool | None,
    target_python: str | None,
    target_platform: str | None,
    free_threaded: bool | None,
) -> Config:
    """The project's configuration with the options over it; a rule that nobody knows is an error."""
    for option, codes in (("--select", select), ("--ignore", ignore)):
        _know([code for value in codes or () for code in value.replace(",", " ").split()], option)
    config = load(
        project_root(paths),
        select=select,
        ignore=ignore,
        advice=advice,
        target_python=target_python,
        target_platform=target_platform,
        free_threaded=free_threaded,
    )
    where = str(config.root / "pyproject.toml")
    _know([*config.select, *config.ignore], where)
    _know([code for codes in config.per_file_ignores.values() for code in codes], where)
    return config


def _know(codes: Sequence[str], where: str) -> None:
    for code in codes:
        if not any(closeness([code], rule.code, rule.name) for rule in CATALOGUE):
            raise click.ClickException(f"{where}: {_unknown(code)}")


def _unknown(code: str) -> str:
    nearest = nearest_rule(code)
    hint = f"the nearest is `{nearest}`" if nearest else "`concurlint rules` lists all"
    return f"no rule is called `{code}`; {hint}"


def _page(code_or_name: str) -> Page:
    rule = find_rule(code_or_name)
    if rule is None:
        raise click.ClickException(_unknown(code_or_name))
    try:
        page = read_page(rule.code)
    except OSError as error:
        raise click.ClickException(f"the page of {rule.code} cannot be read: {error.strerror}") from error
    if page is None:
        raise click.ClickException(f"the page of {rule.code} is missing; install concurlint again")
    return page


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


def _small(message: str) -> str:
    """click's messages in the style of ours: on one line, no capital, no full stop."""
    message = " ".join(message.split()).removesuffix(".")
    return message[:1].lower() + message[1:]
