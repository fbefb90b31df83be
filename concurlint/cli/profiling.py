"""A run of `concurlint profile` or `report`: what is asked is looked at, and measured or loaded."""

import contextlib
import gc
import os
import sys
from pathlib import Path

import click

from concurlint.cli.asked import Asked
from concurlint.cli.destinations import deliver
from concurlint.profiling import Watch, measure, read_own
from concurlint.report.formats import TEXT
from concurlint.runtime.kept import keep, load_run
from concurlint.runtime.launch import LaunchError
from concurlint.runtime.saved import ProfileError
from concurlint.runtime.stacks import RecordingError
from concurlint.runtime.states import SamplingError
from concurlint.runtime.targets import Command, Module, Process, Script, Target
from concurlint.streams import CLEAN, TROUBLE, is_pretty, make_console, show


def run(target: Target, asked: Asked, *, rate: int, seconds: float | None) -> int:
    """Measure `target` and report it; the program's exit status, or trouble of ours."""
    _refuse_early(asked)
    # The command line switches it off, for short runs; this may be a long one.
    gc.enable()
    try:
        measured = measure(target, rate=rate, seconds=seconds, watch=_foot())
    except (LaunchError, RecordingError, SamplingError) as error:
        raise click.ClickException(str(error)) from None
    keep(measured.profile)
    # The program is not kept waiting for what only its report needs.
    from concurlint.cli.profiled import report

    return measured.status if report(measured.profile, asked, target) else TROUBLE


def _foot() -> Watch:
    """What is seen on a terminal while the program runs."""
    if not sys.stderr.isatty():
        return contextlib.nullcontext
    from concurlint.report.profiled import live

    return live.watch


def show_kept(file: str, asked: Asked) -> int:
    """Report the run that was kept in `file`."""
    _refuse_early(asked)
    try:
        found = load_run(file)
    except ProfileError as error:
        raise click.ClickException(str(error)) from None
    from concurlint.cli.profiled import report

    return CLEAN if report(found, asked) else TROUBLE


def look(pid: int, asked: Asked, *, variables: bool) -> int:
    """Show what every thread of a process is at now."""
    from concurlint.report.profiled import once
    from concurlint.runtime.once import look_once

    if any(form not in (TEXT, "json") for form in (each.form for each in asked.destinations)):
        raise click.UsageError("--once is shown as text or json")
    _refuse_early(asked)
    try:
        now = look_once(pid, variables=variables)
    except (RecordingError, SamplingError) as error:
        raise click.ClickException(str(error)) from None
    texts = read_own(each.frame.path for thread in now.threads for each in thread.frames)
    written = []
    for destination in asked.destinations:
        if destination.form == "json":
            shown = once.render_json(now)
        elif destination.file is None and is_pretty(sys.stdout):
            shown = once.render_terminal(now, texts, make_console(sys.stdout))
        else:
            shown = once.render_text(now, texts)
        written.append(deliver(destination, shown, show))
    return CLEAN if all(written) else TROUBLE


def target(kind: str, words: tuple[str, ...], pid: int | None, python: str | None) -> Target:
    if pid is not None:
        if words:
            raise click.UsageError("--pid looks at a process that runs: nothing is to be started")
        if python is not None:
            raise click.UsageError("--python is for a program that is to be started")
        return Process(pid)
    if not words:
        raise click.UsageError("nothing to run: name a script, -m MODULE, -- COMMAND, or --pid PID")
    if kind == "command":
        if python is not None:
            raise click.UsageError("--python is for a script or a module: a command names its own")
        return Command(words)
    if kind == "module":
        return Module(words[0], words[1:], python or sys.executable)
    return Script(words[0], words[1:], python or sys.executable)


def _refuse_early(asked: Asked) -> None:
    """What surely cannot be shown or written is not worth a run."""
    asked.showing  # noqa: B018 (asked for its errors)
    for name in asked.files:
        path = Path(name)
        if path.is_dir():
            raise click.ClickException(f"cannot write {name}: is a directory")
        if not path.parent.is_dir():
            raise click.ClickException(f"cannot write {name}: no such directory")
        if not os.access(path if path.exists() else path.parent, os.W_OK):
            raise click.ClickException(f"cannot write {name}: permission denied")
