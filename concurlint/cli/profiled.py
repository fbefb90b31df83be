"""The report of a run: judge it, look at its hot lines, write and show."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rich.console import Console

from concurlint.cli.asked import Asked
from concurlint.cli.destinations import deliver
from concurlint.hotspots import HotFinding, hot_findings
from concurlint.judge import judge
from concurlint.profiling import read_sources
from concurlint.report import formats, heated
from concurlint.report import terminal as findings_terminal
from concurlint.report import text as findings_text
from concurlint.report.formats import TEXT
from concurlint.report.found import Found
from concurlint.report.profiled import html, json, speedscope, terminal, text, trace
from concurlint.report.profiled.relative import seen_from
from concurlint.report.saving import save
from concurlint.runtime.launch import LaunchError
from concurlint.runtime.profile import Profile
from concurlint.runtime.saved import to_json
from concurlint.runtime.targets import Target
from concurlint.streams import complain, is_pretty, make_console, reason, say, show
from concurlint.trying import try_changes
from concurlint.verdicts.verdict import Verdict


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


def report(profile: Profile, asked: Asked, target: Target | None = None) -> bool:
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
