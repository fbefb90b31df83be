"""The commands that measure a run and show what was measured."""

import contextlib
import gc
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from concurlint.judge import judge
from concurlint.profiling import measure, read_sources
from concurlint.report import sarif
from concurlint.report.profiled import html, json, live, speedscope, terminal, text, trace
from concurlint.report.profiled.paths import seen_from
from concurlint.report.saving import save
from concurlint.rulebook import read_page
from concurlint.runtime.launch import LaunchError
from concurlint.runtime.profile import Profile
from concurlint.runtime.saved import ProfileError, load, to_json
from concurlint.runtime.stacks import RecordingError
from concurlint.runtime.states import DEFAULT_RATE, SamplingError
from concurlint.runtime.targets import Command, Module, Process, Script, Target
from concurlint.streams import CLEAN, TROUBLE, complain, is_pretty, make_console, reason, say, show
from concurlint.verdicts.verdict import Verdict

_OPTIONS = (
    click.option("--cores", type=click.IntRange(1), metavar="N", help="Also predict for a machine with N cores."),
    click.option("--format", "form", type=click.Choice(["text", "json", "sarif"]), default="text", show_default=True),
    click.option("--output", metavar="FILE", help="Write the report there; `-` is standard output."),
    click.option("--html", metavar="FILE", help="Also write the report as a page that needs no network."),
    click.option("--trace", metavar="FILE", help="Also write a trace for Perfetto and chrome://tracing."),
    click.option("--speedscope", metavar="FILE", help="Also write the stacks for speedscope."),
)
_Function = TypeVar("_Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is to be shown, and where."""

    form: str
    output: str | None
    html: str | None
    trace: str | None
    speedscope: str | None
    cores: int | None
    save: str | None = None

    @property
    def files(self) -> list[str]:
        """All that is to be written."""
        named = (self.output, self.html, self.trace, self.speedscope, self.save)
        return [name for name in named if name is not None and name != "-"]


def _showing(function: _Function) -> _Function:
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


class _TargetLast(click.Command):
    """As with `python` itself: after the script, `-m MODULE` or `--` every word is the program's."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own, kind, words = self._split(ctx, args)
        ctx.meta["kind"] = kind
        return super().parse_args(ctx, [*own, "--", *words])

    def _split(self, ctx: click.Context, args: list[str]) -> tuple[list[str], str, list[str]]:
        valued = {
            name
            for param in self.get_params(ctx)
            if isinstance(param, click.Option) and not param.is_flag
            for name in param.opts
        }
        at = 0
        while at < len(args):
            word = args[at]
            if word == "--":
                return args[:at], "command", args[at + 1 :]
            if word == "-m":
                return args[:at], "module", args[at + 1 :]
            if word.startswith("-m") and not word.startswith("--"):
                return args[:at], "module", [word[2:], *args[at + 1 :]]
            if not word.startswith("-") or word == "-":
                return args[:at], "script", args[at:]
            at += 2 if word in valued else 1
        return args, "", []


@click.command("profile", cls=_TargetLast, options_metavar="[OPTIONS]")
@click.argument("words", nargs=-1, metavar="SCRIPT [ARGS]... | -m MODULE [ARGS]... | -- COMMAND...")
@click.option("--pid", type=click.IntRange(1), metavar="PID", help="Look at a running process instead.")
@click.option("--duration", type=click.FloatRange(0, min_open=True), metavar="S", help="For so many seconds (--pid).")
@click.option("--python", metavar="PATH", help="The Python that runs the program (3.8 or newer).")
@click.option("--rate", type=click.IntRange(1, 2000), default=DEFAULT_RATE, show_default=True, help="Looks a second.")
@click.option("--save", metavar="FILE", help="Keep what was measured, for `concurlint report`.")
@_showing
def profile(
    words: tuple[str, ...],
    pid: int | None,
    duration: float | None,
    python: str | None,
    rate: int,
    save: str | None,
    **showing: Any,
) -> int:
    """Run a program, measure the GIL and the waiting, and say what to do.

    The program runs as under `python`, and its exit status is ours; the report goes to standard error.
    """
    target = _target(click.get_current_context().meta["kind"], words, pid, python)
    if duration is not None and pid is None:
        raise click.UsageError("--duration is for --pid: a program runs to its end")
    asked = _Asked(save=save, **showing)
    _refuse_early(asked.files)
    # The command line switches it off, for short runs; this may be a long one.
    gc.enable()
    try:
        measured = measure(target, rate=rate, seconds=duration, watch=live.watch)
    except (LaunchError, RecordingError, SamplingError) as error:
        raise click.ClickException(str(error)) from None
    return measured.status if _report(measured.profile, asked, to_stderr=True) else TROUBLE


@click.command("report")
@click.argument("file", metavar="RUN.JSON")
@_showing
def report(file: str, **showing: Any) -> int:
    """Show a run that was kept with `concurlint profile --save`."""
    asked = _Asked(**showing)
    _refuse_early(asked.files)
    try:
        found = load(Path(file))
    except ProfileError as error:
        raise click.ClickException(str(error)) from None
    return CLEAN if _report(found, asked, to_stderr=False) else TROUBLE


def end_by_signal(number: int) -> None:
    """End this process by the signal that ended the program; the core, if any, is the program's."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def _target(kind: str, words: tuple[str, ...], pid: int | None, python: str | None) -> Target:
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


def _refuse_early(files: list[str]) -> None:
    """What surely cannot be written is not worth a run."""
    for name in files:
        path = Path(name)
        if path.is_dir():
            raise click.ClickException(f"cannot write {name}: is a directory")
        if not path.parent.is_dir():
            raise click.ClickException(f"cannot write {name}: no such directory")
        if not os.access(path if path.exists() else path.parent, os.W_OK):
            raise click.ClickException(f"cannot write {name}: permission denied")


def _judged(profile: Profile, cores: int | None) -> tuple[Verdict, ...]:
    """The verdicts; a mistake of ours in finding them must not lose what was measured."""
    try:
        return judge(profile, cores=cores)
    except Exception as error:
        complain(f"no verdicts: internal error: {type(error).__name__}: {error}; please report it")
        return ()


def _report(profile: Profile, asked: _Asked, *, to_stderr: bool) -> bool:
    """Print and write all that was asked for; False if something could not be written."""
    # First of all, what cannot be had again.
    written = [_write(asked.save, to_json(profile))] if asked.save is not None else []
    judged = _judged(profile, asked.cores)
    verdicts = seen_from(Path.cwd(), judged, {frame.path for stack in profile.stacks for frame in stack.frames})
    texts = read_sources(profile)
    stream = sys.stderr if to_stderr else sys.stdout
    kinds: list[tuple[str | None, Callable[[], str]]] = [
        (asked.html, lambda: html.render(profile, judged, texts)),
        (asked.trace, lambda: trace.render(profile)),
        (asked.speedscope, lambda: speedscope.render(profile)),
    ]
    written += [_write(name, make()) for name, make in kinds if name is not None]
    if asked.form == "text" and asked.output is None and is_pretty(stream):
        shown = terminal.render(profile, verdicts, texts, make_console(stream))
    elif asked.form == "json":
        shown = json.render(profile, verdicts)
    elif asked.form == "sarif":
        findings = [verdict.finding for verdict in verdicts]
        pages = {finding.code: page for finding in findings if (page := read_page(finding.code)) is not None}
        shown = sarif.render(findings, pages, properties=[json.properties(verdict) for verdict in verdicts])
    else:
        shown = text.render(profile, verdicts, texts)
    if asked.output is not None and asked.output != "-":
        written.append(_write(asked.output, shown, "; the report follows here"))
        if written[-1]:
            return all(written)
    if to_stderr and asked.output != "-":
        say(shown.removesuffix("\n"))
    else:
        show(shown)
    return all(written)


def _write(name: str, content: str, otherwise: str = "") -> bool:
    try:
        save(Path(name), content)
    except OSError as error:
        complain(f"cannot write {name}: {reason(error)}{otherwise}")
        return False
    return True
