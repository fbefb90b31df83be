"""A run of `concurlint profile` or `report`: measure or load, judge, write and show."""

import gc
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console

from concurlint.cli.destinations import Destination, deliver, destinations
from concurlint.hotspots import HotFinding, hot_findings
from concurlint.judge import judge
from concurlint.profiling import measure, read_own, read_sources
from concurlint.report import formats, heated
from concurlint.report import terminal as findings_terminal
from concurlint.report import text as findings_text
from concurlint.report.formats import MACHINE, TEXT
from concurlint.report.found import Found
from concurlint.report.profiled import html, json, live, once, speedscope, terminal, text, trace
from concurlint.report.profiled.paths import seen_from
from concurlint.report.profiled.showing import Showing
from concurlint.report.saving import save
from concurlint.runtime.kept import keep, load_run
from concurlint.runtime.launch import LaunchError
from concurlint.runtime.once import look_once
from concurlint.runtime.profile import Profile
from concurlint.runtime.samples import State
from concurlint.runtime.saved import ProfileError, to_json
from concurlint.runtime.stacks import RecordingError
from concurlint.runtime.states import SamplingError
from concurlint.runtime.targets import Command, Module, Process, Script, Target
from concurlint.streams import CLEAN, TROUBLE, complain, is_pretty, make_console, reason, say, show
from concurlint.trying import try_changes
from concurlint.verdicts.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be shown, and where."""

    forms: tuple[str, ...]
    output: str | None
    html: str | None
    trace: str | None
    speedscope: str | None
    cores: int | None
    save: str | None = None
    pairs: int = 0
    states: tuple[str, ...] = ()
    order: str | None = None

    @property
    def showing(self) -> Showing:
        """What is to be seen of it, and in which order; UsageError for a state that there is not."""
        known = {state.value: state for state in State}
        for state in self.states:
            if state not in known:
                raise click.UsageError(f"no state is called `{state}`: it is one of {', '.join(known)}")
        return Showing(tuple(known[state] for state in self.states), self.order == "verdicts-first")

    @property
    def files(self) -> list[str]:
        """All that is to be written."""
        named = (self.html, self.trace, self.speedscope, self.save, *(each.file for each in self.destinations))
        return [name for name in named if name is not None and name != "-"]

    @property
    def destinations(self) -> tuple[Destination, ...]:
        """The reports that are wanted, and where each goes."""
        return destinations(self.forms, self.output, (TEXT, *MACHINE))


def run(target: Target, asked: Asked, *, rate: int, seconds: float | None) -> int:
    """Measure `target` and report it; the program's exit status, or trouble of ours."""
    _refuse_early(asked)
    # The command line switches it off, for short runs; this may be a long one.
    gc.enable()
    try:
        measured = measure(target, rate=rate, seconds=seconds, watch=live.watch)
    except (LaunchError, RecordingError, SamplingError) as error:
        raise click.ClickException(str(error)) from None
    keep(measured.profile)
    return measured.status if _report(measured.profile, asked, target) else TROUBLE


def show_kept(file: str, asked: Asked) -> int:
    """Report the run that was kept in `file`."""
    _refuse_early(asked)
    try:
        found = load_run(file)
    except ProfileError as error:
        raise click.ClickException(str(error)) from None
    return CLEAN if _report(found, asked) else TROUBLE


def look(pid: int, asked: Asked, *, variables: bool) -> int:
    """Show what every thread of a process is at now."""
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


def _judged(profile: Profile, cores: int | None) -> tuple[Verdict, ...]:
    """The verdicts; a mistake of ours in finding them must not lose what was measured."""
    try:
        return judge(profile, cores=cores)
    except Exception as error:
        complain(f"no verdicts: internal error: {type(error).__name__}: {error}; please report it")
        return ()


def _hot(profile: Profile, verdicts: Sequence[Verdict]) -> tuple[HotFinding, ...]:
    """Findings on hot lines; they are not worth losing the report for."""
    judged = {(verdict.finding.span.path, verdict.finding.span.line) for verdict in verdicts}
    try:
        return hot_findings(profile, judged)
    except Exception as error:
        complain(f"no findings: internal error: {type(error).__name__}: {error}; please report it")
        return ()


def _beside(hot: Sequence[HotFinding], texts: Mapping[str, str], console: Console | None = None) -> str:
    """What `check` finds on hot lines, below the verdicts; "" where it finds nothing."""
    if not hot:
        return ""
    reported = {os.path.relpath(path).replace(os.sep, "/"): written for path, written in texts.items()}
    notes = [heated.told(one.heat) for one in hot]
    found = Found([one.finding for one in hot], reported, notes=notes)
    if console is None:
        return f"\nfindings of `concurlint check` on hot lines:\n{findings_text.render(found)}"
    with console.capture() as heading:
        console.print("\n[bold]Findings of concurlint check on hot lines[/bold]\n")
    return f"{heading.get()}{findings_terminal.render(found, console)}"


def _tried(target: Target, profile: Profile, judged: tuple[Verdict, ...], pairs: int) -> tuple[Verdict, ...]:
    try:
        return try_changes(target, profile, judged, pairs=pairs, tell=complain)
    except LaunchError as error:
        complain(f"nothing was tried: {error}")
        return judged


def _report(profile: Profile, asked: Asked, target: Target | None = None) -> bool:
    """Print and write all that was asked for; False if something could not be written.

    The report on a `target` that has just run goes to standard error, beside its output.
    """
    to_stderr = target is not None
    # First of all, what cannot be had again.
    written = [_write(asked.save, to_json(profile))] if asked.save is not None else []
    judged = _judged(profile, asked.cores)
    if asked.pairs and target is not None:
        judged = _tried(target, profile, judged, asked.pairs)
    verdicts = seen_from(Path.cwd(), judged, {frame.path for stack in profile.stacks for frame in stack.frames})
    texts = read_sources(profile)
    hot = _hot(profile, verdicts)
    told = [(one.finding, heated.told(one.heat)) for one in hot]
    stream = sys.stderr if to_stderr else sys.stdout
    kinds: list[tuple[str | None, Callable[[], str]]] = [
        (asked.html, lambda: html.render(profile, judged, texts, told)),
        (asked.trace, lambda: trace.render(profile)),
        (asked.speedscope, lambda: speedscope.render(profile)),
    ]
    written += [_write(name, make()) for name, make in kinds if name is not None]
    for destination in asked.destinations:
        if destination.form == TEXT and destination.file is None and is_pretty(stream):
            console = make_console(stream)
            shown = terminal.render(profile, verdicts, texts, console, asked.showing) + _beside(hot, texts, console)
        elif destination.form == TEXT:
            shown = text.render(profile, verdicts, texts, asked.showing) + _beside(hot, texts)
        else:
            shown = _render(destination.form, profile, verdicts, texts)
        beside = to_stderr and asked.output != "-"
        written.append(deliver(destination, shown, _say if beside else show))
    return all(written)


def _render(form: str, profile: Profile, verdicts: Sequence[Verdict], texts: Mapping[str, str]) -> str:
    if form == "json":
        return json.render(profile, verdicts)
    findings = [verdict.finding for verdict in verdicts]
    reported = {os.path.relpath(path).replace(os.sep, "/"): written for path, written in texts.items()}
    return formats.render(form, Found(findings, reported, properties=[json.properties(each) for each in verdicts]))


def _say(report: str) -> None:
    say(report.removesuffix("\n"))


def _write(name: str, content: str) -> bool:
    try:
        save(Path(name), content)
    except OSError as error:
        complain(f"cannot write {name}: {reason(error)}")
        return False
    return True
